"""Articles to compact JSON and back."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from chalicelib.core.articles.stored import Card, Named, Stored
from chalicelib.core.iocs.ioc import IocType

_SHORT = {
    "id": "i",
    "url": "u",
    "title": "t",
    "summary": "s",
    "source": "o",
    "feed": "f",
    "published": "p",
    "fetched": "r",
    "modified": "m",
    "severity": "v",
    "label": "l",
    "category": "c",
    "iocs": "n",
    "cves": "e",
    "techniques": "q",
    "actors": "a",
    "malware": "w",
    "industries": "d",
    "tags": "g",
}
_IOCS = "x"
_LISTS = frozenset(one.name for one in fields(Card) if one.default == ())


def card_to_text(card: Card) -> str:
    """Write a card."""
    return _text(_card_to_json(card))


def text_to_card(text: str) -> Card:
    """Read a card."""
    return _json_to_card(json.loads(text))


def stored_to_text(article: Stored) -> str:
    """Write a whole article."""
    iocs = [
        [str(one.type), one.value, one.id, one.confidence, one.first_seen]
        for one in article.iocs
    ]
    return _text(_card_to_json(article.card) | ({_IOCS: iocs} if iocs else {}))


def text_to_stored(text: str) -> Stored:
    """Read a whole article."""
    document = json.loads(text)
    iocs = tuple(
        Named(IocType(kind), value, identifier, sure, seen)
        for kind, value, identifier, sure, seen in document.pop(_IOCS, ())
    )
    return Stored(_json_to_card(document), iocs)


def _card_to_json(card: Card) -> dict[str, Any]:
    written = {short: getattr(card, name) for name, short in _SHORT.items()}
    return {short: value for short, value in written.items() if value not in ((), 0)}


def _json_to_card(document: dict[str, Any]) -> Card:
    # What is left out is nothing: a time of 0 too.
    said: dict[str, Any] = {"published": 0, "fetched": 0, "modified": 0}
    for name, short in _SHORT.items():
        if short in document:
            value = document[short]
            said[name] = tuple(value) if name in _LISTS else value
    return Card(**said)


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
