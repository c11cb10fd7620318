"""Rows for records that have none: of a stage from before there was a log of them.

Records are found by value only, so the collection of all tells of which there are.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from chalicelib.core.iocs import validity
from chalicelib.core.iocs.ioc import Ioc, IocType, key_of
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.iocs.ports import IocStore, StatisticsStore
from chalicelib.core.iocs.statistics import Tally
from chalicelib.core.iocs.stix import Stix
from chalicelib.core.lists import entries
from chalicelib.core.lists.row import row_of
from chalicelib.core.log.head import ROWS
from chalicelib.core.log.query import Query
from chalicelib.core.ports import Clock, ObjectLog, PageRequest
from chalicelib.errors import NotFound
from chalicelib.ingest.destinations import Destination
from chalicelib.ingest.formats import stix_pattern
from chalicelib.ingest.publish import BATCH

_ROOM = 5_000_000
_PATIENCE = 60.0
_NAMED = {"vulnerability": IocType.CVE, "attack-pattern": IocType.TECHNIQUE}
_TYPES = Query(types=frozenset({"indicator", *_NAMED}))


class Relisted(NamedTuple):
    """How many objects were looked at, records found to be active, rows written."""

    objects: int = 0
    records: int = 0
    rows: int = 0

    def plus(self, other: Relisted) -> Relisted:
        """Add up."""
        return Relisted(*map(sum, zip(self, other, strict=True)))


class Relisting:
    """Writes the rows that are missing. Repeating it changes nothing."""

    def __init__(
        self,
        log: ObjectLog,
        iocs: IocStore,
        statistics: StatisticsStore,
        origins: Mapping[str, Origin],
        clock: Clock,
    ) -> None:
        """Take the sources by their ids; nothing is read yet."""
        self._log = log
        self._iocs = iocs
        self._statistics = statistics
        self._origins = origins
        self._clock = clock

    def run(self, collection: Destination) -> Iterator[Relisted]:
        """Go through a collection; tell of each batch what was done.

        A collection that is not there has nothing. Raises NotFound where the log
        of rows is missing, and Unavailable.
        """
        position, more = 0, True
        while more:
            try:
                head = self._log.head(collection.id)
            except NotFound:
                return
            asked = PageRequest(position, BATCH, _ROOM, _TYPES)
            page = self._log.page(head, asked)
            yield self._write([json.loads(one) for one in page.data])
            more = page.more and page.position > position
            position = page.position

    def _write(self, objects: list[Stix]) -> Relisted:
        keys = dict.fromkeys(key for one in objects if (key := key_in(one)))
        kept = self._iocs.get_many(list(keys))
        there: list[Ioc] = [one.ioc for one in kept.values() if not one.ioc.revoked]
        rows = [entries.to_entry(row_of(ioc, self._origins)) for ioc in there]
        deadline = self._clock.monotonic() + _PATIENCE
        placed = self._log.append(ROWS, rows, deadline)
        added = Counter(
            str(ioc.type)
            for ioc, one in zip(there, placed, strict=True)
            if one.state == "added"
        )
        if added:
            # They are of today now, and the counts tell how much a day has.
            today = validity.day_of(self._clock.now())
            self._statistics.add(today, Tally(updated=added))
        return Relisted(len(objects), len(there), added.total())


def key_in(written: Stix) -> bytes | None:
    """Give the key of the record that an object of ours stands for."""
    name = str(written.get("name", ""))
    if written["type"] in _NAMED:
        return key_of(_NAMED[written["type"]], name)
    try:
        found = stix_pattern.values(str(written.get("pattern", "")))
    except stix_pattern.NotPlain:
        # Somebody else has put it there.
        return None
    kinds = {kind for kind, _ in found}
    return key_of(kinds.pop(), name) if len(kinds) == 1 else None
