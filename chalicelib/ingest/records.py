"""Changing records: publish what consumers see of it, then save.

A record is saved after it was published: who dies in between publishes the same
version again, which the log ignores. docs/architecture/ingestion.md has more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.core.iocs import merge, stix, validity
from chalicelib.core.iocs.ioc import Ioc
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.iocs.ports import IocStore, Kept
from chalicelib.core.iocs.stix import Stix
from chalicelib.core.lists import entries
from chalicelib.core.lists.row import row_of
from chalicelib.core.log.head import ROWS
from chalicelib.core.ports import Clock
from chalicelib.errors import Unavailable
from chalicelib.ingest.destinations import Destination
from chalicelib.ingest.shelf import Put, Shelf

_MILLISECOND = 1_000
_PAUSE = 0.05

Step = Callable[[bytes, Ioc | None], Ioc | None]
"""Gives the record after a change, or None where nothing is to be written."""


@dataclass(frozen=True, slots=True)
class Change:
    """A record before and after; `revision` is what was read."""

    before: Ioc | None
    after: Ioc
    revision: int
    refused: bool = False

    @property
    def is_material(self) -> bool:
        """Whether consumers see it."""
        return merge.is_material(self.before, self.after)

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


class Records:
    """The records, and the objects that stand for them."""

    def __init__(
        self,
        iocs: IocStore,
        shelf: Shelf,
        origins: Mapping[str, Origin],
        destinations: Sequence[Destination],
        clock: Clock,
    ) -> None:
        """Read nothing yet."""
        self._iocs = iocs
        self._shelf = shelf
        self._origins = origins
        self._destinations = destinations
        self._clock = clock

    def settle(
        self, keys: Sequence[bytes], step: Step, at: int, deadline: float
    ) -> list[Change]:
        """Change records until all are saved, whoever else changes them."""
        settled: list[Change] = []
        pending = list(keys)
        while pending:
            kept = self._iocs.get_many(pending)
            changes = self._publish(list(_changes(pending, kept, step)), deadline)
            self._schedule(changes, at)
            lost = self._iocs.save_many(
                [Kept(change.after, change.revision) for change in changes]
            )
            settled += [one for one in changes if one.after.key not in lost]
            pending = [key for key in pending if key in lost]
            if pending:
                self._wait(deadline)
        return settled

    def _publish(self, changes: list[Change], deadline: float) -> list[Change]:
        """Put what is new for consumers into the collections.

        A version that is there with other content (somebody died before saving,
        and the list has changed since) makes way for one a millisecond later.
        """
        done = [_unseen(change) for change in changes if not change.is_material]
        pending = [change for change in changes if change.is_material]
        while pending:
            refused, taken = self._put(pending, deadline)
            done += [
                replace(one, refused=stix.id_of(one.after) in refused)
                for one in pending
                if stix.id_of(one.after) not in taken
            ]
            pending = [_later(one) for one in pending if stix.id_of(one.after) in taken]
        return done

    def _put(
        self, changes: Sequence[Change], deadline: float
    ) -> tuple[set[str], set[str]]:
        """Name the objects that were refused, and those whose version is taken."""
        refused: set[str] = set()
        taken: set[str] = set()
        written = {one.after.key: self._object(one.after) for one in changes}
        for destination in self._destinations:
            mine = [one for one in changes if one.after.type in destination.types]
            if not mine:
                continue
            fixed, links = self._graph(mine) if destination.graph else ([], [])
            objects = [*(written[one.after.key] for one in mine), *links]
            put = self._shelf.put(destination.id, fixed, objects, deadline)
            refused |= {one.entry.id for one in put if _is_refused(one)}
            taken |= {
                one.entry.id for one in put if self._is_taken(destination.id, one)
            }
        rows = self._put_rows(changes, deadline)
        refused |= {stix.id_of(ioc) for ioc, put in rows if _is_refused(put)}
        taken |= {stix.id_of(ioc) for ioc, put in rows if self._is_taken(ROWS, put)}
        return refused, taken

    def _put_rows(
        self, changes: Sequence[Change], deadline: float
    ) -> list[tuple[Ioc, Put]]:
        iocs = [one.after for one in changes]
        rows = [entries.to_entry(row_of(ioc, self._origins)) for ioc in iocs]
        put = self._shelf.add(ROWS, rows, deadline)
        return list(zip(iocs, put, strict=True))

    def _is_taken(self, log: str, put: Put) -> bool:
        present = put.placement.state == "present"
        return present and self._shelf.differs(log, put.entry)

    def _object(self, ioc: Ioc) -> Stix:
        return stix.object_of(ioc, self._origins)

    def _graph(self, changes: Sequence[Change]) -> tuple[list[Stix], list[Stix]]:
        """Write what indicators newly point to, and that they do."""
        fixed: list[Stix] = []
        links: list[Stix] = []
        for change in changes:
            known: set[tuple[str, str]] = set()
            if change.before is not None and not change.is_new:
                known = set(stix.links_of(change.before))
            for kind, name in stix.links_of(change.after):
                if (kind, name) not in known and not change.after.revoked:
                    thing = stix.named(kind, name)
                    fixed.append(thing)
                    links.append(
                        stix.relationship(change.after, thing["id"], self._origins)
                    )
        return fixed, links

    def _schedule(self, changes: Sequence[Change], at: int) -> None:
        """Note when records expire, before they are saved: too often is harmless."""
        tomorrow = validity.day_of(self._clock.now()) + 1
        days: dict[int, list[bytes]] = defaultdict(list)
        for change in changes:
            end = change.after.valid_until
            # What was over when we heard of it says so itself.
            if change.moves and end is not None and end > at:
                # A day that has begun may have been gone through.
                days[max(validity.day_of(end), tomorrow)].append(change.after.key)
        for day, keys in days.items():
            self._iocs.schedule(day, keys, at)

    def _wait(self, deadline: float) -> None:
        pause = _PAUSE * (0.5 + self._clock.chance())
        if self._clock.monotonic() + pause > deadline:
            raise Unavailable("too many changed the same records: try again")
        self._clock.sleep(pause)


def _is_refused(put: Put) -> bool:
    return put.placement.state == "failed"


def _changes(
    keys: Sequence[bytes], kept: Mapping[bytes, Kept], step: Step
) -> Iterator[Change]:
    for key in keys:
        known = kept.get(key)
        before = known.ioc if known else None
        after = step(key, before)
        if after is not None:
            yield Change(before, after, known.revision if known else 0)


def _unseen(change: Change) -> Change:
    version = (change.before or change.after).modified
    return replace(change, after=replace(change.after, modified=version))


def _later(change: Change) -> Change:
    after = change.after
    version = after.modified + _MILLISECOND
    created = version if after.created == after.modified else after.created
    return replace(change, after=replace(after, modified=version, created=created))
