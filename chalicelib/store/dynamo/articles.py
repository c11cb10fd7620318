"""The ArticleStore port: an item for each article, and a card in each of its lists.

A list is a partition of cards in the order of time, so that a page of any list is
one Query. The cards hold all but the IOCs: only those need the article itself.

An article and its cards are written by one transaction if they fit into one, else
by several. Each of them writes the article too, on the revision that the one before
it left, so that no two writers mix. All but the last leave in `w` which cards have
to go: who dies between them leaves an article that says so, and whoever saves it
next writes all its cards again.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

from chalicelib.core.articles.ports import ArticlePage
from chalicelib.core.articles.query import ArticleQuery
from chalicelib.core.articles.stored import (
    Card,
    Stored,
    changed,
    facets_of,
    mention,
    place_of,
)
from chalicelib.errors import Unavailable
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.client import Contended
from chalicelib.store.dynamo.conditions import when_absent, when_same
from chalicelib.store.dynamo.items import article_codec
from chalicelib.store.dynamo.schema import Item
from chalicelib.store.dynamo.table import MOST_ACTIONS, Table

MOST_READ = 1_000
"""Cards that a page reads at most, unless more are asked for."""

_FIRST_READ = 50
_TRIES = 5

_Spot = tuple[str, str]
"""A list, and the sort key of a card in it."""


class _Kept(NamedTuple):
    article: Stored
    revision: int
    # Cards that may be there and must not; None where nothing is left to do.
    waste: set[_Spot] | None


class DynamoArticles:
    """Articles in the table of objects."""

    def __init__(self, table: Table) -> None:
        """Read nothing yet."""
        self._table = table

    def save(self, article: Stored) -> bool:
        """Write what is new of an article; see above."""
        for _ in range(_TRIES):
            kept = self._kept(article.card.id)
            after = changed(kept.article, article) if kept else article
            if kept and kept.waste is None and after is kept.article:
                return False
            try:
                self._write(kept, after)
            except Contended:
                continue
            return True
        raise Unavailable(f"others keep changing the article {article.card.id}")

    def get(self, identifier: str) -> Stored | None:
        """Read one item."""
        kept = self._kept(identifier)
        return kept.article if kept else None

    def get_many(self, identifiers: Sequence[str]) -> dict[str, Stored]:
        """Read items, 100 at a time."""
        keys = [schema.key(schema.article(one)) for one in dict.fromkeys(identifiers)]
        found = [_to_kept(item).article for item in self._table.get_many(keys)]
        return {one.card.id: one for one in found}

    def page(self, query: ArticleQuery, place: str, limit: int) -> ArticlePage:
        """Read the lists that have what is asked for, the newest card first."""
        most = max(MOST_READ, limit)
        walks = [
            self._walk(name, place, query.earliest, limit) for name in query.walks()
        ]
        taken: list[Card] = []
        at, read = place, 0
        for one in merge(*walks, reverse=True):
            if one[0] == at:
                # The place itself, or what stands in several of the lists.
                continue
            if read == most or len(taken) == limit:
                return ArticlePage(taken, at, more=True)
            card = article_codec.text_to_card(one[1])
            at, read = one[0], read + 1
            if query.takes(card):
                taken.append(card)
        return ArticlePage(taken, at, more=False)

    def mentioning(self, key: bytes, most: int) -> list[Card]:
        """Query one list."""
        found = self._walk(mention(key), "", 0, most)
        return [article_codec.text_to_card(text) for _, text in islice(found, most)]

    def _walk(
        self, name: str, before: str, since: int, first: int
    ) -> Iterator[tuple[str, str]]:
        """Read sort keys and cards of a list from a place, included, to a time."""
        after = schema.place(max(since, 0))
        if before and before <= after:
            return
        pages = self._table.query(
            schema.articles(name),
            after=after,
            until=before or None,
            # One more tells that there are more, and one is the place itself.
            limit=min(max(first, 1), _FIRST_READ) + 2,
            backward=True,
        )
        for page in pages:
            for item in page:
                yield item[schema.SK]["S"], item["d"]["S"]

    def _kept(self, identifier: str) -> _Kept | None:
        item = self._table.get(schema.key(schema.article(identifier))).item
        return _to_kept(item) if item else None

    def _write(self, kept: _Kept | None, after: Stored) -> None:
        wanted = _spots(after)
        waste = (
            _spots(kept.article) | (kept.waste or set()) if kept else set()
        ) - wanted
        actions = [self._put(spot, after.card) for spot in sorted(wanted)]
        actions += [self._table.delete_action(_key(spot)) for spot in sorted(waste)]
        revision = kept.revision if kept else 0
        while actions:
            some, actions = actions[: MOST_ACTIONS - 1], actions[MOST_ACTIONS - 1 :]
            body = self._body(after, revision, waste if actions else None)
            self._table.transact([body, *some], uuid.uuid4().hex)
            revision += 1

    def _put(self, spot: _Spot, card: Card) -> dict[str, Any]:
        text = article_codec.card_to_text(card)
        return self._table.put_action({**_key(spot), "d": {"S": text}, **_ttl(card)})

    def _body(
        self, article: Stored, revision: int, waste: set[_Spot] | None
    ) -> dict[str, Any]:
        item: Item = {
            **schema.key(schema.article(article.card.id)),
            "r": {"N": str(revision + 1)},
            "d": {"S": article_codec.stored_to_text(article)},
            **_ttl(article.card),
        }
        if waste is not None:
            item["w"] = {"S": json.dumps(sorted(waste), separators=(",", ":"))}
        condition = when_same(r={"N": str(revision)}) if revision else when_absent()
        return self._table.put_action(item, **condition)


def _spots(article: Stored) -> set[_Spot]:
    card = article.card
    return {(name, place_of(card, order)) for name, order in facets_of(article)}


def _key(spot: _Spot) -> Item:
    return schema.key(schema.articles(spot[0]), spot[1])


def _ttl(card: Card) -> Item:
    return {schema.TTL: {"N": str(card.expires // 1_000_000)}}


def _to_kept(item: Item) -> _Kept:
    waste = None
    if "w" in item:
        waste = {(name, at) for name, at in json.loads(item["w"]["S"])}
    article = article_codec.text_to_stored(item["d"]["S"])
    return _Kept(article, int(item["r"]["N"]), waste)
