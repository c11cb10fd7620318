"""Lists of articles, and one article: what was asked for, as far back as one may."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from chalicelib.core import instants
from chalicelib.core.articles.ports import ArticleStore
from chalicelib.core.articles.query import ArticleQuery
from chalicelib.core.articles.stored import Card, Stored, place_of
from chalicelib.errors import ArticleNotFound, InvalidRequest, LookbackExceeded

MOST_RANKED = 2_000
"""Articles that are sorted by their severity: all of a window, or none."""

_STEP = 1_000
_TOGETHER = 25
_TENTHS = 10
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class Place(NamedTuple):
    """Where a list goes on: behind the article at `at`, "" at the beginning.

    `number` is how many articles are still to be passed over; in a list by
    severity it is the severity of that article, in tenths.
    """

    number: int = 0
    at: str = ""


class Listed(NamedTuple):
    """Some of a list; `place` is None at its end, `total` known if it is short."""

    cards: list[Card]
    place: Place | None
    total: int | None = None


def newest(
    store: ArticleStore, query: ArticleQuery, place: Place, limit: int
) -> Listed:
    """List what was published or modified last."""
    passed = place.number
    found = store.page(query, place.at, passed + limit)
    left = max(passed - len(found.cards), 0)
    known = not found.more and not place.at
    return Listed(
        found.cards[passed:],
        Place(left, found.place) if found.more else None,
        len(found.cards) if known else None,
    )


def gravest(
    store: ArticleStore, query: ArticleQuery, place: Place, limit: int
) -> Listed:
    """List the gravest first, of equally grave ones the newest.

    Raises InvalidRequest where there are too many to be sorted.
    """
    ranked = sorted(_window(store, query), key=lambda card: _rank(card, query))
    ranked.reverse()
    rest = ranked
    if place.at:
        rest = [card for card in ranked if _rank(card, query) < place]
    rest = rest[0 if place.at else place.number :]
    some = rest[:limit]
    more = len(rest) > limit
    return Listed(some, behind(some[-1], query) if more else None, len(ranked))


def behind(card: Card, query: ArticleQuery, *, ranked: bool = True) -> Place:
    """Give the place behind an article."""
    return _rank(card, query) if ranked else Place(0, place_of(card, query.order))


def whole(store: ArticleStore, cards: Sequence[Card]) -> Iterator[Stored]:
    """Give articles with their IOCs, reading some of them at a time."""
    rest = iter(cards)
    while some := list(islice(rest, _TOGETHER)):
        there = store.get_many([card.id for card in some])
        for card in some:
            # Its IOCs are gone if the article has expired since the list was read.
            yield Stored(card, there[card.id].iocs if card.id in there else ())


def find(store: ArticleStore, identifier: str, earliest: int) -> Stored:
    """Give one article that was published since `earliest`.

    Raises InvalidRequest, ArticleNotFound and LookbackExceeded.
    """
    if not _ID.fullmatch(identifier.lower()):
        raise InvalidRequest(
            "the id of an article is a UUID, such as "
            "0b4dd2ee-3a86-5d15-b3d0-4b6e8f4b5e0c",
            details={"field": "id"},
        )
    article = store.get(identifier.lower())
    if article is None:
        raise ArticleNotFound("there is no article with this id")
    if article.card.published < earliest:
        since = instants.to_text(earliest)
        raise LookbackExceeded(
            f"the article is older than this key's tier reaches: {since}",
            details={"since": since},
        )
    return article


def _window(store: ArticleStore, query: ArticleQuery) -> list[Card]:
    cards: list[Card] = []
    place = ""
    for _ in range(0, MOST_RANKED, _STEP):
        found = store.page(query, place, _STEP)
        cards += found.cards
        place = found.place
        if not found.more:
            return cards
    raise InvalidRequest(
        f"more than {MOST_RANKED:,} articles can't be sorted by severity: ask for "
        "fewer days by `since`, or narrow it by another filter",
        details={"field": "since"},
    )


def _rank(card: Card, query: ArticleQuery) -> Place:
    return Place(round(card.severity * _TENTHS), place_of(card, query.order))
