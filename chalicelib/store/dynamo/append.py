"""Adding to a log: drafts of one transaction each."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from chalicelib.core import instants
from chalicelib.core.entry import (
    CardVersion,
    Entry,
    NewEntry,
    Standing,
    all_facets,
    escaped_size,
    standings,
)
from chalicelib.core.head import Chain, Head
from chalicelib.core.ports import Clock, Placement, State
from chalicelib.errors import Unavailable
from chalicelib.store.dynamo import codec, schema, segment
from chalicelib.store.dynamo.chains import chain_of
from chalicelib.store.dynamo.codec import Card, FacetLink, Segment
from chalicelib.store.dynamo.heads import read_head, replace_head
from chalicelib.store.dynamo.segment import Stored
from chalicelib.store.dynamo.table import (
    MOST_ACTIONS,
    Contended,
    Table,
    when_absent,
    when_same,
)

FULL_SEGMENT = 200_000
"""Bytes of objects after which a segment is closed."""

LONGEST_SEGMENT = 300_000
"""Packed bytes of the largest object that lies in a segment; others in chunks."""

CHUNK = 390_000
"""Bytes of a chunk: an item has at most 400 KB."""

LARGEST_PACKED = 3_000_000
"""Compressed bytes of the largest object: what one transaction carries."""

HEAVIEST = 5_500_000
"""Bytes of the largest object inside a JSON string: one Lambda answer."""

MOST_VERSIONS = 2_000
"""Versions of one object: they all stand on one card."""

_BATCH = 96
_MILLISECOND = 1_000
_TRUSTED_SKEW = 5.0


class _Fresh(NamedTuple):
    """A new entry that a draft has taken."""

    new: NewEntry
    weight: int
    chunks: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Appender:
    """Adds entries to logs."""

    table: Table
    clock: Clock

    def append(
        self, collection: str, entries: Sequence[NewEntry], deadline: float
    ) -> Iterator[Placement]:
        """Add entries in order, a transaction at a time.

        Yields what became of each once that is settled. Raises NotFound, and
        Unavailable when the deadline (monotonic seconds) passes; what has been
        yielded stays.
        """
        done = 0
        while done < len(entries):
            if self.clock.monotonic() > deadline:
                raise Unavailable("there was no time left to add it: send it again")
            placed = self._commit(collection, entries[done : done + _BATCH], deadline)
            yield from placed
            done += len(placed)

    def _commit(
        self, collection: str, batch: Sequence[NewEntry], deadline: float
    ) -> list[Placement]:
        pause = 0.01
        while True:
            head, answered = read_head(self.table, collection)
            draft = _Draft(head, self._cards(collection, batch))
            draft.fill(batch)
            now = self._now(answered)
            try:
                placed, actions = draft.finish(self.table, now)
                if actions:
                    self.table.transact(actions, uuid.uuid4().hex)
            except Contended:
                wait = pause * (0.5 + self.clock.chance())
                if self.clock.monotonic() + wait > deadline:
                    raise Unavailable(
                        "too many writers at once: try again in a moment",
                        headers={"Retry-After": "2"},
                    ) from None
                self.clock.sleep(wait)
                pause = min(pause * 1.6, 0.5)
            else:
                return placed

    def _cards(self, collection: str, batch: Sequence[NewEntry]) -> dict[str, Card]:
        ids = dict.fromkeys(entry.id for entry in batch)
        keys = [schema.key(schema.card(collection, identifier)) for identifier in ids]
        return {
            codec.card_object(item): codec.item_to_card(item)
            for item in self.table.get_many(keys)
        }

    def _now(self, answered: float | None) -> int:
        # One writer's wrong clock must not push a collection into the future,
        # or every later date_added would have to follow it.
        now = self.clock.now()
        if answered is not None and abs(now / 1e6 - answered) > _TRUSTED_SKEW:
            return int(answered * 1_000_000)
        return now


class _Draft:
    """One transaction in the making: what fits of a batch into a segment."""

    def __init__(self, head: Head, cards: Mapping[str, Card]) -> None:
        self._head = head
        self._cards = cards
        self._chains: dict[str, Chain] = dict(head.chains)
        self._members: Counter[str] = Counter()
        self._fresh: list[_Fresh] = []
        self._mine: dict[str, list[int]] = {}
        self._answers: list[Placement | tuple[State, int]] = []
        # The head and the segment.
        self._actions = 2
        self._bytes = 0

    def fill(self, batch: Sequence[NewEntry]) -> None:
        """Take entries, in order, while they fit."""
        for entry in batch:
            if not self._take(entry):
                return

    def finish(
        self, table: Table, now: int
    ) -> tuple[list[Placement], list[dict[str, Any]]]:
        """Give what became of what was taken, and the actions that do it."""
        dates = self._dates(now)
        versions = [
            CardVersion(
                date,
                fresh.new.version or instants.to_text(date),
                fresh.new.spec_version,
                fresh.new.facets,
                given=fresh.new.version is not None,
            )
            for date, fresh in zip(dates, self._fresh, strict=True)
        ]
        placed = [
            answer
            if isinstance(answer, Placement)
            else Placement(answer[0], versions[answer[1]].version)
            for answer in self._answers
        ]
        return placed, self._to_actions(table, versions) if versions else []

    def _take(self, entry: NewEntry) -> bool:
        known = self._known(entry)
        if known is not None:
            self._answers.append(known)
            return True
        fresh, problem = self._measure(entry)
        if fresh is None:
            self._answers.append(Placement("failed", entry.version, problem))
            return True
        if not self._fits(fresh):
            return False
        self._answers.append(("added", len(self._fresh)))
        self._mine.setdefault(entry.id, []).append(len(self._fresh))
        self._fresh.append(fresh)
        return True

    def _known(self, entry: NewEntry) -> Placement | tuple[State, int] | None:
        card = self._cards.get(entry.id, codec.NO_CARD)
        for version in card.versions:
            if _is_same(entry.version, version.version, given=version.given):
                return Placement("present", version.version)
        for number in self._mine.get(entry.id, ()):
            mine = self._fresh[number].new.version
            if _is_same(entry.version, mine, given=mine is not None):
                return "present", number
        if len(card.versions) + len(self._mine.get(entry.id, ())) >= MOST_VERSIONS:
            problem = f"the object has {MOST_VERSIONS} versions already"
            return Placement("failed", entry.version, problem)
        return None

    def _measure(self, entry: NewEntry) -> tuple[_Fresh | None, str | None]:
        weight = escaped_size(entry.data)
        if weight > HEAVIEST:
            return None, f"the object is too large: {len(entry.data)} bytes"
        if len(entry.data) <= FULL_SEGMENT:
            return _Fresh(entry, weight, ()), None
        chunks = segment.to_chunks(entry.data, CHUNK)
        packed = sum(map(len, chunks))
        if packed > LARGEST_PACKED:
            return None, f"the object is too large: {packed} bytes when compressed"
        return _Fresh(
            entry, weight, tuple(chunks) if packed > LONGEST_SEGMENT else ()
        ), None

    def _fits(self, fresh: _Fresh) -> bool:
        entry = fresh.new
        names = {chain_of(facet, self._chains) for facet in all_facets(entry)}
        cost = len(fresh.chunks) + len(names - self._members.keys())
        cost += entry.id not in self._mine
        # At the worst both neighbours among the versions stand otherwise now.
        cost += 2 * (entry.id in self._cards)
        size = len(entry.data)
        if self._fresh and self._bytes + size > FULL_SEGMENT:
            return False
        if self._actions + cost > MOST_ACTIONS:
            return False
        for name in names:
            self._members[name] += 1
            self._chains.setdefault(name, Chain(0, 0))
        self._actions += cost
        self._bytes += size
        return True

    def _dates(self, now: int) -> list[int]:
        size = len(self._fresh)
        earliest = max(now, self._head.last + size)
        # A client that cuts the last date_added to milliseconds must not be
        # given the same objects at each poll.
        last = -(-earliest // _MILLISECOND) * _MILLISECOND
        return list(range(last - size + 1, last + 1))

    def _to_actions(
        self, table: Table, versions: Sequence[CardVersion]
    ) -> list[dict[str, Any]]:
        head, collection = self._head, self._head.id
        stored, cards, marks = self._lay_out(versions)
        last = versions[-1].date_added
        items = [
            *self._links(last),
            *(codec.mark_to_item(collection, *mark) for mark in marks),
            *self._chunks(versions),
        ]
        after = head.grown(
            entries=len(versions),
            last=last,
            segments=head.segments + 1,
            marked=max([head.marked, *(date for date, _ in marks)]),
            chains={
                name: Chain(last, chain.entries + self._members[name])
                if self._members[name]
                else chain
                for name, chain in self._chains.items()
            },
        )
        written = Segment(
            last=last,
            previous=head.last,
            generation=after.revision,
            history=0,
            facets=tuple(self._members),
            size=len(stored),
            packed=segment.pack(stored),
        )
        return [
            replace_head(table, head, after),
            table.put_action(codec.segment_to_item(collection, written)),
            *map(table.put_action, items),
            *(self._card_action(table, identifier, card) for identifier, card in cards),
        ]

    def _lay_out(
        self, versions: Sequence[CardVersion]
    ) -> tuple[
        list[Stored],
        list[tuple[str, list[CardVersion]]],
        list[tuple[int, Standing]],
    ]:
        cards, marks = [], []
        standing: dict[int, Standing] = {}
        for identifier, numbers in self._mine.items():
            before = self._cards.get(identifier, codec.NO_CARD).versions
            card = [*before, *(versions[number] for number in numbers)]
            cards.append((identifier, card))
            now = standings(card)
            standing |= now
            marks += [
                (date, now[date])
                for date, then in standings(before).items()
                if now[date] != then
            ]
        stored = [
            Stored(
                Entry(
                    version.date_added,
                    fresh.new.id,
                    version.version,
                    version.spec_version,
                    version.facets,
                    standing[version.date_added],
                    fresh.weight,
                    len(fresh.chunks),
                ),
                b"" if fresh.chunks else fresh.new.data,
            )
            for version, fresh in zip(versions, self._fresh, strict=True)
        ]
        return stored, cards, marks

    def _links(self, last: int) -> Iterator[schema.Item]:
        for name, entries in self._members.items():
            previous = self._chains[name].last
            link = FacetLink(last, previous, self._head.last, entries)
            yield codec.link_to_item(self._head.id, name, link)

    def _chunks(self, versions: Sequence[CardVersion]) -> Iterator[schema.Item]:
        for version, fresh in zip(versions, self._fresh, strict=True):
            pk = schema.blob(self._head.id, version.date_added)
            for number, data in enumerate(fresh.chunks):
                yield codec.chunk_to_item(pk, number, data)

    def _card_action(
        self, table: Table, identifier: str, versions: Sequence[CardVersion]
    ) -> dict[str, Any]:
        before = self._cards.get(identifier, codec.NO_CARD)
        condition = when_same("v", before.seen) if before.seen else when_absent()
        item = codec.card_to_item(self._head.id, identifier, versions)
        return table.put_action(item, **condition)


def _is_same(wanted: str | None, there: str | None, *, given: bool) -> bool:
    if wanted is None or there is None or not given:
        # What has no version of its own is there once.
        return wanted is None and not given
    return instants.to_canonical(wanted) == instants.to_canonical(there)
