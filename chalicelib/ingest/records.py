"""Changing records: publish what consumers see of it, then save.

A record is saved after it was published: who dies in between publishes the same
version again, which the log ignores. docs/architecture/ingestion.md has more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.core import instants
from chalicelib.core.iocs import stix, validity
from chalicelib.core.iocs.ioc import Ioc
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.iocs.ports import IocStore, Kept
from chalicelib.core.iocs.stix import Stix
from chalicelib.core.lists import entries
from chalicelib.core.lists.row import row_of
from chalicelib.core.log.head import ROWS
from chalicelib.core.ports import Clock
from chalicelib.errors import Unavailable
from chalicelib.ingest.changes import (
    Change,
    Step,
    changes_of,
    ended_by,
    later,
    left_by,
    unseen,
)
from chalicelib.ingest.destinations import Destination
from chalicelib.ingest.shelf import Put, Shelf

_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Which records could not be published, or not in this version."""

    refused: set[bytes] = field(default_factory=set)
    taken: set[bytes] = field(default_factory=set)
    left: dict[bytes, Ioc] = field(default_factory=dict)

    def told(self, change: Change) -> Change:
        """Give a change with what became of it."""
        key = change.after.key
        return replace(change, refused=key in self.refused, left=self.left.get(key))


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
        self,
        keys: Sequence[bytes],
        step: Step,
        at: int,
        deadline: float,
        settled: list[Change],
    ) -> None:
        """Change records until all are saved, whoever else changes them.

        Puts what was saved into `settled`, also where it raises Unavailable.
        """
        pending = list(keys)
        saved: list[Change] = []
        lost: list[Change] = []
        while pending:
            kept = self._iocs.get_many(pending)
            # An answer that said so may have been lost instead.
            saved += (late := [one for one in lost if one.is_in(kept)])
            settled += [one for one in late if not one.again]
            unsaved = left_by(saved, lost)
            wanted = list(changes_of(pending, kept, step, unsaved))
            changes = self._publish(wanted, deadline)
            self._schedule(changes, at)
            failed = self._iocs.save_many(
                [Kept(change.after, change.revision) for change in changes]
            )
            lost = [one for one in changes if one.after.key in failed]
            saved = [one for one in changes if one.after.key not in failed]
            settled += [one for one in saved if not one.again]
            again = {one.after.key for one in saved if one.again or one.left}
            pending = [key for key in pending if key in failed | again]
            if failed:
                self._wait(deadline)

    def _publish(self, changes: list[Change], deadline: float) -> list[Change]:
        """Put what is new for consumers into the collections.

        A version that is there with other content (somebody died before saving,
        and the list has changed since) makes way for one a millisecond later.
        """
        done = [unseen(change) for change in changes if not change.is_shown]
        pending = [change for change in changes if change.is_shown]
        if ended := list(ended_by(pending)):
            # Not all collections may have what was left behind: now they do.
            self._put(ended, deadline)
        while pending:
            put = self._put(pending, deadline)
            done += [put.told(one) for one in pending if one.after.key not in put.taken]
            pending = [later(one) for one in pending if one.after.key in put.taken]
        return done

    def _put(self, changes: Sequence[Change], deadline: float) -> _Outcome:
        outcome = _Outcome()
        iocs = {stix.id_of(one.after): one.after for one in changes}
        written = {one.after.key: self._object(one.after) for one in changes}
        for destination in self._destinations:
            mine = [one for one in changes if one.after.type in destination.types]
            if not mine:
                continue
            fixed, links = self._graph(mine) if destination.graph else ([], [])
            objects = [*(written[one.after.key] for one in mine), *links]
            for put in self._shelf.put(destination.id, fixed, objects, deadline):
                if put.entry.id in iocs:
                    self._note(outcome, iocs[put.entry.id], destination.id, put)
        rows = [entries.to_entry(row_of(one, self._origins)) for one in iocs.values()]
        for ioc, put in zip(
            iocs.values(), self._shelf.add(ROWS, rows, deadline), strict=True
        ):
            self._note(outcome, ioc, ROWS, put)
        return outcome

    def _note(self, outcome: _Outcome, ioc: Ioc, log: str, put: Put) -> None:
        placement = put.placement
        if placement.state == "failed":
            outcome.refused.add(ioc.key)
        elif placement.state == "present" and self._shelf.differs(log, put.entry):
            outcome.taken.add(ioc.key)
        elif placement.later is not None:
            there = self._shelf.latest(log, put.entry.id) or {}
            left = replace(
                ioc,
                modified=instants.to_microseconds(placement.later),
                life=there.get("life", ioc.life),
                revoked=there.get("revoked", False),
            )
            known = outcome.left.get(ioc.key)
            if known is None or known.modified <= left.modified:
                outcome.left[ioc.key] = left

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
