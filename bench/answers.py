"""Lookups, searches, statistics, articles, and what MISP and machines fetch."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bench import handler, values
from bench.figures import Figures
from bench.handler import Request
from bench.lists import group_of
from bench.rig import Rig
from bench.stock import Stock
from chalicelib.core.iocs.ioc import Ioc, IocType

HIT, MISS = "lookup, known", "lookup, not known"
MANY = "POST of 1,000 lookups"
_THOUSAND = 1_000
_SEED = 99


def measure_answers(rig: Rig, figures: Figures, stock: Stock, size: int) -> None:
    """Ask everything once."""
    group = group_of(size)
    asked = [*_lookups(stock), *_searches(stock), *_articles(), *_others()]
    for name, request in asked:
        done = rig.read(request)
        count = _THOUSAND if request.body else 1
        figures.rows.append(done.row(group, name, count))
    _measure_misp(rig, figures, group)


def _lookups(stock: Stock) -> Iterator[tuple[str, Request]]:
    unknown = [one for run in values.runs(_THOUSAND, _SEED) for one in run]
    for kind in (IocType.DOMAIN, IocType.URL, IocType.SHA256, IocType.IPV4):
        for how, some in ((HIT, stock.first), (MISS, unknown)):
            value = next(one.value for one in some if one.type is kind)
            yield f"{how}, {kind}", handler.get("/lookup", {"ioc": value})
    yield f"{MISS}, ipv6", handler.get("/lookup", {"ioc": "2001:470:1::dead:1"})
    yield f"{MANY}, all known", _lookup_many(stock.first[:_THOUSAND])
    yield f"{MANY}, none known", _lookup_many(unknown)


def _lookup_many(iocs: list[Ioc]) -> Request:
    body = json.dumps({"iocs": [one.value for one in iocs]})
    return Request("POST", "/lookup", {}, {}, body, root=handler.REST)


def _searches(stock: Stock) -> Iterator[tuple[str, Request]]:
    value = stock.example.value
    alike = f"{value[:3]}{value[5:]}"
    for how, text in (("exact", value), ("prefix", value[:4]), ("fuzzy", alike)):
        yield f"search, {how}", handler.get("/iocs/search", {"q": text})


def _articles() -> Iterator[tuple[str, Request]]:
    for name, query in (
        ("30", {}),
        ("30 by category", {"category": "ransomware"}),
        ("30 by technique", {"mitre_technique": "T1001"}),
        ("30 by words", {"q": "researchers phishing"}),
        ("30 by severity", {"sort": "severity:desc"}),
        ("30 with IOCs", {"expand": "iocs"}),
    ):
        yield f"articles, {name}", handler.get("/articles", query)
    one = "00000000-0000-4000-8000-000000000001"
    yield "one article", handler.get("/articles/{article_id}", article_id=one)


def _others() -> Iterator[tuple[str, Request]]:
    yield "statistics", handler.get("/iocs/stats")
    yield "feeds", handler.get("/feeds")
    yield "openapi.json", Request("GET", "/openapi.json", {}, {}, root="")


def _measure_misp(rig: Rig, figures: Figures, group: str) -> None:
    manifest = rig.read(handler.get("/misp/manifest.json"))
    events = manifest.answer.json()
    row = manifest.row(group, "MISP manifest", len(events))
    figures.rows.append(row)
    # The newest day: all was published today.
    newest = max(events, key=lambda name: int(events[name]["timestamp"]))
    request = handler.get("/misp/{event}", event=f"{newest}.json")
    event = rig.once(request)
    count = len(event.answer.json()["Event"]["Attribute"])
    figures.rows.append(event.row(group, "MISP event of today", count))
