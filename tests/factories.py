"""Things that tests are about: keyword-only, with defaults that make sense."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from chalicelib.core import instants
from chalicelib.core.collection import Collection
from chalicelib.core.iocs import stix
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists.row import Row
from chalicelib.core.log.entry import NewEntry
from chalicelib.core.log.query import EVERY, EVERYTHING, Query, Versions
from chalicelib.core.ports import LogPage, PageRequest
from chalicelib.store.dynamo.client import Client
from chalicelib.store.dynamo.collections import DynamoCollections
from chalicelib.store.dynamo.commitlog.log import DynamoLog
from chalicelib.store.dynamo.table import Table
from tests.doubles.clock import START, FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of

TABLE = "objects"
NEVER = float("inf")
ALL = Query(versions=(EVERY,))
FIRST = Query(versions=(Versions(first=True),))
ROOM = 5_000_000
_EPOCH_2020 = 1_577_836_800_000_000


def make_row(
    value: str = "198.51.100.7", kind: IocType = IocType.IPV4, **said: Any
) -> Row:
    """Make the row of an IOC that is sure enough to block."""
    default: dict[str, Any] = {
        "id": stix.identifier("x", f"{kind}:{value}").partition("--")[2],
        "confidence": "high",
        "score": 85,
        "first_seen": START - 86_400_000_000,
        "last_seen": START,
        "created": START,
        "modified": START,
        "sources": ("urlhaus",),
        "feed": "URLhaus, recent URLs",
        "category": "malware",
        "context": "botnet_cc: mirai",
        "tags": ("botnet", "mirai"),
        "references": ("https://urlhaus.abuse.ch/url/1/",),
    }
    return Row(type=kind, value=value, **(default | said))


def make_collection(
    *,
    identifier: str | None = None,
    title: str = "Indicators",
    alias: str | None = None,
) -> Collection:
    """Make a collection that is nowhere yet."""
    return Collection(
        id=identifier or str(uuid.UUID(int=1, version=4)),
        title=title,
        alias=alias,
        description=None,
        created=START,
    )


def make_id(number: int = 0, kind: str = "indicator") -> str:
    """Make a STIX id."""
    return f"{kind}--{uuid.UUID(int=number, version=4)}"


def make_entry(
    number: int = 0,
    *,
    kind: str = "indicator",
    version: int | str | None = 0,
    spec_version: str = "2.1",
    data: bytes | None = None,
    **properties: Any,
) -> NewEntry:
    """Make an entry; a version that is a number is a day since 2020."""
    if isinstance(version, int):
        version = instants.to_text(_EPOCH_2020 + version * 86_400_000_000)
    identifier = make_id(number, kind)
    if data is None:
        content = {"type": kind, "id": identifier, "modified": version, **properties}
        data = json.dumps(content, ensure_ascii=False).encode()
    return NewEntry(identifier, version, spec_version, (kind,), data)


def canonical(day: int) -> str:
    """Give the canonical version of a day since 2020."""
    return instants.to_canonical(instants.to_text(_EPOCH_2020 + day * 86_400_000_000))


@dataclass
class Store:
    """A log with one collection in it, and helpers that tests read well with."""

    log: DynamoLog
    collections: DynamoCollections
    clock: Any
    collection: Collection

    @property
    def id(self) -> str:
        return self.collection.id

    def add(self, *entries: NewEntry) -> list[str]:
        """Add entries; tell the state of each."""
        placed = self.log.append(self.id, entries, NEVER)
        return [placement.state for placement in placed]

    def page(
        self,
        query: Query = EVERYTHING,
        *,
        after: int = 0,
        limit: int = 1_000,
        room: int = ROOM,
    ) -> LogPage:
        """Read a page."""
        asked = PageRequest(after, limit, room, query)
        return self.log.page(self.log.head(self.id), asked)

    def crawl(
        self,
        query: Query = EVERYTHING,
        *,
        after: int = 0,
        limit: int = 1_000,
        room: int = ROOM,
    ) -> LogPage:
        """Read page after page to the end."""
        entries, data = [], []
        while True:
            page = self.page(query, after=after, limit=limit, room=room)
            entries += page.entries
            data += page.data
            after = page.position
            if not page.more:
                return LogPage(entries, data, after, more=False, known=page.known)

    def remove(self, object_id: str, query: Query = ALL) -> int:
        """Remove versions of an object."""
        return self.log.remove(self.id, object_id, query, NEVER)

    def drop(self) -> int:
        """Remove the collection."""
        return self.collections.remove(self.collection, lambda _: None)

    def compact(self, *, settled: int = 0) -> Any:
        """Compact the log, all of it, a moment later."""
        self.clock.sleep(1)
        return self.log.compact(self.id, NEVER, settled=settled)

    def dates(self, query: Query = EVERYTHING, **asked: Any) -> list[int]:
        """List the positions of what a query gives."""
        return [entry.date_added for entry in self.crawl(query, **asked).entries]

    def ids(self, query: Query = EVERYTHING, **asked: Any) -> list[str]:
        """List the ids of what a query gives."""
        return [entry.id for entry in self.crawl(query, **asked).entries]


def make_store(
    dynamo: FakeDynamo | None = None,
    *,
    clock: Any = None,
    client: Client | None = None,
    collection: Collection | None = None,
    create: bool = True,
) -> Store:
    """Make a store with an empty collection, on a double unless told otherwise."""
    clock = clock or FakeClock()
    if client is None:
        client = client_of(dynamo or FakeDynamo(seconds=clock.seconds))
    table = Table(client, TABLE, clock)
    collections = DynamoCollections(table)
    collection = collection or make_collection()
    if create:
        collections.create(collection)
    return Store(DynamoLog(table, clock), collections, clock, collection)
