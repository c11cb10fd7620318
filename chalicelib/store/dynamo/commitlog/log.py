"""The commit-ordered log of each collection: the ObjectLog port."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chalicelib.core.log.entry import CardVersion, NewEntry, Standing
from chalicelib.core.log.head import Head
from chalicelib.core.log.query import Query
from chalicelib.core.ports import Clock, LogPage, PageRequest, Placement, Tidied
from chalicelib.store.dynamo.commitlog.append import Appender
from chalicelib.store.dynamo.commitlog.compaction import SETTLED, Compactor
from chalicelib.store.dynamo.commitlog.heads import read_head
from chalicelib.store.dynamo.commitlog.pages import PageReader
from chalicelib.store.dynamo.commitlog.removal import Remover
from chalicelib.store.dynamo.table import Table


class DynamoLog:
    """Logs in the table of objects; docs/architecture/data-model.md."""

    def __init__(self, table: Table, clock: Clock) -> None:
        """Read nothing yet."""
        self._table = table
        self._clock = clock
        self._appender = Appender(table, clock)
        self._reader = PageReader(table, clock)
        self._remover = Remover(table, clock)

    def head(self, collection: str) -> Head:
        """Read where a log ends. Raises NotFound."""
        return read_head(self._table, collection)[0]

    def append(
        self, collection: str, entries: Sequence[NewEntry], deadline: float
    ) -> Iterator[Placement]:
        """Add entries; see Appender.append."""
        return self._appender.append(collection, entries, deadline)

    def page(self, head: Head, asked: PageRequest) -> LogPage:
        """Read a page; see PageReader.page."""
        return self._reader.page(head, asked)

    def versions(
        self, head: Head, object_id: str
    ) -> list[tuple[CardVersion, Standing]]:
        """List the versions of an object, in the order they were added."""
        return self._reader.versions(head, object_id)

    def remove(
        self, collection: str, object_id: str, query: Query, deadline: float
    ) -> int:
        """Remove versions of an object; see Remover.remove."""
        return self._remover.remove(collection, object_id, query, deadline)

    def compact(
        self, collection: str, deadline: float, *, settled: int = SETTLED
    ) -> Tidied:
        """Compact a log; `settled` in microseconds. See Compactor.compact."""
        compactor = Compactor(self._table, self._clock, settled)
        return compactor.compact(collection, deadline)
