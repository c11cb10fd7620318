"""Walking a log, or the chains of some facets, from its end towards its beginning.

Each segment and each link names the one before it. One that compaction has moved
on to a later segment serves as well; one that ends earlier means a hole. What
lies behind the hole is whole, and is given before Gap is raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import chain as joined
from typing import NamedTuple

from chalicelib.core import instants
from chalicelib.core.log.head import Head
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.commitlog.pairs import Gap
from chalicelib.store.dynamo.items import codec
from chalicelib.store.dynamo.items.codec import FacetLink, Segment
from chalicelib.store.dynamo.schema import Item
from chalicelib.store.dynamo.table import MOST_GETS, Table


class Stretch(NamedTuple):
    """The positions behind `after` up to and with `until`."""

    after: int
    until: int


def walk_back(
    table: Table,
    head: Head,
    stretch: Stretch,
    facets: frozenset[str] | None,
    wanted: int,
) -> Iterator[list[Segment]]:
    """Walk from the segment that holds the end of a stretch to that of its start.

    `wanted` is how many entries are likely to be needed. Raises Gap.
    """
    if facets is None:
        each = max(head.entries // max(head.segments, 1), 1)
        return _along_log(table, head, stretch, wanted // each + 1)
    chains = [
        _links(table, head, stretch, one) for one in sorted(facets & head.chains.keys())
    ]
    return _along_chains(table, head, stretch, _together(chains), wanted)


def _along_log(
    table: Table, head: Head, stretch: Stretch, limit: int
) -> Iterator[list[Segment]]:
    expected = min(stretch.until, head.last)
    if expected <= stretch.after:
        return
    for page in _pages(table, schema.log(head.id), head.last, stretch, limit):
        batch: list[Segment] = []
        for one in map(codec.item_to_segment, page):
            if one.last < expected:
                yield batch
                raise Gap
            # One that was merged since may still be seen, and reaches less far.
            expected = min(expected, one.previous)
            batch.append(one)
        yield batch
    if expected > stretch.after:
        raise Gap


def _along_chains(
    table: Table,
    head: Head,
    stretch: Stretch,
    links: Iterator[FacetLink],
    wanted: int,
) -> Iterator[list[Segment]]:
    group: list[FacetLink] = []
    entries = 0
    try:
        for link in links:
            if group and (entries >= wanted or len(group) == MOST_GETS):
                yield from _segments(table, head, group)
                group, entries = [], 0
            group.append(link)
            # Of what the first has, some may lie behind the stretch.
            entries += link.entries if link.last <= stretch.until else 0
    except Gap:
        yield from _segments(table, head, group)
        raise
    yield from _segments(table, head, group)


def _together(chains: Sequence[Iterator[FacetLink]]) -> Iterator[FacetLink]:
    """Merge chains, latest links first; a segment that several lead to comes once.

    A hole in one is raised before anything is given that lies before it.
    """
    waiting: FacetLink | None = None
    try:
        for link in merge(*chains, key=lambda link: -link.last):
            if waiting is not None and waiting.last == link.last:
                waiting = _joined(waiting, link)
                continue
            if waiting is not None:
                yield waiting
            waiting = link
    except Gap:
        if waiting is not None:
            yield waiting
        raise
    if waiting is not None:
        yield waiting


def _joined(one: FacetLink, other: FacetLink) -> FacetLink:
    low, entries = min(one.low, other.low), one.entries + other.entries
    return one._replace(low=low, entries=entries)


def _links(
    table: Table, head: Head, stretch: Stretch, facet: str
) -> Iterator[FacetLink]:
    last = head.chains[facet].last
    expected = min(stretch.until, last)
    if expected <= stretch.after:
        return
    pk = schema.facet(head.id, facet)
    for page in _pages(table, pk, last, stretch, MOST_GETS):
        for link in map(codec.item_to_link, page):
            if link.last < expected:
                raise Gap
            expected = min(expected, link.previous)
            if link.low < stretch.until:
                yield link
    if expected > stretch.after:
        raise Gap


def _pages(
    table: Table, pk: str, last: int, stretch: Stretch, limit: int
) -> Iterator[Sequence[Item]]:
    """Read a partition backward, from the item whose range holds the end.

    `last` is where the partition ends at least.
    """
    after = schema.place(stretch.after)
    if stretch.until >= last:
        end = schema.place(instants.LATEST)
        return table.query(pk, after=after, until=end, limit=limit, backward=True)
    # A range is named by its end, so the one that holds a position is the first
    # at or behind it.
    first = table.first(pk, since=schema.place(stretch.until))
    if first is None:
        raise Gap
    before = schema.place(int(first[schema.SK]["S"]) - 1)
    if before <= after:
        return iter(([first],))
    rest = table.query(pk, after=after, until=before, limit=limit, backward=True)
    return joined([[first]], rest)


def _segments(
    table: Table, head: Head, links: Sequence[FacetLink]
) -> Iterator[list[Segment]]:
    keys = [schema.key(schema.log(head.id), schema.place(link.last)) for link in links]
    found = {one.last: one for one in map(codec.item_to_segment, table.get_many(keys))}
    batch: list[Segment] = []
    for link in links:
        one = found.get(link.last)
        # A segment that begins later than its link says was written anew, and
        # what the link meant is not visible yet.
        if one is None or one.previous > link.low:
            yield batch
            raise Gap
        batch.append(one)
    yield batch
