"""Dates as feeds write them, read to microseconds since 1970."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 64
_UTC_NAME = re.compile(r"\s*\(?\b(?:UTC|GMT|Z)\)?$", re.IGNORECASE)
_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")
_NUMBER = re.compile(r"\d{9,17}(?:\.\d+)?")
_ZONE = re.compile(r"\s*([+-]\d\d):?(\d\d)$")
_SHORT_YEAR_FIRST = "%Y/%m/%d %H:%M:%S", "%Y/%m/%d"
_NAMED_MONTH = (
    "%b %d, %Y %H:%M:%S",
    "%B %d, %Y %H:%M:%S",
    "%b %d, %Y",
    "%B %d, %Y",
    "%a %b %d %H:%M:%S %Y",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y",
)
_STYLES = {
    "iso": (),
    "us": ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y"),
    "day_first": (
        "%d-%m-%Y %H:%M:%S",
        "%d-%m-%Y",
        "%d/%m/%Y %H:%M:%S",
        "%d/%m/%Y %H:%M",
        "%d/%m/%Y",
        "%d.%m.%Y",
    ),
}
_POWERS = ((10**11, 10**6), (10**14, 10**3), (10**17, 1))


def read(value: Any, style: str = "iso") -> int | None:
    """Read a date; None where there is none that can be read for sure.

    Numbers are seconds, milliseconds or microseconds by their size. Month-first
    and day-first dates are read only when the source's row says so (`style`).
    Without a zone it is UTC. Dates in the future are given as they are.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return _number(value)
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    return _text(value, style)


@lru_cache(maxsize=4_096)
def _text(text: str, style: str) -> int | None:
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return _number(float(text) if "." in text else int(text))
    for reader in (_iso, _mail):
        moment = _tried(reader, text)
        if moment is not None:
            return moment
    patterns = (*_STYLES.get(style, ()), *_NAMED_MONTH, *_SHORT_YEAR_FIRST)
    return _by_pattern(text, patterns)


def _number(value: float) -> int | None:
    if value != value or value < 10**8:  # noqa: PLR0124 - NaN is not itself
        return None
    for limit, power in _POWERS:
        if value < limit:
            return int(value * power)
    return None


def _iso(text: str) -> datetime:
    return datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", _UTC_NAME.sub("", text)))


def _mail(text: str) -> datetime:
    return parsedate_to_datetime(text)


def _by_pattern(text: str, patterns: tuple[str, ...]) -> int | None:
    text = _UTC_NAME.sub("", text)
    zone = _ZONE.search(text)
    # A date alone may end in what looks like a zone: 03-01-2026 does.
    if zone is not None and ":" in text[: zone.start()]:
        text = f"{text[: zone.start()]} {zone[1]}{zone[2]}"
        patterns = tuple(f"{pattern} %z" for pattern in patterns)
    for pattern in patterns:
        moment = _tried(lambda said, by=pattern: datetime.strptime(said, by), text)  # type: ignore[misc] # noqa: DTZ007 - no zone is UTC, below
        if moment is not None:
            return moment
    return None


def _tried(reader: Callable[[str], datetime], text: str) -> int | None:
    try:
        moment = reader(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        microseconds = (moment - _EPOCH) // _MICROSECOND
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return microseconds if microseconds >= 0 else None
