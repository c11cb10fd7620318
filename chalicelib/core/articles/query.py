"""What articles are asked for, and by which list they are found best."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.articles.stored import (
    Card,
    Order,
    actor_key,
    families,
    mention,
)
from chalicelib.core.iocs.ioc import IocType, key_of

Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArticleQuery:
    """Filters that must all hold; of several texts one suffices, () is any.

    `words` must all occur in title, summary or tags; they are in lower case.
    `since` is of the time that the list is sorted by, `published_since` of the
    publication whatever it is sorted by; `least` is a severity. `cve` is a whole id,
    `cve_part` what stands in one.
    """

    order: Order = Order.PUBLISHED
    since: int = 0
    published_since: int = 0
    words: Texts = ()
    categories: Texts = ()
    severities: Texts = ()
    sources: Texts = ()
    least: float = 0.0
    has_iocs: bool | None = None
    actors: Texts = ()
    industries: Texts = ()
    technique: str | None = None
    cve: str | None = None
    cve_part: str | None = None

    @property
    def earliest(self) -> int:
        """Where the walk through a list ends."""
        if self.order is Order.MODIFIED:
            return self.since
        return max(self.since, self.published_since)

    def takes(self, card: Card) -> bool:
        """Tell whether an article is asked for."""
        return (
            card.at(self.order) >= self.since
            and card.published >= self.published_since
            and card.severity >= self.least
            and self.has_iocs in (None, card.iocs > 0)
            and self._names(card)
            and self._says(card)
        )

    def walks(self) -> Texts:
        """Name the lists, best one for few, in which all that is asked for stands."""
        if self.order is Order.MODIFIED:
            return (Order.MODIFIED,)
        choices = (
            (mention(key_of(IocType.CVE, self.cve)),) if self.cve else (),
            (f"technique:{self.technique}",) if self.technique else (),
            tuple(dict.fromkeys(f"actor:{actor_key(one)}" for one in self.actors)),
            tuple(f"industry:{one}" for one in self.industries),
            tuple(f"source:{one}" for one in self.sources),
            tuple(f"severity:{one}" for one in self.severities),
            tuple(f"category:{one}" for one in self.categories),
        )
        return next((one for one in choices if one), (Order.PUBLISHED,))

    def _names(self, card: Card) -> bool:
        techniques = {name for one in card.techniques for name in families(one)}
        return all(
            not wanted or not there.isdisjoint(wanted)
            for wanted, there in (
                (self.categories, {card.category}),
                (self.severities, {card.label}),
                (self.sources, {card.source}),
                (self.industries, set(card.industries)),
                (
                    {actor_key(one) for one in self.actors},
                    {actor_key(one) for one in card.actors},
                ),
                ((self.technique,) if self.technique else (), techniques),
            )
        )

    def _says(self, card: Card) -> bool:
        if self.cve and self.cve not in card.cves:
            return False
        part = self.cve_part
        if part and not any(part in one for one in card.cves):
            return False
        if not self.words:
            return True
        text = "\n".join((card.title, card.summary, *card.tags)).casefold()
        return all(word in text for word in self.words)
