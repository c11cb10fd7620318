"""Keeping a log dense.

Small neighbours become one segment, and entries that a later version has
replaced move to the history beside it. Cards and marks name positions, cursors
are positions, and chains bear that a link moves on to a later segment: so
nothing else needs to change, and a reader in the middle of it sees a hole at
the worst.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from chalicelib.core.entry import Standing, is_replaced
from chalicelib.core.head import Head
from chalicelib.core.ports import Clock, Tidied
from chalicelib.errors import NotFound
from chalicelib.store.dynamo import codec, schema
from chalicelib.store.dynamo.codec import FacetLink
from chalicelib.store.dynamo.heads import read_head, replace_head
from chalicelib.store.dynamo.pairs import (
    Gap,
    Pair,
    marks_between,
    open_pairs,
    pair_at,
    remove_history,
    standing_anew,
    with_entries,
    write_pair,
)
from chalicelib.store.dynamo.table import MOST_ACTIONS, Contended, Table, when_same
from chalicelib.store.dynamo.walk import walk

FULL = 100
"""Entries of a segment that compaction makes."""

LONGEST = 64_000
"""Packed bytes of a segment that compaction makes."""

LONGEST_HISTORY = 300_000
"""Packed bytes that may come together in one history."""

SETTLED = 60_000_000
"""Microseconds that a segment is left alone: its readers are still about."""

_WORTH = 0.1
"""Share of replaced entries for which a lone segment is written anew."""


class _Run(NamedTuple):
    """Neighbours that can become one, with the marks on their entries."""

    pairs: list[Pair]
    marks: dict[int, Standing]

    @property
    def is_worth_it(self) -> bool:
        if len(self.pairs) > 1:
            return True
        live = self.pairs[0].live
        return len(self.replaced()) > _WORTH * len(live)

    def replaced(self) -> set[int]:
        """Name the live entries that a later version has replaced."""
        return {
            one.entry.date_added
            for pair in self.pairs
            for one in standing_anew(pair.live, self.marks)
            if is_replaced(one.entry.spec_version, one.entry.standing)
        }

    def joined(self, pair: Pair, marks: Mapping[int, Standing]) -> _Run | None:
        """Give the run with a neighbour more, or None where it is full."""
        longer = _Run([*self.pairs, pair], {**self.marks, **_within(pair, marks)})
        live = sum(len(one.live) for one in longer.pairs)
        packed = sum(len(one.segment.packed) for one in longer.pairs)
        if live > FULL or packed > LONGEST or not longer.fits:
            return None
        return longer

    @property
    def fits(self) -> bool:
        """Whether it can be written in one transaction."""
        past = sum(one.past_size + len(one.segment.packed) for one in self.pairs)
        return past <= LONGEST_HISTORY and len(self.marks) <= self._actions_left

    def trimmed(self) -> _Run:
        """Leave out the marks that are too many for one transaction."""
        dates = sorted(self.marks)[: max(self._actions_left, 0)]
        return self._replace(marks={date: self.marks[date] for date in dates})

    @property
    def _actions_left(self) -> int:
        # The head; each segment and history; each link, old and new.
        links = sum(len(one.segment.facets) for one in self.pairs)
        return MOST_ACTIONS - 1 - 2 * len(self.pairs) - 2 * links


@dataclass(frozen=True, slots=True)
class Compactor:
    """Compacts logs."""

    table: Table
    clock: Clock
    settled: int = SETTLED

    def compact(self, collection: str, deadline: float) -> Tidied:
        """Compact what has settled, until done or out of time.

        A collection that goes away meanwhile is no error, and neither is a
        busy writer: the rest is left for the next time.
        """
        done = Tidied()
        try:
            for step in (self._merge, self._tidy):
                done = done.plus(step(collection, deadline))
        except (Contended, Gap, NotFound):
            pass
        return done

    def _merge(self, collection: str, deadline: float) -> Tidied:
        """Go on from where the last compaction ended."""
        head, _ = read_head(self.table, collection)
        done, position = Tidied(), head.compacted
        for run in self._runs(head, position):
            if self.clock.monotonic() > deadline:
                break
            position = run.pairs[0].segment.previous
            if run.is_worth_it and run.fits:
                step, head = self._rewrite(head, run)
                done = done.plus(step)
        if position > head.compacted:
            after = head.grown(entries=0, last=head.last, compacted=position)
            self._transact([replace_head(self.table, head, after)])
        return done

    def _tidy(self, collection: str, deadline: float) -> Tidied:
        """Move what has been replaced in what was compacted before."""
        done = Tidied()
        head, _ = read_head(self.table, collection)
        position = 0
        while self.clock.monotonic() <= deadline and position < head.marked:
            mark = self.table.first(
                schema.marks(collection), since=schema.place(position + 1)
            )
            if mark is None:
                if position == 0:
                    self._forget_marks(head)
                break
            pair = pair_at(self.table, collection, codec.item_to_mark(mark)[0])
            if pair is None:
                raise Gap
            position = pair.segment.last
            if position > self._horizon():
                break
            run = _Run([pair], self._marks(head, [pair])).trimmed()
            if run.is_worth_it and run.fits:
                step, head = self._rewrite(head, run)
                done = done.plus(step)
        return done

    def _forget_marks(self, head: Head) -> None:
        after = head.grown(entries=0, last=head.last, marked=0)
        self._transact([replace_head(self.table, head, after)])

    def _runs(self, head: Head, position: int) -> Iterator[_Run]:
        run: _Run | None = None
        for pair, marks in self._opened(head, position):
            longer = run.joined(pair, marks) if run is not None else None
            if run is not None and longer is None:
                yield run
            run = longer or _Run([pair], _within(pair, marks)).trimmed()
        if run is not None:
            yield run

    def _opened(
        self, head: Head, position: int
    ) -> Iterator[tuple[Pair, dict[int, Standing]]]:
        horizon = self._horizon()
        for batch in walk(self.table, head, position, None, head.entries):
            old = [one for one in batch if one.last <= horizon]
            pairs = open_pairs(self.table, head.id, old)
            marks = self._marks(head, pairs)
            for pair in pairs:
                yield pair, marks
            if len(old) < len(batch):
                return

    def _marks(self, head: Head, pairs: Sequence[Pair]) -> dict[int, Standing]:
        if not pairs or pairs[0].segment.previous >= head.marked:
            return {}
        after, until = pairs[0].segment.previous, pairs[-1].segment.last
        return marks_between(self.table, head.id, after, until)

    def _rewrite(self, head: Head, run: _Run) -> tuple[Tidied, Head]:
        first, last = run.pairs[0].segment, run.pairs[-1].segment
        moved = run.replaced()
        live = standing_anew(
            [one for pair in run.pairs for one in pair.live], run.marks
        )
        past = [one for pair in run.pairs for one in pair.past]
        past = [
            *standing_anew(past, run.marks),
            *(one for one in live if one.entry.date_added in moved),
        ]
        kept = [one for one in live if one.entry.date_added not in moved]
        names = dict.fromkeys(
            name for pair in run.pairs for name in pair.segment.facets
        )
        target = last._replace(previous=first.previous, facets=tuple(names))
        merged = with_entries(replace(run.pairs[-1], segment=target), kept, past)
        fewer = len(run.pairs) - 1
        after = head.grown(entries=0, last=head.last, segments=head.segments - fewer)
        actions = [
            replace_head(self.table, head, after),
            *write_pair(self.table, head.id, merged, after.revision),
            *self._removals(head.id, run),
            *self._relink(head.id, run, names, first.previous),
            *self._unmark(head.id, run),
        ]
        self._transact(actions)
        return Tidied(fewer, len(moved)), after

    def _removals(self, collection: str, run: _Run) -> Iterator[dict[str, Any]]:
        for pair in run.pairs[:-1]:
            gone = pair.segment
            key = schema.key(schema.log(collection), schema.place(gone.last))
            unchanged = when_same("g", {"N": str(gone.generation)})
            yield self.table.delete_action(key, **unchanged)
            if gone.history:
                yield remove_history(self.table, collection, gone)

    def _relink(
        self, collection: str, run: _Run, names: Mapping[str, None], low: int
    ) -> Iterator[dict[str, Any]]:
        target = run.pairs[-1].segment.last
        for name, links in self._links(collection, run, names).items():
            for link in links:
                if link.last != target:
                    place = schema.place(link.last)
                    pk = schema.facet(collection, name)
                    yield self.table.delete_action(schema.key(pk, place))
            previous = min(link.previous for link in links)
            entries = sum(link.entries for link in links)
            joined = FacetLink(target, previous, low, entries)
            yield self.table.put_action(codec.link_to_item(collection, name, joined))

    def _links(
        self, collection: str, run: _Run, names: Mapping[str, None]
    ) -> dict[str, list[FacetLink]]:
        keys = [
            schema.key(schema.facet(collection, name), schema.place(pair.segment.last))
            for pair in run.pairs
            for name in pair.segment.facets
        ]
        items = self.table.get_many(keys)
        if len(items) != len(keys):
            raise Gap
        links: dict[str, list[FacetLink]] = {name: [] for name in names}
        for item in items:
            links[codec.link_facet(item)].append(codec.item_to_link(item))
        return links

    def _unmark(self, collection: str, run: _Run) -> Iterator[dict[str, Any]]:
        for date in run.marks:
            place = schema.place(date)
            yield self.table.delete_action(schema.key(schema.marks(collection), place))

    def _transact(self, actions: list[dict[str, Any]]) -> None:
        self.table.transact(actions, uuid.uuid4().hex)

    def _horizon(self) -> int:
        return self.clock.now() - self.settled


def _within(pair: Pair, marks: Mapping[int, Standing]) -> dict[int, Standing]:
    low, high = pair.segment.previous, pair.segment.last
    return {date: now for date, now in marks.items() if low < date <= high}
