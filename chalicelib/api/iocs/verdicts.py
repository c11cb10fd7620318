"""What is known of a value, as lookup writes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from chalicelib.core import instants
from chalicelib.core.assess.risk import CAPS, FORMULA, Risk
from chalicelib.core.iocs import confidence
from chalicelib.core.iocs.ioc import Ioc, IocType, SeenBy
from chalicelib.core.iocs.origin import Origin
from chalicelib.services.attack import titled
from chalicelib.services.lookup import (
    ARTICLES,
    NETWORKS,
    Answer,
    Mentioned,
    Refused,
    Value,
)

Document = dict[str, Any]
Origins = Mapping[str, Origin]

_RETIRED = "retired"
_MOST_TAGS = 5
_SCALARS = (
    "confidence",
    "confidence_score",
    "first_seen",
    "last_seen",
    "threat_type",
    "malware_family",
    "context",
    "valid_until",
)
_NOTHING: Document = {
    "total_occurrences": 0,
    "reporting_sources": 0,
    "malware_families": [],
    "tags": [],
    "active": False,
    "revoked": False,
}


def whole(answer: Answer, origins: Origins) -> Document:
    """Write all that is known of a value, and how to hunt for it."""
    ioc = answer.ioc
    return {
        **_said(answer),
        "mitre_techniques": _techniques(answer),
        "risk": _risk(answer.risk),
        "hunting": _hunting(answer.asked),
        "sources": _sources(ioc, origins) if ioc else [],
        "networks": _networks(answer),
        "articles": _articles(answer.articles),
    }


def brief(text: str, answer: Answer | Refused, expand: Collection[str]) -> Document:
    """Write one of many: no queries, and of the sources their ids."""
    if isinstance(answer, Refused):
        said = {"code": "invalid_parameter", "message": f"the value {answer.why}"}
        return {"ioc": text, "found": None, "error": said}
    judged, ioc = answer.risk, answer.ioc
    document = {
        "ioc": text,
        **_said(answer),
        "mitre_techniques": [one["id"] for one in _techniques(answer)],
        "risk": {"score": judged.score, "level": judged.level} if judged else None,
        "sources": sorted(ioc.sources) if ioc else [],
    }
    if NETWORKS in expand:
        document["networks"] = _networks(answer)
    if ARTICLES in expand:
        document["articles"] = _articles(answer.articles)
    return document


def _said(answer: Answer) -> Document:
    ioc, asked = answer.ioc, answer.asked
    head: Document = {
        "found": ioc is not None,
        "ioc_value": asked.value,
        "ioc_type": str(asked.type),
        "matched_network": answer.network,
    }
    if ioc is None:
        return head | dict.fromkeys(_SCALARS) | _NOTHING
    return head | {
        "confidence": confidence.label(ioc.confidence),
        "confidence_score": ioc.confidence,
        "first_seen": instants.to_text(ioc.first_seen),
        "last_seen": instants.to_text(ioc.last_seen),
        "threat_type": answer.threat,
        "malware_family": next(iter(ioc.malware), None),
        "context": ioc.context,
        "valid_until": instants.to_text_or_none(ioc.valid_until),
        "total_occurrences": sum(seen.count for seen in ioc.sources.values()),
        "reporting_sources": len(ioc.sources),
        "malware_families": list(ioc.malware),
        "tags": list(ioc.tags),
        "active": answer.active,
        "revoked": ioc.revoked,
    }


def _techniques(answer: Answer) -> list[Document]:
    """Name the techniques of a record, and the one that was asked for itself."""
    asked = answer.asked
    own = (asked.value,) if asked.type is IocType.TECHNIQUE else ()
    known = answer.ioc.techniques if answer.ioc else ()
    return [titled(one)._asdict() for one in dict.fromkeys((*own, *known))]


def _risk(judged: Risk | None) -> Document | None:
    if judged is None:
        return None
    return {
        "score": judged.score,
        "level": judged.level,
        "formula": FORMULA,
        "parts": [
            part._asdict() | {"points": round(part.points, 2)} for part in judged.parts
        ],
        "cap": None if judged.cap is None else _cap(judged.cap),
    }


def _cap(name: str) -> Document:
    return {"name": name, "most": CAPS[name]}


def _hunting(asked: Value) -> Document:
    from chalicelib.core.assess import hunting

    return asdict(hunting.queries(asked.type, asked.value))


def _sources(ioc: Ioc, origins: Origins) -> list[Document]:
    """Write who says so, the surest first."""
    ranked = sorted(
        ioc.sources.items(), key=lambda one: (-one[1].confidence, one[1].first, one[0])
    )
    return [_source(ioc, name, seen, origins.get(name)) for name, seen in ranked]


def _source(ioc: Ioc, name: str, seen: SeenBy, origin: Origin | None) -> Document:
    return {
        "source_id": name,
        "source_feed": origin.name if origin else name,
        "source_category": origin.category if origin else _RETIRED,
        "reference_url": _reference(ioc, origin),
        "first_seen": instants.to_text(seen.first),
        "last_seen": instants.to_text(seen.last),
        "occurrence_count": seen.count,
        "confidence": confidence.label(seen.confidence),
        "confidence_score": seen.confidence,
        "listed": seen.listed,
        "context": _context(ioc, origin),
    }


def _reference(ioc: Ioc, origin: Origin | None) -> str | None:
    """Find the reference that is a source's: the record keeps them together."""
    if len(ioc.sources) == 1:
        return next(iter(ioc.references), None)
    host = urlsplit(origin.url).hostname if origin else None
    own = (one for one in ioc.references if _host_of(one) == host)
    return next(own, None) if host else None


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _context(ioc: Ioc, origin: Origin | None) -> str | None:
    """Tell why a source has a value: by the record, or by what all it lists is."""
    if len(ioc.sources) == 1 and ioc.context:
        return ioc.context
    if origin is None:
        return None
    tags = ioc.tags if len(ioc.sources) == 1 else origin.tags
    told = ", ".join([tag for tag in tags if tag != origin.category][:_MOST_TAGS])
    return f"{origin.category}: {told}" if told else origin.category


def _networks(answer: Answer) -> list[Document]:
    return [
        {
            "network": ioc.value,
            "confidence": confidence.label(ioc.confidence),
            "confidence_score": ioc.confidence,
            "first_seen": instants.to_text(ioc.first_seen),
            "last_seen": instants.to_text(ioc.last_seen),
            "sources": sorted(ioc.sources),
        }
        for ioc in answer.networks
    ]


def _articles(articles: tuple[Mentioned, ...]) -> list[Document]:
    return [
        {
            "id": one.id,
            "title": one.title,
            "url": one.url,
            "published_at": instants.to_text_or_none(one.published),
        }
        for one in articles
    ]
