"""The IOCs that lists, exports and lookups are measured on.

One log holds the rows of all IOCs, so it grows from size to size. Rows go into it
as ingestion puts them there, a run of a source at a time. Records are kept of the
first ones and of those that a search comes across.
"""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from bench import values
from bench.figures import Figures
from bench.loading import Progress, add
from bench.meter import Tally as Spent
from bench.rig import Rig, settle, to_row
from bench.writing import kinds
from chalicelib.core.articles.stored import Card, Named, Stored
from chalicelib.core.iocs import stix
from chalicelib.core.iocs.ioc import Ioc, IocType
from chalicelib.core.iocs.ports import Kept
from chalicelib.core.iocs.statistics import Tally
from chalicelib.core.lists import entries
from chalicelib.core.lists.listing import SHORTEST_QUERY
from chalicelib.core.lists.row import row_of
from chalicelib.core.log.head import ROWS
from chalicelib.core.windows import DAY, HOUR
from chalicelib.ingest import destinations
from chalicelib.store.dynamo.collections import DynamoCollections

LOADING = "rows of IOCs, as ingestion adds them"
ARTICLES = 200
STORY_OF = 5
"""IOCs that each article mentions."""

_KEPT = 2_000
_DAYS = 365
_CATEGORIES = ("ransomware", "malware", "phishing", "vulnerability", "apt")


class Stock:
    """IOCs in the tables of a rig; `first` are those whose records are kept."""

    def __init__(self, rig: Rig, most: int) -> None:
        """Make the log, with nothing in it."""
        self.first: list[Ioc] = []
        self.count = 0
        self._rig = rig
        self._runs = values.runs(most)
        self._left: list[Ioc] = []
        clock = rig.container.clock
        goals = destinations.load()
        destinations.ensure_collections(DynamoCollections(rig.table), goals, clock)

    @property
    def example(self) -> Ioc:
        """A domain whose neighbours are found by searches."""
        return next(one for one in self.first if one.type is IocType.DOMAIN)

    def grow(self, figures: Figures, size: int, progress: Progress) -> None:
        """Add rows until there are so many; write down what they cost."""
        settle()
        before, spent, counted = self.count, Spent(), Counter[str]()
        for run in self._until(size):
            self._keep(run)
            counted.update(str(one.type) for one in run)
            add(spent, self.put(run))
            progress(self.count)
        today = self._rig.container.clock.now() // DAY
        self._rig.container.statistics.add(today, Tally(new=counted))
        name = (f"{size:,} IOCs", LOADING)
        note = f"{kinds(spent.writes)}; beside the collections of TAXII"
        figures.rows.append(to_row(name, size - before, spent, 0, note))

    def put(self, run: Sequence[Ioc]) -> Spent:
        """Add rows together, as far as they go into one transaction."""
        rows = [entries.to_entry(row_of(one, values.origins())) for one in run]
        with self._rig.meter.counting() as tally:
            placed = list(self._rig.container.log.append(ROWS, rows, float("inf")))
        if any(one.state != "added" for one in placed):
            raise RuntimeError(f"{placed}")
        self.count += len(run)
        return tally

    def few(self, total: int, each: int) -> Iterator[list[Ioc]]:
        """Give further IOCs, a few at a time."""
        rest = iter([one for run in self._until(self.count + total) for one in run])
        while some := list(islice(rest, each)):
            yield some

    def _until(self, size: int) -> Iterator[list[Ioc]]:
        count = self.count
        while count < size:
            run = self._left or next(self._runs)
            run, self._left = run[: size - count], run[size - count :]
            count += len(run)
            yield run

    def _keep(self, run: Sequence[Ioc]) -> None:
        some = run[: max(_KEPT - len(self.first), 0)]
        self.first += some
        near = [
            one
            for one in run[len(some) :]
            if one.type is IocType.DOMAIN
            and one.value[:SHORTEST_QUERY] == self.example.value[:SHORTEST_QUERY]
        ]
        self._rig.container.iocs.save_many([Kept(one, 0) for one in (*some, *near)])


def furnish(rig: Rig, stock: Stock) -> None:
    """Add what stands beside IOCs: counts of a year, articles, states of feeds."""
    now = rig.container.clock.now()
    for day in range(now // DAY - _DAYS, now // DAY):
        rig.container.statistics.add(day, _counts())
    for number, article in enumerate(_articles(stock.first, now)):
        rig.container.articles.save(article)
        if number % STORY_OF == 0:
            named = Tally(named=dict.fromkeys(article.card.techniques, 3))
            rig.container.statistics.add(now // DAY - number % 7, named)
    for name in values.origins():
        feeds = rig.container.feeds
        state = feeds.lease(feeds.state(name), "bench", now, now + HOUR)
        if state:
            feeds.finish(replace(state, last_success=now, last_run=now, listed=9_000))


def _counts() -> Tally:
    types = {str(kind): 4 for kind in IocType}
    read = [one for one in values.origins().values() if one.enabled]
    categories = {one.category: 8 for one in read}
    sources = {one.id: 2 for one in read}
    return Tally(types, types, types, categories, sources, {"malware": 9})


def _articles(iocs: Sequence[Ioc], now: int) -> Iterator[Stored]:
    chance = random.Random("articles")
    rest = iter(iocs)
    for number in range(ARTICLES):
        some = list(islice(rest, STORY_OF))
        at = now - number * 6 * HOUR
        technique = f"T{1_001 + number % 90}"
        card = Card(
            id=str(uuid.UUID(int=number + 1, version=4)),
            url=f"https://news.example/{number}/what-the-researchers-have-found",
            title=f"Report {number}: what {chance.choice(_CATEGORIES)} did next",
            summary="Researchers have seen a campaign with these indicators. " * 6,
            source="cisa-advisories",
            feed="CISA advisories",
            published=at,
            fetched=at,
            modified=at,
            severity=chance.randrange(100) / 10,
            label=chance.choice(("critical", "high", "medium", "low")),
            category=chance.choice(_CATEGORIES),
            iocs=len(some),
            cves=(f"CVE-2026-{1_000 + number}",),
            techniques=(technique,),
            actors=(f"Actor {number % 20}",),
            industries=("energy",) if number % 9 == 0 else (),
        )
        yield Stored(card, tuple(map(_named, some)))


def _named(ioc: Ioc) -> Named:
    name = stix.id_of(ioc).partition("--")[2]
    return Named(ioc.type, ioc.value, name, "high", ioc.first_seen)
