"""The FeedStore port: a state item for each source, and its snapshot beside it.

A run is two writes, the lease and the end, and one more for each kilobyte that
changed in the list. All that belongs together is linked by the state item alone:
chunks that it does not count are nobody's. A process that lost its lease can't
harm, as each lease has a higher number (`f`) than the one before and no item
takes a lower one.
"""

from __future__ import annotations

from dataclasses import replace

from chalicelib.core.feeds.snapshot import EMPTY, Comparison, Manifest, Snapshot
from chalicelib.core.feeds.snapshot_rows import (
    from_chunk,
    to_changes,
    to_chunks,
    to_rows,
)
from chalicelib.core.feeds.state import FeedState, leased
from chalicelib.errors import Conflict
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.client import Contended
from chalicelib.store.dynamo.items import feed_codec
from chalicelib.store.dynamo.schema import Item
from chalicelib.store.dynamo.table import Table


class DynamoFeeds:
    """States and snapshots in the table of objects."""

    def __init__(self, table: Table) -> None:
        """Read nothing yet."""
        self._table = table

    def states(self) -> dict[str, FeedState]:
        """Read them all by one Query."""
        items = self._table.query_all(schema.FEEDS)
        found = map(feed_codec.item_to_state, items)
        return {state.source: state for state in found}

    def state(self, source_id: str) -> FeedState:
        """Give the state of one source, a blank one where there is none."""
        item = self._table.get(schema.key(schema.FEEDS, source_id)).item
        return feed_codec.item_to_state(item) if item else FeedState(source_id)

    def lease(
        self, state: FeedState, owner: str, now: int, until: int
    ) -> FeedState | None:
        """Write the lease, unless one that lasts or a later one is there."""
        if state.leased_until is not None and state.leased_until > now:
            return None
        mine = leased(state, owner, now, until)
        condition = "attribute_not_exists(f)" if state.fence == 0 else "f = :seen"
        try:
            self._write(mine, condition, seen=state.fence)
        except Contended as contended:
            # botocore may have asked twice, and the first call was answered late.
            if not contended.item or not _is_owned(contended.item, mine):
                return None
        return mine

    def snapshot(self, state: FeedState) -> Snapshot:
        """Read base and deltas; see FeedStore.snapshot."""
        manifest = state.snapshot
        rows = b"".join(self._chunks(state.source, manifest, deltas=False))
        changes: dict[bytes, int] = {}
        for delta in self._chunks(state.source, manifest, deltas=True):
            changes |= to_changes(delta)
        return Snapshot(rows).changed(changes) if rows or changes else EMPTY

    def save(self, state: FeedState, comparison: Comparison) -> FeedState:
        """Write a delta or a new base, then the state that links it."""
        manifest = self._keep(state, comparison)
        return self._link(state, manifest, comparison)

    def finish(
        self, state: FeedState, comparison: Comparison | None = None
    ) -> FeedState:
        """Write what is unsaved, then the state, without its lease if it has none."""
        manifest = self._keep(state, comparison) if comparison else state.snapshot
        return self._link(state, manifest, comparison)

    def _keep(self, state: FeedState, comparison: Comparison) -> Manifest:
        manifest, changes = state.snapshot, comparison.unsaved
        if not changes:
            return manifest
        if manifest.takes(len(changes)):
            chunks = to_chunks(to_rows(changes))
            after = manifest.with_delta(len(changes), len(chunks))
            names = [*map(schema.delta_chunk, range(manifest.deltas, after.deltas))]
        else:
            snapshot = comparison.snapshot()
            chunks = to_chunks(snapshot.rows)
            after = manifest.with_base(len(snapshot), len(chunks))
            names = [schema.base_chunk(after.slot, n) for n in range(len(chunks))]
        for name, chunk in zip(names, chunks, strict=True):
            self._put(state, name, chunk, after.generation)
        return after

    def _put(self, state: FeedState, name: str, chunk: bytes, generation: int) -> None:
        try:
            self._table.change(
                schema.key(schema.snapshot(state.source), name),
                UpdateExpression="SET b = :b, g = :g, f = :f",
                ConditionExpression="(attribute_not_exists(f) OR f <= :f)",
                ExpressionAttributeValues={
                    ":b": {"B": chunk},
                    ":g": {"N": str(generation)},
                    ":f": {"N": str(state.fence)},
                },
            )
        except Contended:
            raise _lost(state) from None

    def _link(
        self, state: FeedState, manifest: Manifest, comparison: Comparison | None
    ) -> FeedState:
        linked = replace(state, snapshot=manifest)
        try:
            self._write(linked, "f = :seen", seen=state.fence)
        except Contended:
            raise _lost(state) from None
        if comparison is not None:
            comparison.saved()
        return linked

    def _write(self, state: FeedState, condition: str, *, seen: int) -> None:
        values = feed_codec.state_to_values(state)
        if ":seen" in condition:
            values[":seen"] = {"N": str(seen)}
        self._table.change(
            schema.key(schema.FEEDS, state.source),
            UpdateExpression="SET f = :f, s = :s",
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
        )

    def _chunks(self, source: str, manifest: Manifest, *, deltas: bool) -> list[bytes]:
        count = manifest.deltas if deltas else manifest.chunks
        if not count:
            return []
        if deltas:
            first, last = schema.delta_chunk(0), schema.delta_chunk(count - 1)
        else:
            first = schema.base_chunk(manifest.slot, 0)
            last = schema.base_chunk(manifest.slot, count - 1)
        pages = self._table.query(
            schema.snapshot(source),
            # Sort keys begin behind what the first has before its number.
            after=first.rstrip("0"),
            until=last,
        )
        found = [
            from_chunk(item["b"]["B"])
            for page in pages
            for item in page
            if int(item["g"]["N"]) == manifest.generation
        ]
        if len(found) != count:
            raise Conflict(f"parts of the snapshot of {source} are missing")
        return found


def _is_owned(item: Item, mine: FeedState) -> bool:
    found = feed_codec.item_to_state(item)
    return (found.fence, found.owner) == (mine.fence, mine.owner)


def _lost(state: FeedState) -> Conflict:
    return Conflict(f"the lease of {state.source} has gone to another run")
