"""Reading pages of a log: filled under any filter, bounded in work and bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.core.log.entry import CardVersion, Standing, standings
from chalicelib.core.log.head import Head
from chalicelib.core.log.query import Query
from chalicelib.core.ports import Clock, LogPage, PageRequest
from chalicelib.errors import Unavailable
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.client import Contended
from chalicelib.store.dynamo.commitlog.heads import read_head, to_head
from chalicelib.store.dynamo.commitlog.pairs import (
    Gap,
    Pair,
    marks_between,
    open_pairs,
    pair_at,
)
from chalicelib.store.dynamo.commitlog.ranges import ranges
from chalicelib.store.dynamo.commitlog.walk import walk
from chalicelib.store.dynamo.items import codec, segment
from chalicelib.store.dynamo.items.codec import Segment
from chalicelib.store.dynamo.items.segment import Stored
from chalicelib.store.dynamo.schema import Item
from chalicelib.store.dynamo.table import MOST_GETS, Table

_TRIES = 6
_PAUSE = 0.005
_PATIENCE = 15.0


@dataclass(slots=True)
class _Basket:
    """A page being filled."""

    asked: PageRequest
    taken: list[Stored] = field(default_factory=list)
    weight: int = 0
    position: int = 0
    more: bool = False

    def offer(self, stored: Iterable[Stored], marks: Mapping[int, Standing]) -> None:
        """Take what is asked for until the page is full."""
        for one in stored:
            entry = one.entry
            if entry.date_added <= self.position:
                # Compaction may bring it again in a later segment.
                continue
            standing = marks.get(entry.date_added, entry.standing)
            if not self.asked.query.takes(entry, standing):
                self.position = entry.date_added
            elif not self.take(one):
                return

    def take(self, stored: Stored) -> bool:
        """Take an entry that is asked for; False where the page is full."""
        taken, asked, entry = self.taken, self.asked, stored.entry
        weight = self.weight + entry.weight
        too_heavy = weight > asked.room > 0 and taken
        if too_heavy or len(taken) >= asked.limit:
            self.more = True
            return False
        taken.append(stored)
        self.weight = weight
        self.position = entry.date_added
        return True


@dataclass(frozen=True, slots=True)
class PageReader:
    """Reads pages of logs."""

    table: Table
    clock: Clock

    def page(self, head: Head, asked: PageRequest) -> LogPage:
        """Read a page, oldest entries first.

        Raises NotFound when the collection goes away meanwhile; Unavailable when
        a filter matches so little that the search takes too long, and when the
        objects that are named are changed all the while.
        """
        # A time before 1970 is no position in the chain of segments.
        asked = asked._replace(after=max(asked.after, 0))
        pause = _PAUSE
        for _ in range(_TRIES):
            basket = _Basket(asked, position=asked.after)
            try:
                known = self._fill_to_gap(basket, head)
                return self._to_page(basket, head, known)
            except (Gap, Contended):
                self.clock.sleep(pause * (1 + self.clock.chance()))
                pause *= 2
                head, _ = read_head(self.table, head.id)
        if asked.query.ids is None:
            return LogPage([], [], asked.after, more=False)
        raise Unavailable(
            "the objects are being changed: try again in a moment",
            headers={"Retry-After": "1"},
        )

    def versions(
        self, head: Head, object_id: str
    ) -> list[tuple[CardVersion, Standing]]:
        """List the versions of one object in the order they were added."""
        if not schema.is_name(object_id):
            return []
        reading = self.table.get(schema.card(head.id, object_id))
        return _with_standing(codec.item_to_card(reading.item).versions)

    def _fill_to_gap(self, basket: _Basket, head: Head) -> int:
        try:
            return self._fill(basket, head)
        except Gap:
            # What lies before the hole is whole; the rest comes next time.
            if not basket.taken:
                raise
            basket.more = True
            return len(basket.taken)

    def _fill(self, basket: _Basket, head: Head) -> int:
        if basket.asked.query.ids is not None:
            return self._fill_by_cards(basket, head)
        self._fill_by_walking(basket, head)
        return 0

    def _fill_by_walking(self, basket: _Basket, head: Head) -> None:
        asked = basket.asked
        give_up = self.clock.monotonic() + _PATIENCE
        batches = walk(
            self.table, head, asked.after, asked.query.facets(), asked.limit + 1
        )
        for batch in batches:
            marks = self._marks(head, batch)
            for pair in self._pairs(head, batch, asked.query):
                basket.offer(pair.entries if pair.past else pair.live, marks)
                if basket.more:
                    return
                basket.position = max(basket.position, pair.segment.last)
            if self.clock.monotonic() > give_up:
                if basket.taken:
                    basket.more = True
                    return
                raise Unavailable(
                    "the filter matches too little of too much: narrow it, by "
                    "match[id], match[type] or added_after"
                )
        basket.position = max(basket.position, head.last)

    def _pairs(
        self, head: Head, batch: Sequence[Segment], query: Query
    ) -> Iterator[Pair]:
        if query.wants_history and any(one.history for one in batch):
            yield from open_pairs(self.table, head.id, batch)
            return
        for one in batch:
            yield Pair(one, tuple(segment.unpack(one.packed)))

    def _marks(self, head: Head, batch: Sequence[Segment]) -> dict[int, Standing]:
        marks: dict[int, Standing] = {}
        for after, until in ranges(batch):
            if after < head.marked:
                marks |= marks_between(self.table, head.id, after, until)
        return marks

    def _fill_by_cards(self, basket: _Basket, head: Head) -> int:
        asked = basket.asked
        any_time = replace(asked.query, types=None, spec_versions=None)
        cards, until = self._cards(
            head, sorted(filter(schema.is_name, asked.query.ids or ()))
        )
        versions = [version for card in cards for version in _with_standing(card)]
        known = sum(any_time.takes_version(*one) for one in versions)
        wanted = sorted(
            version.date_added
            for version, standing in versions
            if asked.after < version.date_added <= until
            and asked.query.takes_version(version, standing)
        )
        self._fetch(basket, head, wanted)
        if not basket.more:
            basket.position = max(basket.position, until)
        return known

    def _cards(
        self, head: Head, ids: Sequence[str]
    ) -> tuple[Sequence[Sequence[CardVersion]], int]:
        """Read cards, and until which position they tell all."""
        items: list[Item | None]
        if len(ids) > MOST_GETS:
            # Later cards may tell of more than the first: the end of the log, as
            # it was with the first, is how far they all go.
            first, *items = self._together(head, ids[: MOST_GETS - 1], with_head=True)
            for start in range(MOST_GETS - 1, len(ids), MOST_GETS):
                items += self._together(head, ids[start : start + MOST_GETS])
            cards = [codec.item_to_card(item).versions for item in items]
            return cards, to_head(first).last
        items = self._together(head, ids)
        cards = [codec.item_to_card(item).versions for item in items]
        dates = [version.date_added for card in cards for version in card]
        return cards, max(dates, default=0)

    def _together(
        self, head: Head, ids: Sequence[str], *, with_head: bool = False
    ) -> list[Item | None]:
        keys = [schema.key(schema.head(head.id))] if with_head else []
        keys += [schema.card(head.id, identifier) for identifier in ids]
        if len(keys) == 1:
            return [self.table.get(keys[0]).item]
        # Cards are no chain: read one by one, a later entry could be seen while
        # an earlier one is not yet.
        return self.table.get_together(keys) if keys else []

    def _fetch(self, basket: _Basket, head: Head, dates: Sequence[int]) -> None:
        wanted = set(dates)
        covered = 0
        for date in dates:
            if date <= covered:
                continue
            pair = pair_at(self.table, head.id, date)
            if pair is None:
                # The card is visible and the segment is not yet.
                raise Gap
            covered = pair.segment.last
            # The cards have told which versions are asked for.
            chosen = [one for one in pair.entries if one.entry.date_added in wanted]
            wanted -= {one.entry.date_added for one in chosen}
            for one in chosen:
                if not basket.take(one):
                    return

    def _to_page(self, basket: _Basket, head: Head, known: int) -> LogPage:
        taken = basket.taken
        data = [self._data(head, one) for one in taken] if basket.asked.room else []
        return LogPage(
            [one.entry for one in taken], data, basket.position, basket.more, known
        )

    def _data(self, head: Head, stored: Stored) -> bytes:
        entry = stored.entry
        if not entry.chunks:
            return stored.data
        items = self.table.query_all(schema.blob(head.id, entry.date_added))
        if len(items) != entry.chunks:
            raise Gap
        return segment.from_chunks(map(codec.item_to_chunk, items))


def _with_standing(
    versions: Sequence[CardVersion],
) -> list[tuple[CardVersion, Standing]]:
    now = standings(versions)
    ordered = sorted(versions, key=lambda version: version.date_added)
    return [(version, now[version.date_added]) for version in ordered]
