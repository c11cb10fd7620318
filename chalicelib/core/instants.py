"""Timestamps: microseconds since 1970 inside, RFC 3339 outside.

STIX and TAXII write UTC with `Z` (STIX 2.1 section 3.16, TAXII 2.1 section 2);
clients send any number of decimals and offsets, so reading is lenient.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

LATEST = 253_402_300_799_999_999
"""The last microsecond of the year 9999."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(?:\.(\d{1,64}))?"
    r"(?:([Zz])|([+\- ])(\d\d):(\d\d))",
    re.ASCII,
)
_NANOSECONDS = 9
_LEAP_SECOND = "60"


def to_text(microseconds: int) -> str:
    """Write microseconds as TAXII does: six decimals and `Z`."""
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def to_text_or_none(microseconds: int | None) -> str | None:
    """Write a time, or that there is none."""
    return None if microseconds is None else to_text(microseconds)


def to_date(microseconds: int) -> str:
    """Write the UTC day of a time, as in 2026-01-31."""
    return to_text(microseconds)[:10]


def to_microseconds(text: str) -> int:
    """Read a timestamp of up to nine decimals, cut to microseconds.

    A `+` of an offset may have become a blank in a query string.
    Raises ValueError for anything that is no instant.
    """
    moment, decimals = _read(text)
    if len(decimals) > _NANOSECONDS:
        msg = "no clock is that exact"
        raise ValueError(msg)
    return (moment - _EPOCH) // _MICROSECOND + int(decimals[:6].ljust(6, "0"))


@lru_cache(maxsize=8_192)
def to_canonical(text: str) -> str:
    """Write an instant so that equal instants are equal text and sort as time does.

    UTC, with the decimals that matter and no `Z`. Raises ValueError.
    """
    moment, decimals = _read(text)
    significant = decimals.rstrip("0")
    seconds = moment.isoformat(timespec="seconds").removesuffix("+00:00")
    return f"{seconds}.{significant}" if significant else seconds


def _read(text: str) -> tuple[datetime, str]:
    match = _RFC3339.fullmatch(text)
    if match is None:
        msg = f"not a timestamp: {text[:64]!r}"
        raise ValueError(msg)
    date, clock, second, decimals, zulu, sign, hours, minutes = match.groups()
    # A leap second is the instant that the next second begins with.
    leap = second == _LEAP_SECOND
    moment = datetime.fromisoformat(f"{date}T{clock}:{'59' if leap else second}+00:00")
    shift = timedelta(seconds=1 if leap else 0)
    if zulu is None:
        shift -= _offset(sign, hours, minutes)
    try:
        return moment + shift, decimals or ""
    except OverflowError as error:
        raise ValueError(str(error)) from error


def _offset(sign: str, hours: str, minutes: str) -> timedelta:
    size = timedelta(hours=int(hours), minutes=int(minutes))
    if size >= timedelta(days=1) or int(minutes) > 59:  # noqa: PLR2004 - an hour's minutes
        msg = "no such offset"
        raise ValueError(msg)
    return -size if sign == "-" else size
