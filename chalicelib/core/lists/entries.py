"""Rows as entries of a log, and by which facets they are found.

A facet is a letter and a name, behind a sign that tells whether a chain leads to
its entries. What half of the log has needs none: confidence, and the category, of
which each source has one. Tags share 32 chains: an entry under one may have
another tag of the same number.
"""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

from chalicelib.core import instants
from chalicelib.core.iocs.ioc import IocType, key_of
from chalicelib.core.lists.listing import Filters, labels_of, search_text
from chalicelib.core.lists.row import Row, to_json
from chalicelib.core.log.chains import LOOSE, OWN
from chalicelib.core.log.entry import NewEntry

REVOKED = f"{LOOSE}x"
"""Facet of what is over: it has no other, so that no chain leads there."""

_LOOSE = "ck"
_NUMBERS = 32
_LONGEST = 200
_KEY = "#"


def to_entry(row: Row) -> NewEntry:
    """Make the entry of a row."""
    facets = (REVOKED,) if row.revoked else tuple(dict.fromkeys(_facets(row)))
    return NewEntry(
        id=id_of(row.type, row.value),
        version=instants.to_text(row.modified),
        spec_version="2.1",
        facets=facets,
        data=to_json(row),
    )


def id_of(kind: IocType, value: str) -> str:
    """Give the id of a value: its type, what sorts it, and its key."""
    return f"{kind}:{start_of(kind, value)}{key_of(kind, value).hex()}"


def place_of(kind: IocType, text: str) -> str:
    """Give what a value sorts by among those of its type."""
    shown = search_text(kind, text)[:_LONGEST]
    return "".join(one if one.isprintable() else "?" for one in shown)


def start_of(kind: IocType, text: str) -> str:
    """Give where in the order the ids of a text begin, behind their type."""
    return f"{place_of(kind, text)}{_KEY}"


def key_in(identifier: str) -> bytes:
    """Read the key of the record out of an id."""
    return bytes.fromhex(identifier.rpartition(_KEY)[2])


def facets_of(filters: Filters) -> list[frozenset[str]]:
    """Name for each filter the facets of which an entry must have one."""
    wanted = (
        {_facet("t", str(one)) for one in filters.types},
        {_facet("c", one) for one in filters.categories},
        {_facet("k", one) for one in filters.confidences},
        {_facet("s", one) for one in filters.sources},
        {_numbered(one) for one in filters.tags},
        {_facet("i", one) for one in filters.industries},
    )
    return [frozenset(one) for one in wanted if one]


def _facets(row: Row) -> Iterator[str]:
    yield _facet("t", str(row.type))
    yield _facet("c", row.category)
    yield _facet("k", row.confidence)
    for source in row.sources:
        yield _facet("s", source)
    for label in sorted(labels_of(row)):
        yield _numbered(label)
    for industry in row.industries:
        yield _facet("i", industry)


def _facet(letter: str, name: str) -> str:
    return f"{LOOSE if letter in _LOOSE else OWN}{letter}:{name}"


def _numbered(label: str) -> str:
    return _facet("g", str(crc32(label.encode()) % _NUMBERS))
