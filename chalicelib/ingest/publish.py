"""From sightings to records, and from changed records to the collections.

A batch goes: read the records, merge, publish what consumers would see changed,
note when it expires, save the records where nobody else has changed them, count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from chalicelib.core.articles.ports import ArticleStore
from chalicelib.core.articles.stored import stored_of
from chalicelib.core.iocs import merge, stix, validity
from chalicelib.core.iocs.article import Article
from chalicelib.core.iocs.ioc import Ioc, Sighting
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.iocs.ports import IocStore, StatisticsStore
from chalicelib.core.iocs.statistics import Tally, of_article, of_change
from chalicelib.core.iocs.stix_report import sightings_in
from chalicelib.core.ports import Clock, ObjectLog
from chalicelib.ingest.changes import Change
from chalicelib.ingest.destinations import Destination
from chalicelib.ingest.news.reports import Reports
from chalicelib.ingest.records import Records
from chalicelib.ingest.shelf import Shelf

_PATIENCE = 30.0

BATCH = 90
"""Records that are read and changed together: the log takes as many at once, with
the links of their facets."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of sightings; `refused` ones the log could not take."""

    new: int = 0
    updated: int = 0
    same: int = 0
    refused: int = 0
    articles: int = 0

    def plus(self, other: Published) -> Published:
        """Add up."""
        return Published(
            self.new + other.new,
            self.updated + other.updated,
            self.same + other.same,
            self.refused + other.refused,
            self.articles + other.articles,
        )


@dataclass(frozen=True, slots=True)
class Stores:
    """Where records, objects, counts and articles go."""

    iocs: IocStore
    log: ObjectLog
    statistics: StatisticsStore
    articles: ArticleStore


def _has(_source: str, _key: bytes) -> bool:
    return True


class Publisher:
    """Publishes what sources say. One of a process; not for several threads."""

    def __init__(
        self,
        stores: Stores,
        origins: Mapping[str, Origin],
        destinations: Sequence[Destination],
        clock: Clock,
    ) -> None:
        """Take the sources by their ids; nothing is read yet."""
        self._stores = stores
        self._origins = origins
        self._clock = clock
        shelf = Shelf(stores.log)
        self._records = Records(stores.iocs, shelf, origins, destinations, clock)
        self._reports = Reports(shelf, destinations)

    def publish(
        self,
        source: Origin,
        sightings: Sequence[Sighting],
        run_at: int,
        deadline: float,
    ) -> Published:
        """Take in what a source says, some 90 sightings at best.

        Called again with the same `run_at` it does what is left to do. Raises
        Unavailable at the deadline (monotonic seconds) or when storage fails.
        """
        said: dict[bytes, list[Sighting]] = defaultdict(list)
        for sighting in sightings:
            said[sighting.key].append(sighting)

        def step(key: bytes, before: Ioc | None) -> Ioc | None:
            after = _merged(before, said[key], source, run_at)
            return after if merge.is_material(before, after) else None

        result = Published()
        settled: list[Change] = []
        try:
            for keys in _batches(said):
                before = len(settled)
                self._records.settle(keys, step, run_at, deadline, settled)
                result = result.plus(_summary(settled[before:], len(keys)))
        finally:
            self._count(settled, source, run_at)
        return result

    def vanish(
        self, source: Origin, keys: Sequence[bytes], run_at: int, deadline: float
    ) -> int:
        """Take a source's word back; tell of how many records.

        Those that no other source stands by are revoked. Raises Unavailable.
        """

        def step(_: bytes, before: Ioc | None) -> Ioc | None:
            return before and merge.withdraw(before, source.id, run_at)

        settled: list[Change] = []
        try:
            for batch in _batches(dict.fromkeys(keys)):
                self._records.settle(batch, step, run_at, deadline, settled)
        finally:
            self._count(settled, source, run_at)
        return len(settled)

    def expire(
        self, now: int, deadline: float, has: Callable[[str, bytes], bool] = _has
    ) -> int:
        """Revoke what is valid no longer; tell how many.

        `has` tells whether the list of a source has a key. What there was no
        time for is done at the next call.
        """
        listing = {
            name
            for name, origin in self._origins.items()
            if origin.enabled and origin.authoritative
        }

        def step(key: bytes, before: Ioc | None) -> Ioc | None:
            if before is None or not merge.is_over(before, now):
                return None
            days = {
                name: validity.days_of(before.type, self._origins[name].valid_days)
                for name in listing.intersection(before.sources)
                if has(name, key)
            }
            return merge.expire(before, days, days, now)

        revoked = 0
        for due in self._stores.iocs.due(validity.day_of(now)):
            for batch in _batches(dict.fromkeys(due.keys)):
                if self._clock.monotonic() > deadline:
                    return revoked
                # A batch that is begun is finished, within reason.
                limit = deadline + _PATIENCE
                changes: list[Change] = []
                try:
                    self._records.settle(batch, step, now, limit, changes)
                finally:
                    self._count(changes, None, now)
                revoked += sum(change.after.revoked for change in changes)
            self._stores.iocs.settle(due)
        return revoked

    def publish_article(
        self, source: Origin, article: Article, run_at: int, deadline: float
    ) -> Published:
        """Take in an article: what it says of values, itself, then its report.

        Raises Unavailable.
        """
        sightings = sightings_in(article)
        result = self.publish(source, sightings, run_at, deadline)
        there = self.records([one.key for one in sightings])
        now = self._clock.now()
        self._stores.articles.save(stored_of(article, source, there, now))
        refs = [stix.id_of(there[one.key]) for one in sightings if one.key in there]
        if not self._reports.publish(article, source, refs, run_at, deadline):
            return result
        day = validity.day_of(run_at)
        self._stores.statistics.add(day, of_article(article))
        return result.plus(Published(articles=1))

    def records(self, keys: Sequence[bytes]) -> dict[bytes, Ioc]:
        """Read records."""
        kept = self._stores.iocs.get_many(keys)
        return {key: one.ioc for key, one in kept.items()}

    def _count(self, changes: Sequence[Change], source: Origin | None, at: int) -> None:
        tally = Tally()
        for change in changes:
            if change.is_material:
                tally = tally.plus(of_change(change.before, change.after, source))
        if tally:
            self._stores.statistics.add(validity.day_of(at), tally)


def _merged(
    before: Ioc | None, said: Sequence[Sighting], source: Origin, at: int
) -> Ioc:
    after = merge.merge(before, said[0], source, at)
    for sighting in said[1:]:
        after = merge.merge(after, sighting, source, at)
    return replace(after, modified=merge.version_at(at, before))


def _summary(changes: Sequence[Change], of: int) -> Published:
    refused = sum(change.refused for change in changes)
    new = sum(change.is_new and not change.refused for change in changes)
    return Published(
        new=new,
        updated=len(changes) - new - refused,
        same=of - len(changes),
        refused=refused,
    )


def _batches(keys: Mapping[bytes, object]) -> Iterator[list[bytes]]:
    rest = iter(keys)
    while batch := list(islice(rest, BATCH)):
        yield batch
