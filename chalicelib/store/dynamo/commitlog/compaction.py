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
from typing import Any

from chalicelib.core.log.entry import Standing
from chalicelib.core.log.head import Head
from chalicelib.core.ports import Clock, Tidied
from chalicelib.errors import NotFound
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.client import Contended
from chalicelib.store.dynamo.commitlog.heads import read_head, replace_head
from chalicelib.store.dynamo.commitlog.pairs import (
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
from chalicelib.store.dynamo.commitlog.runs import Run, within
from chalicelib.store.dynamo.commitlog.walk import walk
from chalicelib.store.dynamo.conditions import when_same
from chalicelib.store.dynamo.items import codec
from chalicelib.store.dynamo.items.codec import FacetLink
from chalicelib.store.dynamo.table import Table

SETTLED = 60_000_000
"""Microseconds that a segment is left alone: its readers are still about."""

_FORGOTTEN = 3_600_000_000
"""Microseconds without an addition after which no mark can be invisible yet."""


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
        """Go on from where the last compaction ended.

        The next one begins at what this one has left sparse.
        """
        head, _ = read_head(self.table, collection)
        done, position = Tidied(), head.compacted
        sparse: list[int] = []
        for run in self._runs(head, position):
            if self.clock.monotonic() > deadline:
                break
            position = run.start
            if run.is_worth_it and run.fits:
                step, head = self._rewrite(head, run)
                done = done.plus(step)
                sparse += [run.start] * run.is_sparse
        position = min([position, *sparse])
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
                if position == 0 and head.last < self.clock.now() - _FORGOTTEN:
                    self._forget_marks(head)
                break
            pair = pair_at(self.table, collection, codec.item_to_mark(mark)[0])
            if pair is None:
                raise Gap
            position = pair.segment.last
            if position > self._horizon():
                break
            run = Run([pair], self._marks(head, [pair])).trimmed()
            if run.is_worth_it and run.fits:
                step, head = self._rewrite(head, run)
                done = done.plus(step)
        return done

    def _forget_marks(self, head: Head) -> None:
        after = head.grown(entries=0, last=head.last, marked=0)
        self._transact([replace_head(self.table, head, after)])

    def _runs(self, head: Head, position: int) -> Iterator[Run]:
        run: Run | None = None
        for pair, marks in self._opened(head, position):
            longer = run.joined(pair, marks) if run is not None else None
            if run is not None and longer is None:
                yield run
            run = longer or Run([pair], within(pair, marks)).trimmed()
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

    def _rewrite(self, head: Head, run: Run) -> tuple[Tidied, Head]:
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
        again = run.start if run.is_sparse else head.compacted
        after = head.grown(
            entries=0,
            last=head.last,
            segments=head.segments - fewer,
            compacted=min(head.compacted, again),
        )
        actions = [
            replace_head(self.table, head, after),
            *write_pair(self.table, head.id, merged, after.revision),
            *self._removals(head.id, run),
            *self._relink(head.id, run, names, first.previous),
            *self._unmark(head.id, run),
        ]
        self._transact(actions)
        return Tidied(fewer, len(moved)), after

    def _removals(self, collection: str, run: Run) -> Iterator[dict[str, Any]]:
        for pair in run.pairs[:-1]:
            gone = pair.segment
            key = schema.key(schema.log(collection), schema.place(gone.last))
            unchanged = when_same(g={"N": str(gone.generation)})
            yield self.table.delete_action(key, **unchanged)
            if gone.history:
                yield remove_history(self.table, collection, gone)

    def _relink(
        self, collection: str, run: Run, names: Mapping[str, None], low: int
    ) -> Iterator[dict[str, Any]]:
        if len(run.pairs) == 1:
            # Its links say what they did.
            return
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
        self, collection: str, run: Run, names: Mapping[str, None]
    ) -> dict[str, list[FacetLink]]:
        keys = [
            schema.key(schema.facet(collection, name), schema.place(pair.segment.last))
            for pair in run.pairs
            for name in pair.segment.facets
        ]
        items = self.table.get_many(keys)
        if len(items) != len(keys):
            raise Gap
        low = {pair.segment.last: pair.segment.previous for pair in run.pairs}
        links: dict[str, list[FacetLink]] = {name: [] for name in names}
        for item in items:
            link = codec.item_to_link(item)
            if link.low != low[link.last]:
                # The segment was merged before, and its link is not seen yet.
                raise Gap
            links[codec.link_facet(item)].append(link)
        return links

    def _unmark(self, collection: str, run: Run) -> Iterator[dict[str, Any]]:
        for date, standing in run.marks.items():
            key = schema.key(schema.marks(collection), schema.place(date))
            # A later mark that is not visible yet must not go with this one.
            unchanged = when_same(**codec.mark_values(standing))
            yield self.table.delete_action(key, **unchanged)

    def _transact(self, actions: list[dict[str, Any]]) -> None:
        self.table.transact(actions, uuid.uuid4().hex)

    def _horizon(self) -> int:
        return self.clock.now() - self.settled
