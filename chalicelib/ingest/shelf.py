"""Putting STIX objects into a collection, and looking at what is there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from chalicelib.core import instants
from chalicelib.core.iocs import marking, stix
from chalicelib.core.iocs.stix import Stix
from chalicelib.core.log.entry import NewEntry
from chalicelib.core.log.query import LAST, Query, Versions
from chalicelib.core.ports import ObjectLog, PageRequest, Placement

_ROOM = 5_000_000
_MARKINGS = {
    marking.marking_id(level): marking.marking_definition(level)
    for level in marking.LEVELS
}


class Put(NamedTuple):
    """An object that was to be put somewhere, and what became of it."""

    entry: NewEntry
    placement: Placement


class Shelf:
    """The collections, as ingestion writes to them."""

    def __init__(self, log: ObjectLog) -> None:
        """Know nothing of what is there yet."""
        self._log = log
        self._there: set[tuple[str, str]] = set()

    def put(
        self,
        collection: str,
        fixed: Iterable[Stix],
        objects: Sequence[Stix],
        deadline: float,
    ) -> list[Put]:
        """Add objects, those first that they refer to and that never change.

        Raises NotFound, and Unavailable at the deadline.
        """
        first = [*_basis(objects), *fixed]
        fresh = {
            one["id"]: one
            for one in first
            if (collection, one["id"]) not in self._there
        }
        entries = [to_entry(one) for one in (*fresh.values(), *objects)]
        put = self.add(collection, entries, deadline)
        # Whatever was there already, a later process finds out again.
        self._there |= {(collection, one) for one in fresh}
        return put[len(fresh) :]

    def add(self, log: str, entries: Sequence[NewEntry], deadline: float) -> list[Put]:
        """Add entries to a log. Raises NotFound, and Unavailable at the deadline."""
        placed = self._log.append(log, entries, deadline)
        return [Put(*both) for both in zip(entries, placed, strict=True)]

    def differs(self, collection: str, entry: NewEntry) -> bool:
        """Tell whether the version is there with other content than this."""
        there = self._read(collection, entry.id, _exactly(entry.version or ""))
        return there is not None and there != entry.data

    def latest(self, collection: str, object_id: str) -> Stix | None:
        """Read the latest version of an object, or a row by its id."""
        there = self._read(collection, object_id, LAST)
        if there is None:
            return None
        found: Stix = json.loads(there)
        return found

    def _read(self, collection: str, object_id: str, version: Versions) -> bytes | None:
        head = self._log.head(collection)
        query = Query(ids=frozenset({object_id}), versions=(version,))
        page = self._log.page(head, PageRequest(0, 1, _ROOM, query))
        return page.data[0] if page.data else None


def to_entry(written: Stix) -> NewEntry:
    """Make the entry of an object."""
    text = json.dumps(written, ensure_ascii=False, separators=(",", ":"))
    version: Any = written.get("modified", written["created"])
    return NewEntry(
        id=written["id"],
        version=version,
        spec_version="2.1",
        facets=(written["type"],),
        data=text.encode(),
    )


def _basis(objects: Sequence[Stix]) -> list[Stix]:
    """Write what all objects refer to: who made them, how far they may go."""
    levels = {ref for one in objects for ref in one.get("object_marking_refs", ())}
    return [stix.identity(), *(_MARKINGS[one] for one in sorted(levels))]


def _exactly(version: str) -> Versions:
    return Versions(exact=frozenset({instants.to_canonical(version)}))
