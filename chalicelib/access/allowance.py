"""What is left of a tier's requests, and in which window it is tightest.

Windows are fixed, UTC minutes and days, so that one counter per window is
enough; counts are in tenths of a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chalicelib.access.tiers import ONE, Tier
from chalicelib.core import windows
from chalicelib.core.ports import Taken

WindowName = Literal["minute", "day"]

_SECONDS: dict[WindowName, int] = {"minute": 60, "day": 86_400}


@dataclass(frozen=True, slots=True)
class Window:
    """One window: requests allowed and left, and its end (seconds since 1970)."""

    name: WindowName
    limit: int
    remaining: int
    reset: int

    @property
    def policy(self) -> str:
        """The window as `RateLimit-Policy` has it: requests and seconds."""
        return f"{self.limit};w={_SECONDS[self.name]}"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller has left after a request, or why it was refused.

    `tightest` is the window with the fewest requests left; of a refused
    request it is the one that was used up, the longer if both were. In tenths of
    a request, `minute` is what the caller's minute has counted, and `cost` what
    this request took of it.
    """

    accepted: bool
    windows: tuple[Window, ...]
    tightest: Window
    wait: int
    minute: int
    cost: int


def judge(tier: Tier, taken: Taken, cost: int, now: int) -> Allowance | None:
    """Say what a count means for a caller; None where the tier has no limits."""
    counted = (
        _window("minute", tier.per_minute, taken.minute, windows.end_of_minute(now)),
        _window("day", tier.per_day, taken.day, windows.end_of_day(now)),
    )
    known = tuple(one for one in counted if one is not None)
    if not known:
        return None
    tightest = min(known, key=lambda one: one.remaining)
    if not taken.accepted:
        tightest = _used_up(known, taken, cost)
    return Allowance(
        accepted=taken.accepted,
        windows=known,
        tightest=tightest,
        wait=windows.until(tightest.reset, now),
        minute=taken.minute,
        cost=cost if taken.accepted else 0,
    )


def _used_up(known: tuple[Window, ...], taken: Taken, cost: int) -> Window:
    counts = {"minute": taken.minute, "day": taken.day}
    over = [one for one in known if counts[one.name] + cost > one.limit * ONE]
    return over[-1] if over else known[0]


def _window(
    name: WindowName, limit: int | None, taken: int, reset: int
) -> Window | None:
    if limit is None:
        return None
    return Window(name, limit, max(limit * ONE - taken, 0) // ONE, reset)
