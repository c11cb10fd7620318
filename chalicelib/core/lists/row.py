"""Rows: IOCs as lists and exports give them, one compact JSON object each.

A row is written once, when consumers would see a change of the record, and served
as it was written. What the API documents comes first, what exports need besides
comes behind it: docs/api/iocs.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.core import instants
from chalicelib.core.iocs import confidence, stix
from chalicelib.core.iocs.ioc import Ioc, IocType, Mention, SeenBy
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.lists import industries

NEWS = "news"
"""Category of the sources that are articles."""

_LOST = "retired"


@dataclass(frozen=True, slots=True)
class Row:
    """One version of an IOC; times in microseconds, `score` from 0 to 100.

    `feed`, `category` and `origin` (`feed` or `article`) are of the source that
    says most for it, `sources` the ids of all.
    """

    id: str
    type: IocType
    value: str
    confidence: str
    score: int
    first_seen: int
    last_seen: int
    created: int
    modified: int
    sources: tuple[str, ...]
    feed: str
    category: str
    origin: str = "feed"
    article: Mention | None = None
    valid_until: int | None = None
    context: str | None = None
    tags: tuple[str, ...] = ()
    malware: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    tlp: str = "clear"
    revoked: bool = False
    life: int = 1


def row_of(ioc: Ioc, origins: Mapping[str, Origin]) -> Row:
    """Make the row of a record."""
    # The first of those that are equally sure, so that it does not flutter.
    leading = min(
        ioc.sources,
        key=lambda name: (-ioc.sources[name].confidence, ioc.sources[name].first, name),
    )
    origin = origins.get(leading)
    category = origin.category if origin else _LOST
    return Row(
        id=stix.id_of(ioc).partition("--")[2],
        type=ioc.type,
        value=ioc.value,
        confidence=confidence.label(ioc.confidence),
        score=ioc.confidence,
        first_seen=ioc.first_seen,
        last_seen=ioc.last_seen,
        created=ioc.created,
        modified=ioc.modified,
        sources=tuple(sorted(ioc.sources)),
        feed=origin.name if origin else leading,
        category=category,
        origin="article" if category == NEWS else "feed",
        article=ioc.article,
        valid_until=ioc.valid_until,
        context=ioc.context,
        tags=ioc.tags,
        malware=ioc.malware,
        techniques=ioc.techniques,
        references=ioc.references,
        industries=industries.of_tags(ioc.tags),
        tlp=stix.level_of(ioc, origins),
        revoked=ioc.revoked,
        life=ioc.life,
    )


def to_ioc(row: Row) -> Ioc:
    """Give the record behind a row; when each source saw it is not in a row."""
    seen = SeenBy(row.first_seen, row.last_seen, confidence=row.score)
    return Ioc(
        type=row.type,
        value=row.value,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        sources=dict.fromkeys(row.sources, seen),
        confidence=row.score,
        created=row.created,
        modified=row.modified,
        tags=row.tags,
        malware=row.malware,
        techniques=row.techniques,
        references=row.references,
        context=row.context,
        valid_until=row.valid_until,
        revoked=row.revoked,
        life=row.life,
        article=row.article,
    )


def to_document(row: Row) -> dict[str, Any]:
    """Write a row as the API shows it."""
    article = row.article
    return {
        "id": row.id,
        "type": str(row.type),
        "value": row.value,
        "confidence": row.confidence,
        "first_seen": instants.to_text(row.first_seen),
        "last_seen": instants.to_text(row.last_seen),
        "source": {
            "article_id": article.id if article else None,
            "article_title": article.title if article else None,
            "article_url": article.url if article else None,
            "reference_url": next(iter(row.references), None),
            "feed_name": row.feed,
            "category": row.category,
            "origin": row.origin,
        },
        "context": row.context,
        "tags": list(row.tags),
        "mitre_techniques": list(row.techniques),
        "confidence_score": row.score,
        "malware_families": list(row.malware),
        "sources": list(row.sources),
        "references": list(row.references),
        "industries": list(row.industries),
        "tlp": row.tlp,
        "valid_until": instants.to_text_or_none(row.valid_until),
        "created": instants.to_text(row.created),
        "modified": instants.to_text(row.modified),
        "revoked": row.revoked,
        "life": row.life,
    }


def to_json(row: Row) -> bytes:
    """Write a row in one line."""
    return json.dumps(
        to_document(row), ensure_ascii=False, separators=(",", ":")
    ).encode()


def from_json(data: bytes) -> Row:
    """Read a row."""
    # Bytes would be searched for their encoding first.
    said = json.loads(data.decode())
    source = said["source"]
    article = None
    if source["article_id"] is not None:
        article = Mention(
            source["article_id"], source["article_title"], source["article_url"]
        )
    return Row(
        id=said["id"],
        type=IocType(said["type"]),
        value=said["value"],
        confidence=said["confidence"],
        score=said["confidence_score"],
        first_seen=instants.to_microseconds(said["first_seen"]),
        last_seen=instants.to_microseconds(said["last_seen"]),
        created=instants.to_microseconds(said["created"]),
        modified=instants.to_microseconds(said["modified"]),
        sources=tuple(said["sources"]),
        feed=source["feed_name"],
        category=source["category"],
        origin=source["origin"],
        article=article,
        valid_until=_microseconds(said["valid_until"]),
        context=said["context"],
        tags=tuple(said["tags"]),
        malware=tuple(said["malware_families"]),
        techniques=tuple(said["mitre_techniques"]),
        references=tuple(said["references"]),
        industries=tuple(said["industries"]),
        tlp=said["tlp"],
        revoked=said["revoked"],
        life=said["life"],
    )


def _microseconds(text: str | None) -> int | None:
    return None if text is None else instants.to_microseconds(text)
