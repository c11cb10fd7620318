"""Segments with their histories, opened to be read or written anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.core.log.entry import Standing
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.conditions import when_same
from chalicelib.store.dynamo.items import codec, segment
from chalicelib.store.dynamo.items.codec import History, Segment
from chalicelib.store.dynamo.items.segment import Stored
from chalicelib.store.dynamo.table import Table


class Gap(Exception):
    """What is read does not go together: a write is only half visible yet."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The entries of a segment and those that compaction moved out of it.

    `past_size` is the packed size in bytes of the latter, as they were read.
    """

    segment: Segment
    live: tuple[Stored, ...]
    past: tuple[Stored, ...] = ()
    past_size: int = 0

    @property
    def entries(self) -> list[Stored]:
        """All entries, oldest first."""
        return sorted(self.live + self.past, key=lambda stored: stored.entry.date_added)


def open_pairs(
    table: Table, collection: str, segments: Sequence[Segment]
) -> list[Pair]:
    """Read the histories of segments. Raises Gap where one does not fit."""
    keys = [
        schema.key(schema.history(collection), schema.place(one.last))
        for one in segments
        if one.history
    ]
    items = table.get_many(keys) if keys else []
    histories = {item.last: item for item in map(codec.item_to_history, items)}
    return [_open(one, histories.get(one.last)) for one in segments]


def pair_at(table: Table, collection: str, date_added: int) -> Pair | None:
    """Read the pair that holds a position, if there is one so far."""
    item = table.first(schema.log(collection), since=schema.place(date_added))
    if item is None:
        return None
    found = codec.item_to_segment(item)
    if found.previous >= date_added:
        return None
    return open_pairs(table, collection, [found])[0]


def marks_between(
    table: Table, collection: str, after: int, until: int
) -> dict[int, Standing]:
    """Read the marks on the entries of a range."""
    items = table.query_all(
        schema.marks(collection),
        after=schema.place(after),
        until=schema.place(until),
    )
    return dict(map(codec.item_to_mark, items))


def standing_anew(
    stored: Sequence[Stored], standing: Mapping[int, Standing]
) -> tuple[Stored, ...]:
    """Write into entries how they stand now."""
    return tuple(
        one._replace(
            entry=one.entry._replace(
                standing=standing.get(one.entry.date_added, one.entry.standing)
            )
        )
        for one in stored
    )


def write_pair(
    table: Table, collection: str, pair: Pair, generation: int
) -> Iterator[dict[str, Any]]:
    """Make the actions that write a pair over the one with the same place."""
    before = pair.segment
    written = before._replace(
        generation=generation,
        history=generation if pair.past else 0,
        size=len(pair.live),
        packed=segment.pack(pair.live),
    )
    unchanged = when_same(g={"N": str(before.generation)})
    yield table.put_action(codec.segment_to_item(collection, written), **unchanged)
    if pair.past:
        past = History(before.last, generation, len(pair.past), segment.pack(pair.past))
        yield table.put_action(codec.history_to_item(collection, past))
    elif before.history:
        yield remove_history(table, collection, before)


def remove_history(table: Table, collection: str, of: Segment) -> dict[str, Any]:
    """Make the action that removes the history of a segment."""
    place = schema.place(of.last)
    return table.delete_action(schema.key(schema.history(collection), place))


def with_entries(pair: Pair, live: Sequence[Stored], past: Sequence[Stored]) -> Pair:
    """Give a pair with other entries, in order."""
    return replace(pair, live=_ordered(live), past=_ordered(past))


def _ordered(stored: Sequence[Stored]) -> tuple[Stored, ...]:
    return tuple(sorted(stored, key=lambda one: one.entry.date_added))


def _open(one: Segment, history: History | None) -> Pair:
    live = tuple(segment.unpack(one.packed))
    if not one.history:
        return Pair(one, live)
    if history is None or history.generation != one.history:
        raise Gap
    past = tuple(segment.unpack(history.packed))
    return Pair(one, live, past, len(history.packed))
