"""The table on the screen, and bench/results.md."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.markup import escape
from rich.table import Table

from bench.figures import Bound, Figures, Row, Speed

if TYPE_CHECKING:
    from rich.console import Console

RESULTS = Path(__file__).parent / "results.md"
_PACKAGES = ("chalice", "boto3", "botocore", "ministack", "aws-lambda-powertools")
_COLUMNS = (
    "operation",
    "objects",
    "calls",
    "read units",
    "write units",
    "each",
    "status",
    "CPU ms",
    "ours",
    "bytes out",
    "note",
)
_LEAST = 0.005
_SPEEDS = ("what", "objects", "objects/s", "CPU ms per 1,000", "ours per 1,000")

_METHOD = """\
Run by `make bench`, which ends with an error when a bound is broken.

- **Path.** Each operation is an event of API Gateway given to `app.app`, the
  function that Lambda calls, in this process, with the real boto3 client. DynamoDB
  is ministack in a process of its own. What Lambda's runtime does around the
  function (JSON of event and answer) is not in the figures.
- **Calls** are the requests that boto3 sent, repeats included.
- **Units** are worked out from the typed items in each request and answer, by
  DynamoDB's rules for sizes and rounding (`bench/units.py`); the emulator's
  ConsumedCapacity is not used. All reads are strongly consistent. Writes in a
  transaction count double, and a write over an item counts the larger of both.
- **Write units** leave out the status resource that TAXII asks for with every
  POST; it stands under *status*. *each* is write units by objects.
- **Counting** stands in rows of its own: operations are those of a key without
  limits, and its usage is not written meanwhile.
- **CPU ms** is `time.process_time` of this process around the call, so it includes
  botocore; *ours* leaves out what passes between botocore's first and last event
  of each call. Median of {runs} runs (3 for POSTs of 1,000 and for exports) after one
  to warm up; a single run for crawls, loads, compactions, block lists and what is
  exported whole. Its garbage collector does not look at what loading left behind, as
  there is no such thing in a Lambda function.
- **Data.** The shipped TweetFeed indicators with other ids, values and dates from
  a fixed seed (`bench/indicators.py`), {size:.0f} bytes each on average.
- **IOCs** are made by `bench/values.py` with the shares of types, sources and tags
  that the shipped feeds have, some 790 bytes a row. They go straight into the log of
  rows, a run of a source of up to 90 at a time, and stand in one log that grows from
  size to size. Totals of lists are read once a minute and process: they stand in a
  row of their own.
- **Objects/s** are of wall clock, one request after the other; the emulator shares
  the machine, and its own work is the larger part of it.
"""


def print_figures(screen: Console, figures: Figures, bounds: Sequence[Bound]) -> None:
    """Show everything."""
    table = _table("Operations", _COLUMNS[:-1])
    for group, rows in _grouped(figures.rows):
        table.add_row(f"[bold]{escape(group)}[/bold]")
        for row in rows:
            table.add_row(*map(escape, _cells(row)[:-1]))
        table.add_section()
    screen.print(table)
    speeds = _table("Speed", _SPEEDS)
    for speed in figures.speeds:
        speeds.add_row(*map(escape, _speed_cells(speed)))
    screen.print(speeds)
    for bound in bounds:
        screen.print(f"{_verdict(bound):>8}  {escape(bound.asked)}: ", end="")
        screen.print(escape(bound.figure))


def to_markdown(
    figures: Figures, bounds: Sequence[Bound], facts: dict[str, str]
) -> str:
    """Write results.md."""
    return "\n".join(_lines(figures, bounds, facts))


def facts_of_machine() -> dict[str, str]:
    """Say when and on what this was measured."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "machine": f"{_processor()}, {_cores()} cores, {platform.system()}",
        "versions": f"Python {platform.python_version()}, {packages}",
    }


def method(runs: int, size: float) -> str:
    """Tell how it was counted."""
    return _METHOD.format(runs=runs, size=size)


def _lines(
    figures: Figures, bounds: Sequence[Bound], facts: dict[str, str]
) -> Iterator[str]:
    counted = facts.pop("method")
    yield "# What it costs and how fast it is\n"
    yield from (f"- {name}: {fact}" for name, fact in facts.items())
    yield f"\n{counted}"
    yield "## Bounds\n"
    rows = [[_verdict(b), b.asked, b.figure, b.in_the_way] for b in bounds]
    yield from _markdown(("met", "asked", "measured", "in the way"), rows)
    yield "\n## Operations"
    for group, measured in _grouped(figures.rows):
        yield f"\n### {group}\n"
        yield from _markdown(_COLUMNS, map(_cells, measured))
    yield "\n## Speed\n"
    yield from _markdown(_SPEEDS, map(_speed_cells, figures.speeds))
    for title, lines in figures.tables.items():
        yield f"\n## {title}\n"
        yield from lines
    if figures.notes:
        yield "\n## Notes\n"
        yield from (f"- {note}" for note in figures.notes)
    yield ""


def _markdown(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{'|'.join('---' for _ in names)}|"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


def _grouped(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    for group, members in groupby(rows, key=lambda row: row.group):
        yield group, list(members)


def _cells(row: Row) -> list[str]:
    return [
        row.name,
        f"{row.objects:,}",
        f"{row.calls:,}",
        f"{row.reads:,.0f}",
        f"{row.writes:,}",
        f"{row.each:.2f}" if row.each >= _LEAST else "",
        f"{row.status_writes:,}" if row.status_writes else "",
        f"{row.cpu:,.1f}",
        f"{row.own:,.1f}",
        f"{row.bytes_out:,}" if row.bytes_out else "",
        row.note,
    ]


def _speed_cells(speed: Speed) -> list[str]:
    return [
        speed.name,
        f"{speed.objects:,}",
        f"{speed.rate:,.0f}",
        f"{speed.per_thousand(speed.cpu):,.1f}",
        f"{speed.per_thousand(speed.own):,.1f}",
    ]


def _verdict(bound: Bound) -> str:
    if bound.is_met:
        return "yes"
    return "**no**" if bound.gates else "no"


def _table(title: str, names: Sequence[str]) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for number, name in enumerate(names):
        table.add_column(name, justify="right" if number else "left")
    return table


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.machine()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
