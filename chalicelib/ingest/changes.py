"""Changes of records, and in which versions consumers see them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.core.iocs import merge
from chalicelib.core.iocs.ioc import Ioc
from chalicelib.core.iocs.ports import Kept

_MILLISECOND = 1_000

Step = Callable[[bytes, Ioc | None], Ioc | None]
"""Gives the record after a change, or None where nothing is to be written."""


@dataclass(frozen=True, slots=True)
class Change:
    """A record before and after; `revision` is what was read.

    `again`: it is published as it is, over what is not so, and changed after that.
    `left` is what clients have as the latest version though it is published.
    """

    before: Ioc | None
    after: Ioc
    revision: int
    refused: bool = False
    again: bool = False
    left: Ioc | None = None

    @property
    def is_material(self) -> bool:
        """Whether something changed that consumers see."""
        return not self.again and merge.is_material(self.before, self.after)

    @property
    def is_shown(self) -> bool:
        """Whether it is published."""
        return self.again or self.is_material

    def is_in(self, kept: Mapping[bytes, Kept]) -> bool:
        """Tell whether the record is as it is after the change."""
        there = kept.get(self.after.key)
        return there is not None and there.ioc == self.after

    @property
    def is_new(self) -> bool:
        """Whether it begins a life."""
        return self.before is None or self.before.life < self.after.life

    @property
    def moves(self) -> bool:
        """Whether it expires at another time than it would have."""
        if self.after.revoked or self.after.valid_until is None:
            return False
        return self.is_new or (
            self.before is not None
            and self.before.valid_until != self.after.valid_until
        )


def changes_of(
    keys: Sequence[bytes],
    kept: Mapping[bytes, Kept],
    step: Step,
    unsaved: Mapping[bytes, Ioc],
) -> Iterator[Change]:
    """Change records; first those go over what is `unsaved` that are behind it."""
    for key in keys:
        known = kept.get(key)
        before = known.ioc if known else None
        revision = known.revision if known else 0
        if before is not None and (over := _over(unsaved.get(key), before)):
            yield Change(before, over, revision, again=True)
            continue
        after = step(key, before)
        if after is not None:
            yield Change(before, after, revision)


def left_by(saved: Sequence[Change], lost: Sequence[Change]) -> dict[bytes, Ioc]:
    """Name what clients have as the latest version though no record says it."""
    left = {one.after.key: one.after for one in lost if one.is_shown}
    for one in saved:
        left.pop(one.after.key, None)
        if one.left is not None:
            left[one.after.key] = one.left
    return left


def _over(left: Ioc | None, ioc: Ioc) -> Ioc | None:
    """Give the version in which a record goes over what was published otherwise.

    Somebody else has saved it meanwhile. What was left behind is no longer so, but
    clients have it as the latest version; None where they do not.
    """
    if left is None or left.modified <= ioc.modified:
        return None
    version = left.modified + _MILLISECOND
    if left.life != ioc.life or not left.revoked:
        return replace(ioc, modified=version, life=max(ioc.life, left.life))
    if ioc.revoked:
        return None
    # No version follows a revoked one: this is another life.
    return replace(ioc, modified=version, created=version, life=ioc.life + 1)


def ended_by(changes: Sequence[Change]) -> Iterator[Change]:
    """End the lives that are over only because of what was left behind."""
    for change in changes:
        before = change.before
        if before is None or before.revoked or not change.again:
            continue
        if before.life < change.after.life:
            version = change.after.modified - _MILLISECOND
            end = replace(before, revoked=True, modified=version)
            yield replace(change, after=end)


def unseen(change: Change) -> Change:
    """Give a change that nobody sees the version that is there."""
    version = (change.before or change.after).modified
    return replace(change, after=replace(change.after, modified=version))


def later(change: Change) -> Change:
    """Give a change the next version."""
    after = change.after
    version = after.modified + _MILLISECOND
    created = version if after.created == after.modified else after.created
    return replace(change, after=replace(after, modified=version, created=created))
