"""IOCs that come a few at a time, and what compaction makes of them."""

from __future__ import annotations

from bench import handler
from bench.figures import Figures
from bench.lists import LIST, SORTS, count_of
from bench.loading import add
from bench.meter import Tally
from bench.rig import Rig, settle, to_row
from bench.stock import Stock
from bench.tidying import COMPACTION, compact
from chalicelib.core.log.head import ROWS

FEW, COUNT = 5, 1_000
GROUP = f"{COUNT:,} IOCs, {FEW} at a time, behind {COUNT:,} others"
BEFORE, AFTER = "IOCs before compaction", "IOCs after compaction"
_DAY = 24 * 3_600_000_000


def measure_trickle(rig: Rig, figures: Figures, stock: Stock) -> None:
    """Add rows a few at a time, list them, compact the log, list them again."""
    settle()
    spent = Tally()
    for some in stock.few(COUNT, FEW):
        add(spent, stock.put(some))
    figures.rows.append(to_row((GROUP, "rows"), COUNT, spent, 0))
    _measure_page(rig, figures, BEFORE)
    tally, note = compact(rig, ROWS, _DAY)
    name = (GROUP, f"{COMPACTION} of {stock.count:,} rows")
    figures.rows.append(to_row(name, stock.count, tally, 0, note))
    _measure_page(rig, figures, AFTER)


def _measure_page(rig: Rig, figures: Figures, name: str) -> None:
    query = {"limit": str(COUNT), "sort": SORTS["newest first"]}
    page = rig.read(handler.get(LIST, query))
    figures.rows.append(page.row(GROUP, name, count_of(page)))
