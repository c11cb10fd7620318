"""CSAF advisories: a ROLIE feed and its documents, or one document.

Options: `documents` (how many of the newest to open), `since` (an ISO date: what was
changed last before it is left).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from urllib.parse import urljoin

from chalicelib.core.iocs.ioc import IocType, Raw, Rejected, Said
from chalicelib.ingest.formats import dates, fields, sharing
from chalicelib.ingest.formats.further import documents
from chalicelib.ingest.formats.json_stream import JsonReader
from chalicelib.ingest.formats.reading import Body, FormatError, Opener
from chalicelib.ingest.source import Source

Rows = Iterator[Raw | Rejected]

MOST_DOCUMENTS = 200

_MOST_NAMES = 3


def parse(stream: BinaryIO, source: Source, more: Opener) -> Rows:
    """Read what a feed names, or a document. Raises FormatError."""
    found: dict[str, Any] = {}
    for place, value in JsonReader(Body(stream, source.max_bytes)).values("*"):
        found[place[0]] = value
    if isinstance(found.get("feed"), dict):
        yield from _documents(found["feed"], source, more)
    elif isinstance(found.get("document"), dict):
        yield from _advisory(found, source)
    else:
        raise FormatError("is no CSAF document and no ROLIE feed")


def _documents(feed: Mapping[str, Any], source: Source, more: Opener) -> Rows:
    since = dates.read(source.options.get("since")) or 0
    entries: list[tuple[int, str]] = []
    for number, entry in enumerate(_dicts(feed.get("entry"))):
        url = _address(entry)
        changed = dates.read(entry.get("updated")) or dates.read(entry.get("published"))
        if not url:
            yield Rejected(f"entry {number}", "no address of a document")
        elif (changed or since) >= since:
            entries.append((changed or 0, urljoin(source.url, url)))
    newest = sorted(entries, reverse=True)
    most = source.options.get("documents", MOST_DOCUMENTS)
    named = [(url.rpartition("/")[2][:64], url) for _, url in newest[:most]]
    for name, value in documents(named, source, more):
        if isinstance(value, Rejected):
            yield value
        else:
            yield from _advisory(value, source, name)


def _advisory(value: Any, source: Source, name: str = "document") -> Rows:
    document = _dict(_dict(value).get("document"))
    if not document:
        yield Rejected(name, "no CSAF document")
        return
    tracking = _dict(document.get("tracking"))
    name = fields.text_of(tracking.get("id"))[:64] or name
    label = _dict(_dict(document.get("distribution")).get("tlp")).get("label")
    closed = sharing.refusal([label], source.tlp)
    if closed:
        yield Rejected(name, closed)
        return
    products = _products(_dict(value).get("product_tree"))
    for number, one in enumerate(_dicts(_dict(value).get("vulnerabilities"))):
        cve, place = fields.text_of(one.get("cve")), f"{name} vulnerability {number}"
        if cve:
            said = _said(document, one, products)
            yield fields.checked(cve, IocType.CVE, place, said)
        else:
            yield Rejected(place, "no CVE")


def _said(
    document: Mapping[str, Any], one: Mapping[str, Any], products: list[str]
) -> Said:
    tracking = _dict(document.get("tracking"))
    score, severity = _score(one)
    parts = [fields.text_of(document.get("title")), ", ".join(products[:_MOST_NAMES])]
    parts.append(f"CVSS {score:g} {severity}".strip() if score else "")
    weakness = _dict(one.get("cwe")).get("id")
    about = [
        ref
        for ref in _dicts(document.get("references"))
        if ref.get("category") == "self"
    ]
    references = [*about, *_dicts(one.get("references"))]
    return Said(
        first_seen=dates.read(one.get("release_date"))
        or dates.read(tracking.get("initial_release_date")),
        last_seen=dates.read(tracking.get("current_release_date")),
        tags=fields.tags_of([weakness, severity.lower(), *products], "\n"),
        references=fields.links_of(ref.get("url") for ref in references)[:5],
        context="; ".join(part for part in parts if part)[:1_000] or None,
    )


def _score(one: Mapping[str, Any]) -> tuple[float, str]:
    """Give the highest base score, and its word."""
    best, word = 0.0, ""
    for score in _dicts(one.get("scores")):
        for name in ("cvss_v4", "cvss_v3", "cvss_v2"):
            cvss = _dict(score.get(name))
            base = cvss.get("baseScore")
            if isinstance(base, (int, float)) and best < base <= 10:  # noqa: PLR2004
                best, word = float(base), fields.text_of(cvss.get("baseSeverity"))
    return best, word


def _products(tree: Any) -> list[str]:
    """Give the names of products, vendors left out."""
    found: dict[str, None] = {}
    waiting = _dicts(_dict(tree).get("branches"))
    while waiting:
        branch = waiting.pop(0)
        if branch.get("category") == "product_name":
            found[fields.text_of(branch.get("name"))] = None
        waiting.extend(_dicts(branch.get("branches")))
    return [name for name in found if name][:10]


def _address(entry: Mapping[str, Any]) -> str:
    content = fields.text_of(_dict(entry.get("content")).get("src"))
    links = _dicts(entry.get("link"))
    own = [one.get("href") for one in links if one.get("rel") == "self"]
    return content or fields.text_of(next(iter(own), None))


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        return []
    return [one for one in value if isinstance(one, dict)]
