"""Query parameters of TAXII 2.1 (section 3.4), from text to a query.

Unknown parameters and match fields are let pass: real clients send some.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.core import instants
from chalicelib.core.log.cursor import Cursor, decode, encode
from chalicelib.core.log.query import Query, Versions
from chalicelib.core.ports import PageRequest
from chalicelib.errors import InvalidRequest

DEFAULT_LIMIT = 1_000
MOST = 10_000
"""Items of one page, whatever is asked for."""

ROOM = 5_000_000
"""Bytes of objects in one page, as they are inside a JSON string: a Lambda
answer has at most 6 MB."""

_KNOWN = (
    "added_after",
    "limit",
    "next",
    "match[id]",
    "match[type]",
    "match[version]",
    "match[spec_version]",
)
_LIMIT = re.compile(r"\d+", re.ASCII)
_KEYWORDS = {"all", "first", "last"}
_MOST_DIGITS = 18

Parameters = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a page is asked for with, a cursor included.

    `position` is what the next page comes behind; `added_after` and `limit`
    are kept apart to be written into the next cursor. `since` is what the
    caller's look-back has made of `added_after` (0: nothing), and `most` the
    most items of a page.
    """

    query: Query
    position: int
    added_after: int
    limit: int | None
    since: int = 0
    most: int = MOST

    def within(self, earliest: int, most: int | None) -> Filters:
        """Keep to what a caller may see: from when on, how many items at once.

        The cursor keeps what was asked for: another tier may see more of it.
        """
        return replace(
            self,
            position=max(self.position, earliest),
            since=max(self.added_after, earliest) if earliest else 0,
            most=min(most or MOST, MOST),
        )

    def request(self, *, room: int = ROOM) -> PageRequest:
        """Say what to read."""
        limit = min(self.limit or DEFAULT_LIMIT, self.most)
        return PageRequest(self.position, limit, room, self.query)

    def next(self, position: int, collection: str) -> str:
        """Write the cursor that goes on behind a position."""
        cursor = Cursor(
            position=position,
            collection=collection,
            added_after=self.added_after,
            limit=self.limit,
            query=self.query,
        )
        return encode(cursor)


def read_filters(
    parameters: Parameters, collection: str, *, object_id: str | None = None
) -> Filters:
    """Read the parameters of a request for a page. Raises InvalidRequest.

    A cursor and other parameters together both hold: OpenCTI sends the one of
    its last run with a new `added_after`. The cursor of another collection
    says nothing here.
    """
    given = {name: _once(parameters, name) for name in _KNOWN}
    query = _to_query(given)
    if object_id is not None:
        query = replace(query, ids=frozenset({object_id}))
    added_after = _to_instant(given["added_after"])
    limit = _to_limit(given["limit"])
    cursor = decode(given["next"], collection) if given["next"] else None
    if cursor is None:
        return Filters(query, added_after, added_after, limit)
    return Filters(
        query=query.narrow(cursor.query),
        position=max(cursor.position, added_after, cursor.added_after),
        added_after=max(added_after, cursor.added_after),
        limit=limit or cursor.limit,
    )


def read_selection(parameters: Parameters) -> Query:
    """Read which versions of an object a request is about."""
    names = ("match[version]", "match[spec_version]")
    return _to_query({name: _once(parameters, name) for name in names})


def _to_query(given: Mapping[str, str | None]) -> Query:
    versions = given.get("match[version]")
    return Query(
        ids=_to_texts(given.get("match[id]")),
        types=_to_texts(given.get("match[type]")),
        spec_versions=_to_texts(given.get("match[spec_version]")),
        versions=(_to_versions(versions),) if versions else (),
    )


def _once(parameters: Parameters, name: str) -> str | None:
    values = parameters.get(name) or ()
    if len(values) > 1:
        raise _invalid(name, f"`{name}` may be given once")
    return values[0] if values else None


def _to_texts(value: str | None) -> frozenset[str] | None:
    texts = frozenset(part.strip() for part in (value or "").split(",")) - {""}
    return texts or None


def _to_versions(value: str) -> Versions:
    words = [part.strip() for part in value.split(",")]
    keywords = [word for word in words if word in _KEYWORDS]
    if len(set(keywords)) < len(keywords):
        raise _invalid("match[version]", "a keyword may be given once")
    if "all" in keywords and len(words) > 1:
        raise _invalid("match[version]", "`all` stands alone")
    try:
        exact = frozenset(
            instants.to_canonical(word) for word in words if word not in _KEYWORDS
        )
    except (ValueError, OverflowError):
        raise _invalid(
            "match[version]", "a version is all, first, last or an RFC 3339 timestamp"
        ) from None
    return Versions(
        every="all" in keywords,
        first="first" in keywords,
        last="last" in keywords,
        exact=exact,
    )


def _to_instant(value: str | None) -> int:
    if not value:
        return 0
    try:
        return max(instants.to_microseconds(value), 0)
    except (ValueError, OverflowError):
        raise _invalid(
            "added_after",
            "`added_after` must be a timestamp such as 2026-01-31T12:00:00.000000Z",
        ) from None


def _to_limit(value: str | None) -> int | None:
    if value is None:
        return None
    if not _LIMIT.fullmatch(value) or not value.strip("0"):
        raise _invalid("limit", "`limit` must be a whole number of 1 or more")
    # A number of any length is allowed, and more than there will ever be.
    return MOST if len(value.lstrip("0")) > _MOST_DIGITS else int(value)


def _invalid(field: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, details={"field": field})
