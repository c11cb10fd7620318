"""The IOC API: all its endpoints, at each size of the one log of rows."""

from __future__ import annotations

from collections.abc import Sequence

from bench.answers import measure_answers
from bench.exports import WHOLE, measure_exports, measure_whole
from bench.figures import Figures
from bench.lists import group_of, measure_lists
from bench.loading import Progress
from bench.rig import Rig
from bench.stock import Stock, furnish
from bench.trickle import measure_trickle


def measure_iocs(
    rig: Rig, figures: Figures, sizes: Sequence[int], progress: Progress
) -> None:
    """Let the log grow, and ask everything at each size."""
    stock = Stock(rig, max(sizes))
    for number, size in enumerate(sizes):
        stock.grow(figures, size, progress)
        if number == 0:
            furnish(rig, stock)
        measure_lists(rig, figures, size, progress)
        measure_exports(rig, figures, size)
        measure_answers(rig, figures, stock, size)
        if size == WHOLE:
            measure_whole(rig, figures)
        if number == 0:
            # They are the first of those that the log grows by.
            measure_trickle(rig, figures, stock)


def to_sizes(figures: Figures, sizes: Sequence[int]) -> list[str]:
    """Write read units and CPU of each operation, at each size side by side."""
    groups = [group_of(size) for size in sizes]
    names = dict.fromkeys(row.name for row in figures.rows if row.group in groups)
    there = {(row.group, row.name): row for row in figures.rows}
    heads = [f"{what}, {size:,}" for what in ("read units", "CPU ms") for size in sizes]
    lines = [
        f"| operation | {' | '.join(heads)} |",
        f"|---{'|--:' * len(heads)}|",
    ]
    for name in names:
        rows = [there.get((group, name)) for group in groups]
        cells = [f"{row.reads:,.0f}" if row else "" for row in rows]
        cells += [f"{row.cpu:,.1f}" if row else "" for row in rows]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines
