"""Runs: neighbouring segments that compaction can make one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.core.log.entry import Standing, is_replaced
from chalicelib.store.dynamo.commitlog.pairs import Pair, standing_anew
from chalicelib.store.dynamo.table import MOST_ACTIONS

FULL = 100
"""Entries of a segment that compaction makes."""

LONGEST = 64_000
"""Packed bytes of a segment that compaction makes."""

LONGEST_HISTORY = 100_000
"""Packed bytes that may come together in one history."""

WORTH = 0.1
"""Share of replaced entries for which a lone segment is written anew."""


class Run(NamedTuple):
    """Neighbours that can become one, with the marks on their entries."""

    pairs: list[Pair]
    marks: dict[int, Standing]

    @property
    def is_worth_it(self) -> bool:
        """Whether writing it anew makes reading cheaper by enough."""
        if len(self.pairs) > 1:
            return True
        live = self.pairs[0].live
        return len(self.replaced()) > WORTH * len(live)

    @property
    def start(self) -> int:
        """Where it begins: the end of what lies before it."""
        return self.pairs[0].segment.previous

    @property
    def is_sparse(self) -> bool:
        """Whether what is left of it can become one with its neighbours."""
        live = sum(len(pair.live) for pair in self.pairs)
        return (live - len(self.replaced())) * 2 < FULL

    def replaced(self) -> set[int]:
        """Name the live entries that a later version has replaced."""
        return {
            one.entry.date_added
            for pair in self.pairs
            for one in standing_anew(pair.live, self.marks)
            if is_replaced(one.entry.spec_version, one.entry.standing)
        }

    def joined(self, pair: Pair, marks: Mapping[int, Standing]) -> Run | None:
        """Give the run with a neighbour more, or None where it is full."""
        longer = Run([*self.pairs, pair], {**self.marks, **within(pair, marks)})
        live = sum(len(one.live) for one in longer.pairs)
        packed = sum(len(one.segment.packed) for one in longer.pairs)
        if live > FULL or packed > LONGEST or not longer.fits:
            return None
        return longer

    @property
    def fits(self) -> bool:
        """Whether it can be written in one transaction."""
        past = sum(one.past_size + len(one.segment.packed) for one in self.pairs)
        return past <= LONGEST_HISTORY and len(self.marks) <= self._actions_left

    def trimmed(self) -> Run:
        """Leave out the marks that are too many for one transaction."""
        dates = sorted(self.marks)[: max(self._actions_left, 0)]
        return self._replace(marks={date: self.marks[date] for date in dates})

    @property
    def _actions_left(self) -> int:
        # The head; each segment and history; each link that goes, and each chain.
        gone = sum(len(one.segment.facets) for one in self.pairs[:-1])
        names = {name for one in self.pairs for name in one.segment.facets}
        links = gone + len(names) if gone else 0
        return MOST_ACTIONS - 1 - 2 * len(self.pairs) - links


def within(pair: Pair, marks: Mapping[int, Standing]) -> dict[int, Standing]:
    """Choose those marks that lie on entries of a pair."""
    low, high = pair.segment.previous, pair.segment.last
    return {date: now for date, now in marks.items() if low < date <= high}
