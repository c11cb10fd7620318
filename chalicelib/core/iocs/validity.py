"""How long the word of a source is good, by what it is about."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.core.iocs.ioc import IocType, SeenBy
from chalicelib.core.windows import DAY

DAYS: Mapping[IocType, int | None] = {
    IocType.IPV4: 30,
    IocType.IPV6: 30,
    IocType.DOMAIN: 180,
    IocType.URL: 180,
    IocType.EMAIL: 180,
    IocType.MD5: None,
    IocType.SHA1: None,
    IocType.SHA256: None,
    IocType.SHA512: None,
    IocType.CVE: None,
    IocType.TECHNIQUE: None,
}
"""Days, None for ever: addresses change hands, a file never does."""


def days_of(kind: IocType, override: int | None = None) -> int | None:
    """Tell for how many days a value is good, None for ever."""
    return DAYS[kind] if override is None else override


def refresh_after(kind: IocType, override: int | None = None) -> int | None:
    """Tell after how many days a listed value has to be published again.

    None: never. Later than this less than half of its validity remains.
    """
    days = days_of(kind, override)
    return None if days is None else days // 2 + 1


def until(last: int, days: int | None, known: int | None) -> int | None:
    """Tell until when a value that was seen last at a time is good.

    Always midnight, so that a day's values expire together. What is `known`
    stays while half of the days or more remain: then nothing changes.
    """
    if days is None:
        return None
    if known is not None and known - last >= days * DAY // 2:
        return known
    return max(known or 0, -(-(last + max(days, 1) * DAY) // DAY) * DAY)


def holds(seen: SeenBy, now: int) -> bool:
    """Tell whether a source stands by a value at a time."""
    return seen.listed or seen.until is None or seen.until > now


def day_of(time: int) -> int:
    """Give the number of a day since 1970."""
    return time // DAY
