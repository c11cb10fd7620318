"""How many IOCs a list has in all, from counters instead of counting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.core.iocs import validity
from chalicelib.core.iocs.ports import StatisticsStore
from chalicelib.core.iocs.statistics import Tally
from chalicelib.core.lists.listing import Filters
from chalicelib.core.ports import Clock
from chalicelib.services.catalogue import Window

_SECONDS = 60.0
"""How long what was read is good for: it is of the same day's counts anyway."""


class Total(NamedTuple):
    """How many there are, and whether that is an estimate."""

    number: int
    estimated: bool


class Totals:
    """Totals of lists; keeps what it has read for a minute."""

    def __init__(self, statistics: StatisticsStore, clock: Clock) -> None:
        """Read nothing yet."""
        self._statistics = statistics
        self._clock = clock
        self._known: dict[tuple[int, int], tuple[float, Tally, Tally]] = {}

    def of(self, filters: Filters, window: Window) -> Total:
        """Tell how many active IOCs a list has.

        Exact, as far as the counters are, for types and a window that holds all
        there ever was. Otherwise what the days of the window have brought, which is
        too much where values changed twice, or ended, or the filter asks for what
        nobody counts.
        """
        now = self._clock.now()
        first, last = validity.day_of(window.since), min(window.until, now)
        there, within = self._read(first, validity.day_of(last))
        counted = _counted(filters, within)
        active = _sum(there.new, filters.types) - _sum(there.gone, filters.types)
        whole = _sum(within.new, ()) >= _sum(there.new, ())
        if whole and filters == Filters(types=filters.types):
            return Total(max(active, 0), estimated=False)
        return Total(max(min([active, *counted]), 0), estimated=True)

    def _read(self, first: int, last: int) -> tuple[Tally, Tally]:
        now = self._clock.monotonic()
        known = self._known.get((first, last))
        if known is None or now - known[0] > _SECONDS:
            # A window may end before the look-back of the caller begins.
            days = self._statistics.days(first, last) if first <= last else {}
            within = Tally()
            for one in days.values():
                within = within.plus(one)
            known = (now, self._statistics.totals(), within)
            # One window for each tier, mostly: what else is asked for need not stay.
            self._known = {(first, last): known}
        return known[1], known[2]


def _counted(filters: Filters, within: Tally) -> list[int]:
    found = [_sum(within.new, filters.types) + _sum(within.updated, filters.types)]
    if filters.categories:
        found.append(_sum(within.categories, filters.categories))
    if filters.sources:
        found.append(_sum(within.sources, filters.sources))
    return found


def _sum(counts: Mapping[str, int], wanted: tuple[str, ...]) -> int:
    """Add up what is counted under some names, or under all."""
    return sum(n for name, n in counts.items() if not wanted or name in wanted)
