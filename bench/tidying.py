"""Compaction: what it costs, and what the pages cost before and after."""

from __future__ import annotations

import time
from typing import NamedTuple

from bench import indicators
from bench.figures import Figures
from bench.loading import AT_ONCE, Progress, as_texts, objects, post
from bench.meter import Tally
from bench.reading import count_of
from bench.rig import Rig, settle, to_row
from bench.writing import kinds
from chalicelib.container import SystemClock
from chalicelib.store.dynamo.commitlog.compaction import Compactor

SINGLES = "1,000 commits of one object"
RENEWED = "1,000 objects, each replaced once"
WORN = "1,000 objects, each replaced eight times"
COMPACTION = "compaction"
BEFORE, AFTER = "page of 1,000 before compaction", "page of 1,000 after compaction"
_STEP = 50
_SECONDS = 60.0
_HOUR = 3_600_000_000
_DUE = {COMPACTION: _HOUR, f"{COMPACTION}, six hours later": 7 * _HOUR}
_TIMES = {RENEWED: 1, WORN: 8}


def measure_singles(rig: Rig, figures: Figures, progress: Progress) -> None:
    """Fill a log with segments of one object, and tidy it."""
    collection = rig.new_collection(SINGLES)
    found = rig.container.collections.find(collection)
    texts = indicators.texts(AT_ONCE, seed=2)
    with rig.meter.counting() as tally:
        for number, text in enumerate(texts):
            list(rig.container.adding.add(found, as_texts(text)))
            if number % _STEP == 0:
                progress(number)
    note = f"{kinds(tally.writes)}; through the service, so without status"
    name = (SINGLES, "all commits")
    figures.rows.append(to_row(name, AT_ONCE, tally, 0, note))
    _measure_pages(rig, figures, collection, SINGLES)


def measure_renewed(rig: Rig, figures: Figures, progress: Progress) -> None:
    """Replace every object of a log, once and more often, and tidy it."""
    for group, times in _TIMES.items():
        collection = rig.new_collection(group)
        for version in range(times + 1):
            texts = indicators.texts(AT_ONCE, seed=3, version=version)
            rig.once(post(collection, texts))
            progress(version)
        _measure_pages(rig, figures, collection, group)


def _measure_pages(rig: Rig, figures: Figures, collection: str, group: str) -> None:
    before = rig.read(objects(collection))
    figures.rows.append(before.row(group, BEFORE, count_of(before)))
    # It is due four times a day; a second one finds what the first has left.
    for name, later in _DUE.items():
        tally, note = compact(rig, collection, later)
        figures.rows.append(to_row((group, name), AT_ONCE, tally, 0, note))
    after = rig.read(objects(collection))
    figures.rows.append(after.row(group, AFTER, count_of(after)))
    every = rig.read(objects(collection, match_version="all"))
    name = "page of match[version]=all after it"
    figures.rows.append(every.row(group, name, count_of(every)))


def compact(rig: Rig, collection: str, later: int) -> tuple[Tally, str]:
    """Compact a log, as if it were later by some microseconds; say what was done."""
    settle()
    compactor = Compactor(rig.table, _Ahead(later))
    with rig.meter.counting() as tally:
        done = compactor.compact(collection, time.monotonic() + _SECONDS)
    what = f"{done.segments:,} segments fewer, {done.moved:,} entries to history"
    return tally, "; ".join(filter(None, (what, kinds(tally.writes))))


class _Ahead(NamedTuple):
    """A clock that is ahead by some microseconds."""

    by: int

    def now(self) -> int:
        return SystemClock().now() + self.by

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def chance(self) -> float:
        return SystemClock().chance()
