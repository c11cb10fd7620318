"""Articles to STIX 2.1 report objects: the second half of the STIX shaper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chalicelib.core.iocs import marking, stix
from chalicelib.core.iocs.article import Article
from chalicelib.core.iocs.ioc import IocType, Mention, Sighting
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.iocs.stix import Stix

LONGEST_DESCRIPTION = 2_000


def report_id(article: Article) -> str:
    """Give the id of the report of an article."""
    return stix.identifier("report", f"article:{article.id}")


def sightings_in(article: Article) -> list[Sighting]:
    """List what an article says of values; CVEs and techniques are some too.

    Each is told of the article, and tagged with the industries that it is about.
    """
    found = {one.key: one for one in article.iocs}
    for kind, values in (
        (IocType.CVE, article.cves),
        (IocType.TECHNIQUE, article.techniques),
    ):
        for value in values:
            sighting = Sighting(kind, value)
            found.setdefault(sighting.key, sighting)
    mention = Mention(article.id, article.title, article.url)
    return [_told_of(one, mention, article.industries) for one in found.values()]


def _told_of(
    sighting: Sighting, mention: Mention, industries: tuple[str, ...]
) -> Sighting:
    said = sighting.said
    tags = (*said.tags, *(one for one in industries if one not in said.tags))
    return replace(sighting, said=replace(said, tags=tags, article=mention))


def things_in(article: Article) -> list[Stix]:
    """Write the families, actors and techniques that an article names."""
    kinds: Sequence[tuple[str, Iterable[str]]] = (
        ("malware", article.malware),
        ("intrusion-set", article.actors),
        ("attack-pattern", article.techniques),
    )
    found = [
        stix.named(kind, name)
        for kind, names in kinds
        for name in names
        if name.strip()
    ]
    return list({one["id"]: one for one in found}.values())


def report_of(
    article: Article, origin: Origin, refs: Iterable[str], published: int
) -> Stix:
    """Write the report of an article, in its first version.

    A report must refer to something: one of an article with nothing in it
    refers to us.
    """
    when = stix.time_text(published)
    about = article.summary[:LONGEST_DESCRIPTION]
    source = {
        "source_name": origin.name,
        "description": origin.attribution or "news",
        "url": stix.reference(article.url).get("url"),
    }
    written = stix.head("report", report_id(article), stix.IDENTITY_ID, when)
    severity = f"severity:{article.label}"
    labels = stix.labels([article.category, severity], article.tags, origin.tags)
    return {
        **written,
        "labels": labels,
        "confidence": origin.reliability,
        "external_references": [{key: one for key, one in source.items() if one}],
        "object_marking_refs": [marking.marking_id(origin.tlp)],
        "name": article.title.strip() or "Untitled",
        **({"description": about} if about else {}),
        "report_types": ["threat-report"],
        "published": when,
        "object_refs": list(dict.fromkeys(refs)) or [stix.IDENTITY_ID],
    }
