"""Drafts: what of a batch fits into one transaction, and what it writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from chalicelib.core import instants
from chalicelib.core.log.chains import chains_of
from chalicelib.core.log.entry import (
    CardVersion,
    Entry,
    NewEntry,
    Standing,
    all_facets,
    escaped_size,
    later_than,
    standings,
)
from chalicelib.core.log.head import Chain, Head
from chalicelib.core.ports import Placement, State
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.commitlog.heads import replace_head
from chalicelib.store.dynamo.commitlog.limits import (
    CHUNK,
    FULL_SEGMENT,
    HEAVIEST,
    LARGEST_CARD,
    LARGEST_CARDS,
    LARGEST_PACKED,
    LONGEST_SEGMENT,
    MOST_SPEC_VERSIONS,
)
from chalicelib.store.dynamo.conditions import when_absent, when_same
from chalicelib.store.dynamo.items import codec, segment
from chalicelib.store.dynamo.items.codec import Card, FacetLink, Segment
from chalicelib.store.dynamo.items.segment import Stored
from chalicelib.store.dynamo.table import MOST_ACTIONS, Table

_MILLISECOND = 1_000


class _Fresh(NamedTuple):
    """A new entry that a draft has taken."""

    new: NewEntry
    weight: int
    chunks: tuple[bytes, ...]


class Written(NamedTuple):
    """What becomes of entries, by which actions, and the head after them."""

    placed: list[Placement]
    actions: list[dict[str, Any]]
    head: Head


class Draft:
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
        self._carried = 0

    def fill(self, batch: Sequence[NewEntry]) -> None:
        """Take entries, in order, while they fit."""
        for entry in batch:
            if not self._take(entry):
                return

    def finish(self, table: Table, now: int) -> Written:
        """Give what becomes of what was taken, and the actions that do it."""
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
            else self._placed(answer[0], versions[answer[1]], self._fresh[answer[1]])
            for answer in self._answers
        ]
        if not versions:
            return Written(placed, [], self._head)
        return Written(placed, *self._to_actions(table, versions))

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

    def _placed(self, state: State, version: CardVersion, fresh: _Fresh) -> Placement:
        card = self._cards.get(fresh.new.id, codec.NO_CARD)
        later = later_than(version.version, card.versions)
        return Placement(state, version.version, later=later)

    def _known(self, entry: NewEntry) -> Placement | tuple[State, int] | None:
        card = self._cards.get(entry.id, codec.NO_CARD)
        for version in card.versions:
            if _is_same(entry.version, version.version, given=version.given):
                later = later_than(version.version, card.versions)
                return Placement("present", version.version, later=later)
        for number in self._mine.get(entry.id, ()):
            mine = self._fresh[number].new.version
            if _is_same(entry.version, mine, given=mine is not None):
                return "present", number
        problem = self._crowded(entry, card)
        return Placement("failed", entry.version, problem) if problem else None

    def _crowded(self, entry: NewEntry, card: Card) -> str | None:
        mine = [self._fresh[number].new for number in self._mine.get(entry.id, ())]
        known = {version.spec_version for version in card.versions}
        known |= {one.spec_version for one in (*mine, entry)}
        if len(known) > MOST_SPEC_VERSIONS:
            return f"the object is there in {MOST_SPEC_VERSIONS} STIX versions already"
        if card.size + sum(map(codec.line_size, [*mine, entry])) > LARGEST_CARD:
            return f"the object has {len(card.versions) + len(mine)} versions already"
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
        names = chains_of(all_facets(entry), self._chains)
        cost = len(fresh.chunks) + len(names - self._members.keys())
        cost += entry.id not in self._mine
        card = self._cards.get(entry.id, codec.NO_CARD)
        # At the worst the first and the last of each STIX version stand otherwise.
        cost += 2 * len({version.spec_version for version in card.versions})
        size = len(entry.data)
        # What is there is sent too, as the condition of the change.
        carried = codec.line_size(entry) + 2 * card.size * (entry.id not in self._mine)
        if self._fresh and self._bytes + size > FULL_SEGMENT:
            return False
        if self._fresh and self._carried + carried > LARGEST_CARDS:
            return False
        if self._actions + cost > MOST_ACTIONS:
            return False
        for name in names:
            self._members[name] += 1
            self._chains.setdefault(name, Chain(0, 0))
        self._actions += cost
        self._bytes += size
        self._carried += carried
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
    ) -> tuple[list[dict[str, Any]], Head]:
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
        actions = [
            replace_head(table, head, after),
            table.put_action(codec.segment_to_item(collection, written)),
            *map(table.put_action, items),
            *(self._card_action(table, identifier, card) for identifier, card in cards),
        ]
        return actions, after

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
        condition = when_same(v=before.seen) if before.seen else when_absent()
        item = codec.card_to_item(self._head.id, identifier, versions)
        return table.put_action(item, **condition)


def _is_same(wanted: str | None, there: str | None, *, given: bool) -> bool:
    if wanted is None or there is None or not given:
        # What has no version of its own is there once.
        return wanted is None and not given
    return instants.to_canonical(wanted) == instants.to_canonical(there)
