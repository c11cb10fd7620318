"""What of the IOC log is asked for, and the page that answers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists.row import Row

SHORTEST_QUERY = 2
"""Characters of a text that is searched: values are kept by as many."""

Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters that must all hold; of several words one suffices, () is any.

    `tags` are in lower case, `sources` ids of sources.
    """

    types: tuple[IocType, ...] = ()
    categories: Texts = ()
    confidences: Texts = ()
    sources: Texts = ()
    tags: Texts = ()
    industries: Texts = ()

    def takes(self, row: Row) -> bool:
        """Tell whether a row is asked for."""
        return all(
            not wanted or not there.isdisjoint(wanted)
            for wanted, there in (
                (self.types, {row.type}),
                (self.categories, {row.category}),
                (self.confidences, {row.confidence}),
                (self.sources, set(row.sources)),
                (self.tags, labels_of(row)),
                (self.industries, set(row.industries)),
            )
        )


class Listing(NamedTuple):
    """A page to be read.

    What was published behind `after` up to and with `until` (positions, in
    microseconds), `limit` rows of at most `room` bytes inside a JSON string.
    """

    filters: Filters
    after: int
    until: int
    limit: int
    room: int
    newest_first: bool = True


class RowPage(NamedTuple):
    """Rows as they were written, in order.

    `positions` has one for each. `more` tells that there may be further ones
    beyond `place`: a filter that matches little gives short pages, even empty ones.
    `end` is where the log ended then.
    """

    rows: list[bytes]
    positions: list[int]
    place: int
    more: bool
    end: int


class RowLog(Protocol):
    """The IOCs in the order in which consumers saw them change."""

    def end(self) -> int:
        """Tell the position of the newest row, 0 where there is none."""

    def page(self, listing: Listing) -> RowPage:
        """Read a page of active IOCs."""

    def near(self, kind: IocType, text: str, most: int) -> list[bytes]:
        """Find the keys of IOCs whose text sorts next to a text, both sides.

        The text of a value is `search_text`.
        """


def labels_of(row: Row) -> set[str]:
    """Name all that `tag` finds: tags and families, in lower case."""
    return {one.casefold() for one in (*row.tags, *row.malware)}


def search_text(kind: IocType, value: str) -> str:
    """Give what of a value people remember: a URL without its scheme."""
    text = value.casefold()
    return text.partition("://")[2] if kind is IocType.URL else text
