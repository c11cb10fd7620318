"""Walking a log, or the chains of some facets, without crossing a hole.

A transaction becomes visible item by item. Each segment and each link names
where its predecessor ends; a reader that has not come that far has a hole
before it, and stops (invariant 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from chalicelib.core.log.chains import chains_of
from chalicelib.core.log.head import Head
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.commitlog.pairs import Gap
from chalicelib.store.dynamo.items import codec
from chalicelib.store.dynamo.items.codec import FacetLink, Segment
from chalicelib.store.dynamo.table import MOST_GETS, Table

_MOST_SEGMENTS = 500


def walk(
    table: Table, head: Head, after: int, facets: frozenset[str] | None, wanted: int
) -> Iterator[list[Segment]]:
    """Walk from behind `after` to the end, by the shorter way.

    `wanted` is how many entries are likely to be needed. Raises Gap.
    """
    if after >= head.last:
        return iter(())
    if facets is not None:
        names = chains_of(facets, head.chains)
        there = sorted(
            name
            for name in names
            if name in head.chains and head.chains[name].last > after
        )
        led_to = sum(head.chains[name].entries for name in there)
        if led_to * 2 < head.entries:
            return _along_chains(table, head, after, there, wanted)
    return _along_log(table, head, after, wanted)


def _along_log(
    table: Table, head: Head, after: int, wanted: int
) -> Iterator[list[Segment]]:
    each = max(head.entries // max(head.segments, 1), 1)
    limit = min(wanted // each + 2, _MOST_SEGMENTS)
    position = after
    pages = table.query(schema.log(head.id), after=schema.place(after), limit=limit)
    for page in pages:
        batch: list[Segment] = []
        for one in map(codec.item_to_segment, page):
            if one.previous > position:
                yield batch
                raise Gap
            position = one.last
            batch.append(one)
        yield batch
    if position < head.last:
        raise Gap


def _along_chains(
    table: Table, head: Head, after: int, names: Iterable[str], wanted: int
) -> Iterator[list[Segment]]:
    links = _together([_links(table, head, name, after) for name in names])
    for group in _grouped(links, wanted):
        keys = [schema.key(schema.log(head.id), schema.place(last)) for last in group]
        found = {
            one.last: one for one in map(codec.item_to_segment, table.get_many(keys))
        }
        batch: list[Segment] = []
        for last, low in group.items():
            # A segment that begins later than its link says was written anew,
            # and what the link meant is not visible yet.
            if last not in found or found[last].previous > low:
                yield batch
                raise Gap
            batch.append(found[last])
        yield batch


def _links(table: Table, head: Head, name: str, after: int) -> Iterator[FacetLink]:
    position = after
    pages = table.query(
        schema.facet(head.id, name), after=schema.place(after), limit=MOST_GETS
    )
    for page in pages:
        for link in map(codec.item_to_link, page):
            if link.previous > position:
                raise Gap
            if link.last > head.last:
                # The other chains may not go as far as this one does by now.
                break
            position = link.last
            yield link
    if position < head.chains[name].last:
        raise Gap


def _together(chains: Iterable[Iterator[FacetLink]]) -> Iterator[FacetLink]:
    """Merge chains by position. Raises Gap where they do not go together."""
    waiting = [(link, chain) for chain in chains for link in islice(chain, 1)]
    while waiting:
        last = min(link.last for link, _ in waiting)
        # A link that compaction has moved on means entries from before here.
        if any(link.low < last < link.last for link, _ in waiting):
            raise Gap
        yield from (link for link, _ in waiting if link.last == last)
        waiting = [
            (following, chain)
            for link, chain in waiting
            for following in (islice(chain, 1) if link.last == last else (link,))
        ]


def _grouped(links: Iterator[FacetLink], wanted: int) -> Iterator[dict[int, int]]:
    group: dict[int, int] = {}
    entries = 0
    try:
        for link in links:
            if link.last not in group and (
                len(group) == MOST_GETS or entries >= wanted
            ):
                yield group
                group, entries = {}, 0
            group[link.last] = min(link.low, group.get(link.last, link.low))
            entries += link.entries
    except Gap:
        # What lies before the hole is whole.
        if group:
            yield group
        raise
    if group:
        yield group
