"""Adding to a log, a transaction at a time, against whoever else writes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.core.log.entry import NewEntry
from chalicelib.core.log.head import Head
from chalicelib.core.ports import Clock, Placement
from chalicelib.errors import Unavailable
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.client import Contended
from chalicelib.store.dynamo.commitlog.draft import Draft
from chalicelib.store.dynamo.commitlog.heads import read_head
from chalicelib.store.dynamo.commitlog.writers import Patience, Turns
from chalicelib.store.dynamo.items import codec
from chalicelib.store.dynamo.items.codec import Card
from chalicelib.store.dynamo.table import Table

_BATCH = 96
"""Entries that are looked at together: as many new ones of one type fit into a
transaction."""

_TRUSTED_SKEW = 5.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """The head that a commit rests on, and a time that can be trusted.

    `time` in microseconds since 1970 at the moment `uptime` in monotonic seconds.
    """

    head: Head
    time: int
    uptime: float


@dataclass(frozen=True, slots=True)
class Appender:
    """Adds entries to logs."""

    table: Table
    clock: Clock
    turns: Turns = field(default_factory=Turns)

    def append(
        self, collection: str, entries: Sequence[NewEntry], deadline: float
    ) -> Iterator[Placement]:
        """Add entries in order, a transaction at a time.

        Yields what became of each once that is settled. Raises NotFound, and
        Unavailable when the deadline (monotonic seconds) passes; what has been
        yielded stays.
        """
        done = 0
        seen: _Seen | None = None
        while done < len(entries):
            if self.clock.monotonic() > deadline:
                raise Unavailable("there was no time left to add it: send it again")
            batch = entries[done : done + _BATCH]
            with self.turns.take(collection, deadline - self.clock.monotonic()):
                placed, seen = self._commit(collection, batch, deadline, seen)
            yield from placed
            done += len(placed)

    def _commit(
        self,
        collection: str,
        batch: Sequence[NewEntry],
        deadline: float,
        seen: _Seen | None,
    ) -> tuple[list[Placement], _Seen]:
        patience = Patience(self.clock, deadline)
        while True:
            # After a commit of ours its head is known, unless somebody else
            # has come in between: then the transaction tells.
            seen = seen or self._look(collection)
            draft = Draft(seen.head, self._cards(collection, batch))
            draft.fill(batch)
            try:
                return self._try(draft, seen)
            except Contended:
                patience.wait()
                seen = None

    def _try(self, draft: Draft, seen: _Seen) -> tuple[list[Placement], _Seen]:
        since = self.clock.monotonic() - seen.uptime
        written = draft.finish(self.table, seen.time + round(since * 1_000_000))
        if written.actions:
            self.table.transact(written.actions, uuid.uuid4().hex)
        return written.placed, replace(seen, head=written.head)

    def _look(self, collection: str) -> _Seen:
        head, answered = read_head(self.table, collection)
        now = self.clock.now()
        # One writer's wrong clock must not push a collection into the future,
        # or every later date_added would have to follow it.
        if answered is not None and abs(now / 1e6 - answered) > _TRUSTED_SKEW:
            now = int(answered * 1_000_000)
        return _Seen(head, now, self.clock.monotonic())

    def _cards(self, collection: str, batch: Sequence[NewEntry]) -> dict[str, Card]:
        ids = dict.fromkeys(entry.id for entry in batch)
        keys = [schema.card(collection, identifier) for identifier in ids]
        return {
            schema.card_object(item): codec.item_to_card(item)
            for item in self.table.get_many(keys)
        }
