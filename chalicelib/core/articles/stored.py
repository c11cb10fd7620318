"""An article as it is kept: a card for lists, and the IOCs that stand in it.

Times are microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.core.iocs import confidence, stix
from chalicelib.core.iocs.article import Article
from chalicelib.core.iocs.ioc import Ioc, IocType, key_of
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.windows import DAY

KEPT_DAYS = 400
"""Days that an article is kept after it changed last: no look-back is longer."""

MOST_IOCS, MOST_BYTES = 500, 100_000
"""No article is kept with more IOCs, nor with more bytes of values."""

MOST_CVES, MOST_NAMES = 100, 50
LONGEST_URL = 2_048

_SUFFIXES = ("group", "team")


class Order(StrEnum):
    """The time that a list is sorted by, newest first."""

    PUBLISHED = "published"
    MODIFIED = "modified"


@dataclass(frozen=True, slots=True)
class Card:
    """All of an article but its IOCs.

    `published` is by the publisher's word and never in the future; where there is
    none, and else too, `fetched` is when we read it first and `modified` when we
    last saw it changed. `feed` is the name of the source, `iocs` how many IOCs it
    has, `severity` goes from 0 to 10.
    """

    id: str
    url: str
    title: str
    summary: str
    source: str
    feed: str
    published: int
    fetched: int
    modified: int
    severity: float = 0.0
    label: str = "none"
    category: str = "news"
    iocs: int = 0
    cves: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    malware: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def at(self, order: Order) -> int:
        """Give the time that it has in a list."""
        return self.published if order is Order.PUBLISHED else self.modified

    @property
    def expires(self) -> int:
        """When it is forgotten."""
        return self.modified + KEPT_DAYS * DAY


@dataclass(frozen=True, slots=True)
class Named:
    """An IOC of an article, as it was when the article was published.

    `id` is that of its object, `confidence` is high, medium or low.
    """

    type: IocType
    value: str
    id: str
    confidence: str
    first_seen: int

    @property
    def key(self) -> bytes:
        """Ten bytes that stand for type and value."""
        return key_of(self.type, self.value)


@dataclass(frozen=True, slots=True)
class Stored:
    """A whole article."""

    card: Card
    iocs: tuple[Named, ...] = ()


def stored_of(
    article: Article, origin: Origin, records: Mapping[bytes, Ioc], at: int
) -> Stored:
    """Make what is kept of an article that was read at a time."""
    card = Card(
        id=article.id,
        url=article.url[:LONGEST_URL],
        title=article.title,
        summary=article.summary,
        source=origin.id,
        feed=origin.name,
        published=max(min(article.published or at, at), 0),
        fetched=at,
        modified=at,
        severity=round(article.severity, 1),
        label=article.label,
        category=article.category,
        iocs=len(article.iocs),
        cves=article.cves[:MOST_CVES],
        techniques=article.techniques[:MOST_NAMES],
        actors=article.actors[:MOST_NAMES],
        malware=article.malware[:MOST_NAMES],
        industries=article.industries,
        tags=article.tags[:MOST_NAMES],
    )
    return Stored(card, tuple(_named(article, records)))


def changed(before: Stored, after: Stored) -> Stored:
    """Give an article that is there already as it is to be kept now.

    What its IOCs were is what they were: they change without the article.
    """
    known = {one.key: one for one in before.iocs}
    iocs = tuple(known.get(one.key, one) for one in after.iocs)
    card = replace(after.card, fetched=before.card.fetched)
    if card.published == card.modified:
        # Without a date, or with one to come, it has that of its first reading.
        card = replace(card, published=before.card.published)
    same = replace(card, modified=before.card.modified) == before.card
    return before if same and iocs == before.iocs else Stored(card, iocs)


def place_of(card: Card, order: Order) -> str:
    """Write where an article stands in a list: text that sorts as time does."""
    return f"{card.at(order):018d}#{card.id}"


def facets_of(article: Stored) -> Iterator[tuple[str, Order]]:
    """Name the lists that an article stands in, each once, and their orders."""
    card = article.card
    yield Order.MODIFIED, Order.MODIFIED
    keys = {
        *(one.key for one in article.iocs),
        *(key_of(IocType.CVE, one) for one in card.cves),
        *(key_of(IocType.TECHNIQUE, one) for one in card.techniques),
    }
    names = {
        str(Order.PUBLISHED),
        f"category:{card.category}",
        f"severity:{card.label}",
        f"source:{card.source}",
        *(f"technique:{name}" for one in card.techniques for name in families(one)),
        *(f"actor:{actor_key(one)}" for one in card.actors),
        *(f"industry:{one}" for one in card.industries),
        *map(mention, keys),
    }
    for name in sorted(names):
        yield name, Order.PUBLISHED


def mention(key: bytes) -> str:
    """Name the list of the articles that mention a value."""
    return f"ioc:{key.hex()}"


def families(technique: str) -> tuple[str, ...]:
    """Give a technique, and what it is a sub-technique of."""
    return tuple(dict.fromkeys((technique, technique.partition(".")[0])))


def actor_key(name: str) -> str:
    """Write the name of an actor as it is compared: "Lazarus Group" is lazarus."""
    letters = "".join(one for one in name.casefold() if one.isalnum())
    for suffix in _SUFFIXES:
        letters = letters.removesuffix(suffix) or letters
    return letters


def _named(article: Article, records: Mapping[bytes, Ioc]) -> Iterator[Named]:
    room = MOST_BYTES
    for one in article.iocs[:MOST_IOCS]:
        ioc = records.get(one.key)
        room -= len(one.value.encode())
        if ioc is None or room < 0:
            continue
        yield Named(
            ioc.type,
            ioc.value,
            stix.id_of(ioc).partition("--")[2],
            confidence.label(ioc.confidence),
            ioc.first_seen,
        )
