"""Fixed windows of time: UTC minutes and days; microseconds since 1970."""

from __future__ import annotations

MICROSECONDS = 1_000_000
MINUTE = 60 * MICROSECONDS
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def end_of_minute(now: int) -> int:
    """Tell when the minute is over, in seconds since 1970."""
    return (now // MINUTE + 1) * 60


def end_of_day(now: int) -> int:
    """Tell when the UTC day is over, in seconds since 1970."""
    return (now // DAY + 1) * 86_400


def until(end: int, now: int) -> int:
    """Tell how many whole seconds are left until a time, one at the least."""
    return max(-(-(end * MICROSECONDS - now) // MICROSECONDS), 1)
