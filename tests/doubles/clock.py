"""Clocks for tests: time moves when a test, or a sleeper, moves it."""

from __future__ import annotations

import random

START = 1_763_740_800_000_000
"""2025-11-21T16:00:00Z in microseconds."""


class FakeClock:
    """A clock that stands still until somebody sleeps or moves it."""

    def __init__(self, now: int = START, seed: int = 0) -> None:
        """Set the time and the seed of its chance."""
        self.time = now
        self.uptime = 1_000.0
        self.slept = 0.0
        self._random = random.Random(seed)

    def now(self) -> int:
        """Tell the time in microseconds since 1970."""
        return self.time

    def monotonic(self) -> float:
        """Tell seconds since any start."""
        return self.uptime

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.slept += seconds
        self.advance(seconds)

    def chance(self) -> float:
        """Give a number from 0 to 1."""
        return self._random.random()

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.time += round(seconds * 1_000_000)
        self.uptime += seconds

    def seconds(self) -> float:
        """Tell the time as DynamoDB would: by default the same."""
        return self.time / 1_000_000
