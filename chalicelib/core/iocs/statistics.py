"""What is counted of IOCs and articles: only ever added to. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from chalicelib.core.iocs.article import Article
from chalicelib.core.iocs.ioc import Ioc
from chalicelib.core.iocs.origin import Origin

MOST_NAMED = 30
"""Techniques, and CVEs, that are counted of one article, lest counts grow large."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of a day or of all time; there are `new` less `gone` active IOCs.

    `new` and `gone` (revoked) count IOCs by type, `updated` counts later
    versions by type. `categories` counts new ones by the category of the source
    that had them first, `sources` counts what each source was seen to have.
    `named` counts the articles that name a technique or CVE: by day only.
    """

    new: Mapping[str, int] = field(default_factory=dict)
    gone: Mapping[str, int] = field(default_factory=dict)
    updated: Mapping[str, int] = field(default_factory=dict)
    categories: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, int] = field(default_factory=dict)
    articles: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[str, int] = field(default_factory=dict)

    def plus(self, other: Tally) -> Tally:
        """Add up."""
        return Tally(
            **{
                one.name: dict(
                    Counter(getattr(self, one.name)) + Counter(getattr(other, one.name))
                )
                for one in fields(Tally)
            }
        )

    @property
    def active(self) -> dict[str, int]:
        """The IOCs that are there and not revoked, by type."""
        kinds = sorted({*self.new, *self.gone})
        counts = {
            kind: self.new.get(kind, 0) - self.gone.get(kind, 0) for kind in kinds
        }
        return {kind: count for kind, count in counts.items() if count > 0}

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) for one in fields(Tally))


def of_change(before: Ioc | None, after: Ioc, origin: Origin | None) -> Tally:
    """Count a published change of a record, made by a source or by time."""
    kind = {str(after.type): 1}
    if after.revoked:
        return Tally(gone=kind)
    begins = before is None or before.revoked
    knew = before is not None and (origin is None or origin.id in before.sources)
    category = {origin.category: 1} if begins and origin else {}
    return Tally(
        new=kind if begins else {},
        updated={} if begins else kind,
        categories=category,
        sources={origin.id: 1} if origin and not knew else {},
    )


def of_article(article: Article) -> Tally:
    """Count an article, and what it names: of very many of a kind, the first."""
    names = (*article.techniques[:MOST_NAMED], *article.cves[:MOST_NAMED])
    return Tally(
        articles={article.category or "other": 1}, named=dict.fromkeys(names, 1)
    )
