"""Articles as the API shows them: flat, every field there, null where it has none."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from io import StringIO
from typing import Any

from chalicelib.core import instants
from chalicelib.core.articles.categories import label_of
from chalicelib.core.articles.stored import Card, Named, Stored
from chalicelib.export.csv_table import harmless, joined
from chalicelib.services import attack

PATH = "/v1/articles"

EXPANSIONS = {"iocs": "iocs", "mitre": "mitre_techniques", "cves": "cve_ids"}
"""What `expand` adds, and the field it is in."""

ALWAYS = "threat_actors"
"""What may be named in `expand` and is there without."""

# What other products have and this one does not: votes, votes' ranks, speech, models.
_NOTHING: Mapping[str, Any] = {
    "ai_summary": None,
    "image_url": None,
    "source_tier": None,
    "category_legacy": None,
    "ai_classification": None,
    "ai_classification_confidence": None,
    "score": 0,
    "upvotes": 0,
    "downvotes": 0,
    "comment_count": 0,
    "vouch_count": 0,
    "rank_score": 0,
    "submitted_by_username": None,
    "audio_url": None,
    "audio_duration_seconds": None,
    "audio_voice": None,
}

COLUMNS = (
    "id",
    "title",
    "url",
    "canonical_url",
    "published_at",
    "fetched_at",
    "modified_at",
    "source_name",
    "source_id",
    "category",
    "severity_score",
    "severity_label",
    "ioc_count",
    "threat_actors",
    "malware_families",
    "industry_tags",
    "tech_tags",
    "cve_ids",
    "mitre_techniques",
    "summary",
)
"""Columns of a table without `fields`."""


def to_document(article: Stored, base_url: str) -> dict[str, Any]:
    """Write all fields of an article, expansions included."""
    card = article.card
    return {
        "id": card.id,
        "title": card.title,
        "url": card.url,
        "canonical_url": f"{base_url}{PATH}/{card.id}",
        "summary": card.summary,
        **_times(card),
        "source_name": card.feed,
        "source_id": card.source,
        "source_type": "rss",
        "category": card.category,
        "category_label": label_of(card.category),
        "content_type": "security",
        "severity_score": card.severity,
        "severity_label": card.label,
        "categorized_by": "rules",
        "categorized_at": instants.to_text(card.modified),
        "tech_tags": list(card.tags),
        "industry_tags": list(card.industries),
        "threat_actors": list(card.actors),
        "malware_families": list(card.malware),
        "has_iocs": card.iocs > 0,
        "ioc_count": card.iocs,
        "submission_type": "rss_auto",
        **_NOTHING,
        "mitre_techniques": list(map(_technique, card.techniques)),
        "cve_ids": list(card.cves),
        "iocs": list(map(_ioc, article.iocs)),
    }


@cache
def names() -> tuple[str, ...]:
    """Name all fields, in order."""
    return tuple(to_document(Stored(Card("", "", "", "", "", "", 0, 0, 0)), ""))


def select(document: Mapping[str, Any], wanted: Collection[str]) -> dict[str, Any]:
    """Keep the fields that are asked for."""
    return {name: value for name, value in document.items() if name in wanted}


def table_line(cells: Iterable[Any]) -> str:
    """Write a line of a table, of a header or of values."""
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([_cell(one) for one in cells])
    return text.getvalue()


def row_of(document: Mapping[str, Any], columns: Sequence[str]) -> str:
    """Write the line of an article."""
    return table_line(document[name] for name in columns)


def _times(card: Card) -> dict[str, str]:
    return {
        "published_at": instants.to_text(card.published),
        "fetched_at": instants.to_text(card.fetched),
        "modified_at": instants.to_text(card.modified),
    }


def _technique(identifier: str) -> dict[str, Any]:
    name = attack.titled(identifier).name
    return {"id": identifier, "name": name, "tactic": None, "confidence": None}


def _ioc(one: Named) -> dict[str, Any]:
    return {
        "id": one.id,
        "type": str(one.type),
        "value": one.value,
        "confidence": one.confidence,
        "first_seen": instants.to_text(one.first_seen),
    }


def _cell(value: Any) -> str:
    """Write a value: lists with `;`, things in them by what names them."""
    if isinstance(value, list):
        return harmless(joined(map(_cell, value)))
    if isinstance(value, dict):
        return str(value["value"] if "value" in value else value["id"])
    if value is None or isinstance(value, bool):
        return "" if value is None else json.dumps(value)
    return harmless(str(value))
