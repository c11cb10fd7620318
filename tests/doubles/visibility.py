"""How a committed transaction comes to be seen: at once, or item by item."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

Item = dict[str, Any]
Place = tuple[str, str, str]
"""Table, partition and sort key."""

LONGEST = 50_000
"""Microseconds after which a committed item is seen at the latest."""


class AtOnce:
    """All items of a transaction are seen together, as in every emulator."""

    def __init__(self) -> None:
        self.items: dict[Place, Item] = {}
        self.seen = self.items

    def commit(self, changes: dict[Place, Item | None]) -> None:
        """Apply what a write changes."""
        _apply(self.items, changes)

    commit_torn = commit

    def step(self) -> None:
        """Nothing is pending."""


class Torn:
    """Items of transactions are seen one at a time, in any order.

    As in DynamoDB ("Distributed Transactions at Scale in Amazon DynamoDB",
    USENIX ATC 2023): a write to an item waits until an earlier transaction has
    been applied to that item, but to no other.
    """

    def __init__(
        self,
        chance: random.Random,
        now: Callable[[], int],
        *,
        rate: float = 0.4,
        longest: float = LONGEST,
    ) -> None:
        self.items: dict[Place, Item] = {}
        self.seen: dict[Place, Item] = {}
        self._chance = chance
        self._now = now
        self._rate = rate
        self._longest = longest
        self._pending: dict[Place, tuple[int, Item | None]] = {}

    def commit(self, changes: dict[Place, Item | None]) -> None:
        """Apply a write of single items, which are seen at once."""
        _apply(self.items, changes)
        for place in changes:
            self._pending.pop(place, None)
        _apply(self.seen, changes)

    def commit_torn(self, changes: dict[Place, Item | None]) -> None:
        """Apply a transaction whose items are seen by and by."""
        for place in changes:
            self._release(place)
        _apply(self.items, changes)
        self._pending |= {place: (self._now(), item) for place, item in changes.items()}

    def step(self) -> None:
        """Let some items be seen: none, one, several, or all that is overdue."""
        overdue = self._now() - self._longest
        for place in [p for p, (since, _) in self._pending.items() if since < overdue]:
            self._release(place)
        while self._pending and self._chance.random() < self._rate:
            self._release(self._chance.choice(sorted(self._pending)))

    def show(self, chosen: Callable[[Place], bool]) -> None:
        """Let some of what is pending be seen."""
        for place in filter(chosen, list(self._pending)):
            self._release(place)

    @property
    def waiting(self) -> list[Place]:
        """Name the items that nobody can see as they are."""
        return sorted(self._pending)

    def save(self) -> Callable[[], None]:
        """Remember what is seen; the result brings it back."""
        seen, pending = dict(self.seen), dict(self._pending)

        def restore() -> None:
            self.seen, self._pending = dict(seen), dict(pending)

        return restore

    def settle(self) -> None:
        """Let everything be seen."""
        for place in list(self._pending):
            self._release(place)

    def _release(self, place: Place) -> None:
        if place in self._pending:
            _, item = self._pending.pop(place)
            _apply(self.seen, {place: item})


def _apply(items: dict[Place, Item], changes: dict[Place, Item | None]) -> None:
    for place, item in changes.items():
        if item is None:
            items.pop(place, None)
        else:
            items[place] = item
