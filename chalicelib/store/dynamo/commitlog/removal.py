"""Taking versions of an object out of a log: the bytes really go."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.core.log.chains import chains_of
from chalicelib.core.log.entry import (
    CardVersion,
    Standing,
    all_facets,
    is_replaced,
    standings,
)
from chalicelib.core.log.head import Head
from chalicelib.core.log.query import Query
from chalicelib.core.ports import Clock
from chalicelib.errors import NotFound
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.client import Contended
from chalicelib.store.dynamo.commitlog.heads import read_head, replace_head
from chalicelib.store.dynamo.commitlog.pairs import (
    Gap,
    Pair,
    pair_at,
    standing_anew,
    with_entries,
    write_pair,
)
from chalicelib.store.dynamo.commitlog.writers import Patience
from chalicelib.store.dynamo.conditions import when_same
from chalicelib.store.dynamo.items import codec
from chalicelib.store.dynamo.items.codec import Card
from chalicelib.store.dynamo.items.segment import Stored
from chalicelib.store.dynamo.table import MOST_ACTIONS, Table

_AT_ONCE = 8
"""Versions that one transaction removes: each may lie in a segment of its own."""

_HEAVIEST = 2_500_000
"""Packed bytes of the segments that one transaction writes anew."""


@dataclass(frozen=True, slots=True)
class Remover:
    """Removes versions of objects from logs."""

    table: Table
    clock: Clock

    def remove(
        self, collection: str, object_id: str, query: Query, deadline: float
    ) -> int:
        """Remove the versions that a query names; tell how many.

        Raises NotFound when there are none, and Unavailable at the deadline
        (monotonic seconds). The oldest go first, so that a version never comes
        back while later ones are being removed.
        """
        chosen: set[int] | None = None
        removed = 0
        patience = Patience(self.clock, deadline)
        while chosen is None or chosen:
            try:
                head, _ = read_head(self.table, collection)
                card = self._card(collection, object_id)
                if chosen is None:
                    chosen = _chosen(card, query)
                gone = self._step(head, object_id, card, chosen)
                if not gone:
                    break
                removed += len(gone)
                chosen -= gone
            except NotFound:
                if not removed:
                    raise
                # Somebody else has removed the rest.
                break
            except (Contended, Gap):
                patience.wait()
        return removed

    def _card(self, collection: str, object_id: str) -> Card:
        key = schema.card(collection, object_id)
        item = self.table.get(key).item if schema.is_name(object_id) else None
        if item is None:
            raise NotFound("there is no such object in this collection")
        return codec.item_to_card(item)

    def _step(
        self, head: Head, object_id: str, card: Card, chosen: set[int]
    ) -> set[int]:
        """Remove the first of the chosen, as many as one transaction can."""
        gone = [v for v in card.versions if v.date_added in chosen][:_AT_ONCE]
        if not gone:
            return set()
        actions = self._actions(head, object_id, card, gone)
        while len(gone) > 1 and not _is_possible(actions):
            gone = gone[: len(gone) // 2]
            actions = self._actions(head, object_id, card, gone)
        self.table.transact(actions, uuid.uuid4().hex)
        return {version.date_added for version in gone}

    def _actions(
        self, head: Head, object_id: str, card: Card, gone: Sequence[CardVersion]
    ) -> list[dict[str, Any]]:
        dates = {version.date_added for version in gone}
        left = [v for v in card.versions if v.date_added not in dates]
        before, after = standings(card.versions), standings(left)
        moved = {date: now for date, now in after.items() if now != before[date]}
        pairs = self._pairs(head.id, sorted(dates | moved.keys()))
        next_head = self._next(head, gone)
        actions = [
            replace_head(self.table, head, next_head),
            self._card_action(head.id, object_id, card, left),
            *self._mark_actions(head, dates | moved.keys()),
        ]
        for pair in pairs:
            edited = _edit(pair, dates, moved)
            actions += write_pair(self.table, head.id, edited, next_head.revision)
            actions += self._chunk_actions(head.id, pair, dates)
        return actions

    def _pairs(self, collection: str, dates: Sequence[int]) -> list[Pair]:
        pairs: list[Pair] = []
        for date in dates:
            if pairs and date <= pairs[-1].segment.last:
                continue
            pair = pair_at(self.table, collection, date)
            if pair is None:
                raise Gap
            pairs.append(pair)
        return pairs

    def _next(self, head: Head, gone: Sequence[CardVersion]) -> Head:
        fewer = Counter(
            name
            for version in gone
            for name in chains_of(all_facets(version), head.chains)
        )
        chains = {
            name: chain._replace(entries=chain.entries - fewer[name])
            for name, chain in head.chains.items()
        }
        return head.grown(entries=-len(gone), last=head.last, chains=chains)

    def _card_action(
        self, collection: str, object_id: str, card: Card, left: Sequence[CardVersion]
    ) -> dict[str, Any]:
        unchanged = when_same(v=card.seen)
        if left:
            item = codec.card_to_item(collection, object_id, left)
            return self.table.put_action(item, **unchanged)
        key = schema.card(collection, object_id)
        return self.table.delete_action(key, **unchanged)

    def _mark_actions(self, head: Head, dates: set[int]) -> Iterator[dict[str, Any]]:
        # What the segment says is true again once it is written anew.
        for date in sorted(dates):
            if date <= head.marked:
                place = schema.place(date)
                yield self.table.delete_action(schema.key(schema.marks(head.id), place))

    def _chunk_actions(
        self, collection: str, pair: Pair, dates: set[int]
    ) -> Iterator[dict[str, Any]]:
        for stored in pair.entries:
            entry = stored.entry
            if entry.date_added in dates:
                pk = schema.blob(collection, entry.date_added)
                for number in range(entry.chunks):
                    yield self.table.delete_action(schema.key(pk, schema.chunk(number)))


def _is_possible(actions: Sequence[dict[str, Any]]) -> bool:
    """Tell whether actions are few and small enough for one transaction."""
    puts = (action["Put"]["Item"] for action in actions if "Put" in action)
    size = sum(len(item["d"]["B"]) for item in puts if "B" in item.get("d", {}))
    return len(actions) <= MOST_ACTIONS and size <= _HEAVIEST


def _chosen(card: Card, query: Query) -> set[int]:
    now = standings(card.versions)
    chosen = {
        version.date_added
        for version in card.versions
        if query.takes_version(version, now[version.date_added])
    }
    if not chosen:
        raise NotFound("the object has no such version in this collection")
    return chosen


def _edit(pair: Pair, gone: set[int], moved: dict[int, Standing]) -> Pair:
    live = [one for one in pair.live if one.entry.date_added not in gone]
    past: list[Stored] = []
    for one in standing_anew(pair.past, moved):
        if one.entry.date_added in gone:
            continue
        # The latest version that is left belongs among the live ones again.
        back = not is_replaced(one.entry.spec_version, one.entry.standing)
        (live if back else past).append(one)
    return with_entries(pair, standing_anew(live, moved), past)
