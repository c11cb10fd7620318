"""A day of feeds: what a new IOC, a re-sighting and an unchanged list cost."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

from bench.figures import Figures, Speed
from bench.meter import Tally
from bench.rig import Rig, settle, to_row
from chalicelib.container import ingestion
from chalicelib.core.feeds.state import Counts
from chalicelib.ingest.pipeline import Pipeline
from chalicelib.ingest.source import Source, load
from chalicelib.ingest.web.fetch import Fetched, FetchFailed, Unchanged

GROUP = "feeds"
NEW = "IOCs that are new"
SEEN = "the same list in another order"
ALIKE = "the same list, byte for byte"
LESS = "a tenth replaced"
DAY = "a tenth of a day at the design point"
ROWS = 5_000
TENTH = (5_000, 50_000)
"""New IOCs and re-sightings: a tenth of 50,000 and 500,000."""

_LISTS = 10
_SECONDS = 3_600.0


class _Text:
    """A feed that says what it is told to."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def fetch(self, url: str, **_: Any) -> Fetched | Unchanged:
        del url
        body = "\n".join(self.lines).encode()
        digest = sha256(body).hexdigest()
        return Fetched(io.BytesIO(body), None, None, digest, len(body))

    def opener(self, url: str, **_: Any) -> Callable[[str], object]:
        def opened(further: str) -> object:
            raise FetchFailed(f"{url} has no {further}")

        return opened


def measure_ingesting(rig: Rig, figures: Figures) -> None:
    """Read made-up lists of hosts, addresses and hashes through the whole pipeline."""
    text = _Text()
    pipeline = ingestion(rig.container, fetcher=text, keyless=True)
    source = _source("bench-list")
    text.lines = _values(0, ROWS)
    for name, lines in (
        (NEW, _values(0, ROWS)),
        (ALIKE, _values(0, ROWS)),
        (SEEN, _values(0, ROWS)[::-1]),
        (LESS, _values(ROWS // 10, ROWS)),
    ):
        text.lines = lines
        tally, counts = _run(rig, pipeline, source)
        touched = counts.new + counts.updated + counts.vanished
        note = f"{counts.new:,} new, {counts.same:,} same, {counts.vanished:,} gone"
        row = to_row((GROUP, name), touched or len(lines), tally, 0, note)
        figures.rows.append(row)
    _measure_day(rig, figures, pipeline, text)


def _measure_day(rig: Rig, figures: Figures, pipeline: Pipeline, text: _Text) -> None:
    """Ten lists, each read ten times over, with a few new rows each time."""
    new, seen = TENTH
    each, rounds = new // (_LISTS * 10), 10
    size = seen // (_LISTS * rounds)
    known = {n: _values(n * 1_000_000, size) for n in range(1, _LISTS + 1)}
    for number, lines in known.items():
        text.lines = lines
        _run(rig, pipeline, _source(f"bench-day-{number}"))
    whole, began = Tally(), time.perf_counter()
    for turn in range(rounds):
        for number, lines in known.items():
            fresh = _values(number * 1_000_000 + size + turn * each, each)
            lines[:0] = fresh
            text.lines = lines
            tally, _ = _run(rig, pipeline, _source(f"bench-day-{number}"))
            whole = _plus(whole, tally)
    seconds = time.perf_counter() - began
    note = f"{new:,} new and {seen:,} seen again, in {_LISTS * rounds} runs"
    figures.rows.append(to_row((GROUP, DAY), new, whole, 0, note))
    figures.speeds.append(
        Speed(DAY, new + seen, seconds, whole.cpu, whole.cpu - whole.botocore)
    )


def _run(rig: Rig, pipeline: Pipeline, source: Source) -> tuple[Tally, Counts]:
    settle()
    with rig.meter.counting() as counted:
        deadline = rig.container.clock.monotonic() + _SECONDS
        report = pipeline.run(source, deadline)
    # Records are saved by several threads at once: botocore's part is not known.
    tally = replace(counted, botocore=0.0)
    if report.ending not in {"read", "unchanged"}:
        raise RuntimeError(f"{source.id}: {report.ending} {report.state.last_error}")
    return tally, report.counts


def _source(name: str) -> Source:
    """Give a source of hosts, addresses and hashes, complete at each reading."""
    (like,) = (one for one in load() if one.id == "ipsum")
    authoritative = name == "bench-list"
    return replace(like, id=name, authoritative=authoritative, secret=None)


def _values(first: int, count: int) -> list[str]:
    return [_value(number) for number in range(first, first + count)]


def _value(number: int) -> str:
    kind = number % 3
    if kind == 0:
        return f"host-{number:08d}.bench-of-taxiway.net"
    if kind == 1:
        return sha256(str(number).encode()).hexdigest()
    # 11.0.0.0/8: public, and nobody is asked anything.
    return f"11.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _plus(one: Tally, other: Tally) -> Tally:
    return Tally(
        calls=one.calls + other.calls,
        sent=one.sent + other.sent,
        reads=one.reads + other.reads,
        writes=one.writes + other.writes,
        operations=one.operations + other.operations,
        cpu=one.cpu + other.cpu,
        botocore=one.botocore + other.botocore,
    )
