"""Entries of a log and how the versions of one object stand to each other.

The log knows of no STIX: an entry is an id, a version, facets and bytes. A
`spec_version` groups versions: one object may be there as STIX 2.0 and 2.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chalicelib.core import instants

SPEC_FACET = "@"
"""First character of the facet that a STIX version is."""

USUAL_SPEC_VERSION = "2.1"
"""The STIX version that is no facet: nearly everything has it."""


class Standing(NamedTuple):
    """The STIX versions in which an object has later and earlier versions."""

    later: frozenset[str] = frozenset()
    earlier: frozenset[str] = frozenset()


ALONE = Standing()


class Entry(NamedTuple):
    """An entry of a log without its bytes.

    `date_added` in microseconds; `version` as written in the object; `weight`
    is the size of the bytes inside a JSON string, `chunks` the number of items
    that hold them when they do not fit into a segment.
    """

    date_added: int
    id: str
    version: str
    spec_version: str
    facets: tuple[str, ...]
    standing: Standing
    weight: int
    chunks: int = 0


class NewEntry(NamedTuple):
    """What is to be added: `version` None means that the log gives it one."""

    id: str
    version: str | None
    spec_version: str
    facets: tuple[str, ...]
    data: bytes


class CardVersion(NamedTuple):
    """A version of an object in a collection, as its card lists it.

    `given` is False where the log gave the version, so that the object can
    have no other.
    """

    date_added: int
    version: str
    spec_version: str
    facets: tuple[str, ...]
    given: bool = True


def all_facets(entry: NewEntry | Entry | CardVersion) -> tuple[str, ...]:
    """Name all the facets of an entry, an unusual STIX version among them."""
    if entry.spec_version == USUAL_SPEC_VERSION:
        return entry.facets
    return (*entry.facets, SPEC_FACET + entry.spec_version)


def is_replaced(spec_version: str, standing: Standing) -> bool:
    """Tell whether a later version of the same STIX version is there."""
    return spec_version in standing.later


def standings(versions: Sequence[CardVersion]) -> dict[int, Standing]:
    """Tell for each version (by `date_added`) what is later and earlier than it.

    Between two of its own STIX version it can be neither first nor last, and
    nothing more is told of it: so few versions stand otherwise after a change.
    """
    if len(versions) == 1:
        return {versions[0].date_added: ALONE}
    ordered = sorted(versions, key=_by_instant)
    result: dict[int, Standing] = {}
    before: frozenset[str] = frozenset()
    for version in ordered:
        result[version.date_added] = Standing(earlier=before)
        before |= {version.spec_version}
    after: frozenset[str] = frozenset()
    for version in reversed(ordered):
        result[version.date_added] = result[version.date_added]._replace(later=after)
        after |= {version.spec_version}
    return {
        version.date_added: _reduced(version.spec_version, result[version.date_added])
        for version in ordered
    }


def later_than(version: str, there: Sequence[CardVersion]) -> str | None:
    """Give the latest of the versions that are there, if it is later than one."""
    dated = ((instants.to_canonical(one.version), one.version) for one in there)
    latest = max(dated, default=None)
    if latest is None or latest[0] <= instants.to_canonical(version):
        return None
    return latest[1]


def _reduced(spec_version: str, standing: Standing) -> Standing:
    own = frozenset({spec_version})
    return Standing(own, own) if own <= standing.later & standing.earlier else standing


def newest_spec_version(spec_versions: Iterable[str]) -> str:
    """Give the highest of some STIX versions, by number."""
    return max(spec_versions, key=lambda text: tuple(map(int, text.split("."))))


def escaped_size(data: bytes) -> int:
    """Tell how many bytes UTF-8 JSON text takes inside a JSON string.

    A Lambda answer is JSON that holds the body as a string. Runtimes before
    Python 3.12 write every character beyond ASCII as six bytes (or twelve).
    """
    if data.isascii():
        # Each of these takes a backslash, DEL takes six characters.
        escapes = data.count(b'"') + data.count(b"\\")
        return len(data) + escapes + 5 * data.count(b"\x7f")
    return len(json.dumps(data.decode())) - 2


def _by_instant(version: CardVersion) -> tuple[str, int]:
    return instants.to_canonical(version.version), version.date_added
