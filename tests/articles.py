"""What articles are tried with: made ones, as they are kept."""

from __future__ import annotations

import uuid
from typing import Any

from chalicelib.core.articles.stored import Card, Named, Stored
from chalicelib.core.iocs.ioc import IocType
from tests.doubles.clock import START

NAMESPACE = uuid.UUID(int=7, version=5)


def id_of(number: int) -> str:
    """Give the id of an article."""
    return str(uuid.uuid5(NAMESPACE, str(number)))


def make_named(value: str = "bad.example", kind: IocType = IocType.DOMAIN) -> Named:
    """Name an IOC."""
    return Named(kind, value, str(uuid.uuid5(NAMESPACE, value)), "high", START)


def make_card(number: int = 0, **said: Any) -> Card:
    """Make the card of an article."""
    usual: dict[str, Any] = {
        "id": id_of(number),
        "url": f"https://news.example/{number}",
        "title": f"Story {number}",
        "summary": "Something happened.",
        "source": "krebs",
        "feed": "Krebs on Security",
        "published": START - number * 3_600_000_000,
        "fetched": START,
        "modified": START,
        "severity": 5.0,
        "label": "medium",
        "category": "malware",
    }
    return Card(**(usual | said))


def make_stored(number: int = 0, *iocs: Named, **said: Any) -> Stored:
    """Make an article with IOCs."""
    return Stored(make_card(number, **({"iocs": len(iocs)} | said)), iocs)
