"""Getting along with whoever else writes to a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock

from chalicelib.core.ports import Clock
from chalicelib.errors import Unavailable

_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.5
_LONGEST_TURN = 3600.0


@dataclass(slots=True)
class Patience:
    """Longer and longer pauses between tries, up to a deadline (monotonic seconds)."""

    clock: Clock
    deadline: float
    pause: float = _FIRST_PAUSE

    def wait(self) -> None:
        """Pause before the next try. Raises Unavailable when it came too late."""
        wait = self.pause * (0.5 + self.clock.chance())
        if self.clock.monotonic() + wait > self.deadline:
            raise _too_many()
        self.clock.sleep(wait)
        self.pause = min(self.pause * 1.6, _LONGEST_PAUSE)


class Turns:
    """Lets the threads of one process write to a log one after the other.

    Against other processes the condition on the head holds. Among our own it
    would hold too, and cost each of them the work of all.
    """

    def __init__(self) -> None:
        """Nobody has a turn."""
        self._locks: dict[str, RLock] = {}

    @contextmanager
    def take(self, collection: str, seconds: float) -> Iterator[None]:
        """Write while nobody else does. Raises Unavailable after the seconds."""
        lock = self._locks.setdefault(collection, RLock())
        if not lock.acquire(timeout=min(max(seconds, 0), _LONGEST_TURN)):
            raise _too_many()
        try:
            yield
        finally:
            lock.release()


def _too_many() -> Unavailable:
    return Unavailable(
        "too many writers at once: try again in a moment", headers={"Retry-After": "2"}
    )
