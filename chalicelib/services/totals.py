"""How many IOCs a list has in all, from counters instead of counting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.core.iocs import validity
from chalicelib.core.iocs.ports import StatisticsStore
from chalicelib.core.iocs.statistics import Tally
from chalicelib.core.lists.listing import Filters
from chalicelib.core.ports import Clock
from chalicelib.core.windows import DAY
from chalicelib.services.catalogue import Window

_SECONDS = 60.0
"""How long what was read is good for: it is of the same day's counts anyway."""


class Total(NamedTuple):
    """How many there are, and whether that is an estimate."""

    number: int
    estimated: bool


class _All(NamedTuple):
    """All that is counted, since which day, and when it was read (seconds)."""

    there: Tally
    begin: int | None
    read: float


class Totals:
    """Totals of lists; keeps what it has read for a minute."""

    def __init__(self, statistics: StatisticsStore, clock: Clock) -> None:
        """Read nothing yet."""
        self._statistics = statistics
        self._clock = clock
        self._all: _All | None = None
        self._days: dict[tuple[int, int], Tally] = {}

    def of(self, filters: Filters, window: Window) -> Total:
        """Tell how many active IOCs a list has.

        Exact, as far as the counters are, for types and a window that holds all
        there ever was. Otherwise what the days of the window have brought, which is
        too much where values changed twice, or ended, or the filter asks for what
        nobody counts.
        """
        there, begin, _ = self._read_all()
        active = _sum(there.new, filters.types) - _sum(there.gone, filters.types)
        whole = begin is None or self._has_all(window, begin)
        if whole and filters == Filters(types=filters.types):
            return Total(max(active, 0), estimated=False)
        within = there if whole else self._read_days(window)
        most = min([active, *_counted(filters, within)])
        return Total(max(most, 0), estimated=True)

    def _has_all(self, window: Window, begin: int) -> bool:
        return window.since <= begin * DAY and window.until >= self._clock.now()

    def _read_all(self) -> _All:
        now = self._clock.monotonic()
        if self._all is None or now - self._all.read > _SECONDS:
            begin = self._statistics.begin()
            self._all = _All(self._statistics.totals(), begin, now)
            self._days = {}
        return self._all

    def _read_days(self, window: Window) -> Tally:
        first = validity.day_of(window.since)
        last = validity.day_of(min(window.until, self._clock.now()))
        known = self._days.get((first, last))
        if known is None:
            known = Tally()
            # A window may end before the look-back of the caller begins.
            days = self._statistics.days(first, last) if first <= last else {}
            for one in days.values():
                known = known.plus(one)
            # One window for each tier, mostly: what else is asked for need not stay.
            self._days = {(first, last): known}
        return known


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
