"""Reading pages of a log: filled under any filter, bounded in work and bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.core.entry import CardVersion, Standing, standings
from chalicelib.core.head import Head
from chalicelib.core.ports import Clock, LogPage, PageRequest
from chalicelib.core.query import Query
from chalicelib.errors import Unavailable
from chalicelib.store.dynamo import codec, schema, segment
from chalicelib.store.dynamo.codec import Segment
from chalicelib.store.dynamo.heads import read_head
from chalicelib.store.dynamo.pairs import Gap, Pair, marks_between, open_pairs, pair_at
from chalicelib.store.dynamo.segment import Stored
from chalicelib.store.dynamo.table import Table
from chalicelib.store.dynamo.walk import walk

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
        asked, query = self.asked, self.asked.query
        for one in stored:
            entry = one.entry
            if entry.date_added <= asked.after:
                continue
            standing = marks.get(entry.date_added, entry.standing)
            if not query.takes(entry, standing):
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

        Raises NotFound when the collection goes away meanwhile, Unavailable
        when a filter matches so little that the search takes too long.
        """
        pause = _PAUSE
        for _ in range(_TRIES):
            basket = _Basket(asked, position=asked.after)
            try:
                known = self._fill_to_gap(basket, head)
                return self._to_page(basket, head, known)
            except Gap:
                self.clock.sleep(pause * (1 + self.clock.chance()))
                pause *= 2
                head, _ = read_head(self.table, head.id)
        return LogPage([], [], asked.after, more=False)

    def versions(
        self, head: Head, object_id: str
    ) -> list[tuple[CardVersion, Standing]]:
        """List the versions of one object in the order they were added."""
        reading = self.table.get(schema.key(schema.card(head.id, object_id)))
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
        for after, until in _ranges(batch):
            if after < head.marked:
                marks |= marks_between(self.table, head.id, after, until)
        return marks

    def _fill_by_cards(self, basket: _Basket, head: Head) -> int:
        asked = basket.asked
        any_time = replace(asked.query, types=None, spec_versions=None)
        versions = [
            version
            for card in self._cards(head, asked.query.ids or ())
            for version in _with_standing(card)
        ]
        known = sum(any_time.takes_version(*one) for one in versions)
        wanted = sorted(
            version.date_added
            for version, standing in versions
            if version.date_added > asked.after
            and asked.query.takes_version(version, standing)
        )
        self._fetch(basket, head, wanted)
        if not basket.more:
            basket.position = max(basket.position, head.last)
        return known

    def _cards(self, head: Head, ids: Iterable[str]) -> Iterator[Sequence[CardVersion]]:
        keys = [schema.key(schema.card(head.id, identifier)) for identifier in ids]
        for item in self.table.get_many(keys):
            yield codec.item_to_card(item).versions

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


def _ranges(batch: Sequence[Segment]) -> Iterator[tuple[int, int]]:
    """Join the ranges of neighbouring segments."""
    start = end = None
    for one in batch:
        if end is None or start is None:
            start = one.previous
        elif one.previous > end:
            yield start, end
            start = one.previous
        end = one.last
    if start is not None and end is not None:
        yield start, end
