"""Finding IOCs by a text: the value itself, else what begins so or looks like it.

What is near a text is found in the order of values, among those that begin with the
same two characters: no search reads more than a few hundred records.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.core.articles.stored import Stored
from chalicelib.core.assess.likeness import LEAST, SHORTEST, likeness
from chalicelib.core.iocs import values
from chalicelib.core.iocs.ioc import Ioc, IocType, key_of
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.lists.listing import (
    SHORTEST_QUERY,
    Filters,
    Listing,
    RowLog,
    search_text,
)
from chalicelib.core.lists.row import row_of, to_document
from chalicelib.services.lookup import (
    Articles,
    Records,
    Refused,
    is_knotted,
    read_value,
)

MOST_RELATED = 10

EXACT, PREFIX, FUZZY = "exact", "prefix", "fuzzy"

Document = dict[str, Any]

_LEAST_NEAR = 40
_MOST_STORIES = 3
_ROOM = 200_000
_HASHES = tuple(values.HASHES.values())
_SHAPES: tuple[tuple[re.Pattern[str], tuple[IocType, ...]], ...] = tuple(
    (re.compile(pattern, re.ASCII), kinds)
    for pattern, kinds in (
        (r"cve[-_ ]?.*", (IocType.CVE, IocType.DOMAIN, IocType.URL)),
        (r"ta?\d[\d.]*", (IocType.TECHNIQUE, IocType.DOMAIN, IocType.URL)),
        (r"[\d.]+(/\d*)?", (IocType.IPV4, IocType.URL, IocType.DOMAIN)),
        (r"[0-9a-f]{12,}", (*_HASHES, IocType.DOMAIN)),
        (r"[^/@]*:[^/@]*:.*", (IocType.IPV6,)),
        (r"[^/]*@[^/]*", (IocType.EMAIL, IocType.URL)),
        (r".*[/?:].*", (IocType.URL,)),
        (r"[0-9a-f]+", (*_HASHES, IocType.DOMAIN, IocType.URL)),
    )
)
_OTHER = (IocType.DOMAIN, IocType.URL, IocType.EMAIL)


class Stories(Articles, Protocol):
    """The articles, and what stands in them."""

    def get_many(self, identifiers: Sequence[str]) -> dict[str, Stored]:
        """Give those of some articles that are there."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Where IOCs are looked for."""

    iocs: Records
    rows: RowLog
    articles: Stories


@dataclass(frozen=True, slots=True)
class Match:
    """An IOC that was found, how, and how alike it is to what was asked, 0 to 1."""

    ioc: Ioc
    how: str
    likeness: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, as the API shows IOCs."""

    matches: list[Document]
    related: list[Document]


class Search:
    """Searches IOCs."""

    def __init__(self, stores: Stores, origins: Mapping[str, Origin]) -> None:
        """Take the sources by their ids; nothing is read yet."""
        self._stores = stores
        self._origins = origins

    def find(
        self, text: str, kind: IocType | None, limit: int, *, related: bool
    ) -> Found:
        """Find IOCs by a text, best first, and those that are related to the first."""
        matches = self._exact(text, kind) or self._alike(text, kind, limit)
        around: list[Document] = []
        if related and matches:
            around = self._related(matches[0].ioc, {one.ioc.key for one in matches})
        return Found([self._shown(one) for one in matches], around)

    def _exact(self, text: str, kind: IocType | None) -> list[Match]:
        read = read_value(text, kind)
        if isinstance(read, Refused):
            return []
        kept = self._stores.iocs.get_many([read.key]).get(read.key)
        return [Match(kept.ioc, EXACT, 1.0)] if kept else []

    def _alike(self, text: str, kind: IocType | None, limit: int) -> list[Match]:
        plain = "" if is_knotted(text) else shown(text)
        if len(plain) < SHORTEST_QUERY:
            return []
        keys: dict[bytes, None] = {}
        for one in (kind,) if kind else kinds_of(plain):
            # A URL sorts by what follows its scheme.
            place = f"http://{plain}" if one is IocType.URL else plain
            near = self._stores.rows.near(one, place, max(2 * limit, _LEAST_NEAR))
            keys |= dict.fromkeys(near)
        kept = self._stores.iocs.get_many(list(keys)).values()
        found = [match for one in kept if (match := compared(one.ioc, plain))]
        found.sort(key=lambda one: (one.how != PREFIX, -one.likeness, one.ioc.value))
        return found[:limit]

    def _related(self, ioc: Ioc, known: set[bytes]) -> list[Document]:
        cards = self._stores.articles.mentioning(ioc.key, _MOST_STORIES)
        stories = self._stores.articles.get_many([card.id for card in cards])
        keys = dict.fromkeys(
            named.key
            for card in cards
            if card.id in stories
            for named in stories[card.id].iocs
            if named.key not in known
        )
        kept = self._stores.iocs.get_many(list(keys)[: 2 * MOST_RELATED])
        there = [
            kept[key].ioc for key in keys if key in kept and not kept[key].ioc.revoked
        ]
        if there:
            return [self._document(one) for one in there[:MOST_RELATED]]
        return self._relatives(ioc, known)

    def _relatives(self, ioc: Ioc, known: set[bytes]) -> list[Document]:
        """Give the newest IOCs of the same malware."""
        if not ioc.malware:
            return []
        families = tuple(name.casefold() for name in ioc.malware)
        end, most = self._stores.rows.end(), MOST_RELATED + len(known)
        listing = Listing(Filters(tags=families), 0, end, most, _ROOM)
        documents = [json.loads(row) for row in self._stores.rows.page(listing).rows]
        others = [one for one in documents if _key_of(one) not in known]
        return others[:MOST_RELATED]

    def _shown(self, match: Match) -> Document:
        likeness_told = {"match": match.how, "similarity": round(match.likeness, 2)}
        return self._document(match.ioc) | likeness_told

    def _document(self, ioc: Ioc) -> Document:
        return to_document(row_of(ioc, self._origins))


def shown(text: str) -> str:
    """Write a text as values are searched: made whole, in lower case, no scheme."""
    plain = values.refang(text).casefold()
    return plain.partition("://")[2] or plain


def kinds_of(plain: str) -> Iterable[IocType]:
    """Name the types that a text may be the beginning of."""
    for shape, kinds in _SHAPES:
        if shape.fullmatch(plain):
            return kinds
    return _OTHER


def compared(ioc: Ioc, plain: str) -> Match | None:
    """Compare an IOC with a text; None where it is gone or not alike."""
    if ioc.revoked:
        return None
    value = search_text(ioc.type, ioc.value)
    alike = likeness(plain, value)
    if value.startswith(plain):
        return Match(ioc, PREFIX, alike)
    if len(plain) < SHORTEST or alike < LEAST:
        return None
    return Match(ioc, FUZZY, alike)


def _key_of(document: Document) -> bytes:
    return key_of(IocType(document["type"]), document["value"])
