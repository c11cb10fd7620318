"""What articles need of storage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from chalicelib.core.articles.query import ArticleQuery
from chalicelib.core.articles.stored import Card, Stored


class ArticlePage(NamedTuple):
    """Articles in order, newest first; `place` is where reading has ended.

    `more` tells that there may be further ones behind it: a filter that matches
    little gives short pages, even empty ones.
    """

    cards: list[Card]
    place: str
    more: bool


class ArticleStore(Protocol):
    """Articles by their ids and in lists."""

    def save(self, article: Stored) -> bool:
        """Keep an article; tell whether anything of it was new.

        Repeated after a death it does what is left to do. Raises Unavailable.
        """

    def get(self, identifier: str) -> Stored | None:
        """Give an article."""

    def get_many(self, identifiers: Sequence[str]) -> dict[str, Stored]:
        """Give those of some articles that are there."""

    def page(self, query: ArticleQuery, place: str, limit: int) -> ArticlePage:
        """Read some of a list behind a place; "" is its beginning.

        It reads 1,000 articles at most, or as many as are asked for.
        """

    def mentioning(self, key: bytes, most: int) -> list[Card]:
        """Give the newest articles that mention a value, by its ten bytes."""
