"""What publishing is tried with: sources, sightings, and all of a stage's stores."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.iocs.article import Article
from chalicelib.core.iocs.ioc import IocType, Said, Sighting
from chalicelib.core.log.query import EVERY, EVERYTHING, Query
from chalicelib.core.ports import PageRequest
from chalicelib.ingest import destinations
from chalicelib.ingest.publish import Publisher, Stores
from chalicelib.store.dynamo.articles import DynamoArticles
from chalicelib.store.dynamo.client import Client
from chalicelib.store.dynamo.collections import DynamoCollections
from chalicelib.store.dynamo.commitlog.log import DynamoLog
from chalicelib.store.dynamo.iocs import DynamoIocs
from chalicelib.store.dynamo.statistics import DynamoStatistics
from chalicelib.store.dynamo.table import Table
from tests.doubles.clock import START, FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.factories import TABLE

NEVER = float("inf")
DAY = 86_400_000_000
HISTORY = Query(versions=(EVERY,))


@dataclass(frozen=True)
class Feed:
    """A source, as the rules see it."""

    id: str = "alpha"
    name: str = "Alpha list"
    url: str = "https://alpha.example/list.txt"
    category: str = "malware"
    reliability: int = 80
    tags: tuple[str, ...] = ()
    attribution: str | None = "Alpha project"
    tlp: str = "clear"
    enabled: bool = True
    authoritative: bool = False
    valid_days: int | None = None


ALPHA = Feed()
BETA = Feed(id="beta", name="Beta list", url="https://beta.example/", reliability=60)
LIST = Feed(id="list", name="Complete list", reliability=70, authoritative=True)
OTHER_LIST = Feed(id="other", name="Other list", reliability=60, authoritative=True)
AMBER = Feed(id="amber", name="Amber list", tlp="amber")


def story(**given: Any) -> Article:
    """Make an article."""
    usual: dict[str, Any] = {
        "id": "story-1",
        "url": "https://news.example/1",
        "title": "What happened",
        "summary": "Much.",
        "source": "beta",
        "published": START - DAY,
        "category": "malware",
    }
    return Article(**{**usual, **given})


def sighting(value: str, kind: IocType = IocType.DOMAIN, **said: Any) -> Sighting:
    """Say something of a value."""
    return Sighting(kind, value, Said(**said))


def sightings(
    count: int, kind: IocType = IocType.DOMAIN, **said: Any
) -> list[Sighting]:
    """Say the same of many values."""
    return [sighting(value_of(kind, number), kind, **said) for number in range(count)]


def value_of(kind: IocType, number: int) -> str:
    """Give a value of a type, in its canonical form."""
    digest = hashlib.sha512(str(number).encode()).hexdigest()
    return {
        IocType.IPV4: f"198.51.{number // 256 % 256}.{number % 256}",
        IocType.IPV6: f"2001:db8::{number:x}",
        IocType.DOMAIN: f"host-{number}.bad.example",
        IocType.URL: f"http://host-{number}.bad.example/a'b\\c?d={number}",
        IocType.EMAIL: f"someone-{number}@bad.example",
        IocType.MD5: digest[:32],
        IocType.SHA1: digest[:40],
        IocType.SHA256: digest[:64],
        IocType.SHA512: digest,
        IocType.CVE: f"CVE-2025-{number + 1000}",
        IocType.TECHNIQUE: f"T{1000 + number % 9000}",
    }[kind]


@dataclass
class World:
    """A stage with its collections, and helpers that tests read well with."""

    feeds: tuple[Feed, ...] = (ALPHA, BETA, LIST, OTHER_LIST, AMBER)
    clock: FakeClock = field(default_factory=FakeClock)
    dynamo: FakeDynamo = field(default_factory=FakeDynamo)
    client: Client | None = None
    workers: int = 1
    name: str = TABLE

    def __post_init__(self) -> None:
        self.table = Table(self.client or client_of(self.dynamo), self.name, self.clock)
        self.log = DynamoLog(self.table, self.clock)
        self.iocs = DynamoIocs(self.table, workers=self.workers)
        self.statistics = DynamoStatistics(self.table)
        self.articles = DynamoArticles(self.table)
        self.collections = DynamoCollections(self.table)
        self.destinations = destinations.load()
        destinations.ensure_collections(self.collections, self.destinations, self.clock)
        self.publisher = self.another()

    def another(self) -> Publisher:
        """Give a publisher of another process."""
        stores = Stores(self.iocs, self.log, self.statistics, self.articles)
        origins = {feed.id: feed for feed in self.feeds}
        return Publisher(stores, origins, self.destinations, self.clock)

    def publish(self, feed: Feed, *said: Sighting, at: int | None = None) -> Any:
        """Take in what a source says."""
        when = self.clock.now() if at is None else at
        return self.publisher.publish(feed, said, when, NEVER)

    def vanish(self, feed: Feed, *gone: Sighting) -> int:
        """Take back what a source said."""
        keys = [one.key for one in gone]
        return self.publisher.vanish(feed, keys, self.clock.now(), NEVER)

    def expire(self, *, days: float = 0) -> int:
        """Let days pass, then look at what is over."""
        self.clock.advance(days * 86_400)
        return self.publisher.expire(self.clock.now(), NEVER)

    def record(self, of: Sighting) -> Any:
        """Read a record."""
        return self.publisher.records([of.key])[of.key]

    def objects(self, alias: str = "all", query: Query = EVERYTHING) -> list[dict]:
        """Read all objects of a collection, in the order they were added."""
        found: list[dict] = []
        collection = self.collections.id_of(alias)
        assert collection
        after, more = 0, True
        while more:
            head = self.log.head(collection)
            page = self.log.page(head, PageRequest(after, 1_000, 5_000_000, query))
            found += map(json.loads, page.data)
            after, more = page.position, page.more
        return found

    def indicators(self, alias: str = "all", query: Query = EVERYTHING) -> list[dict]:
        """Read the indicators of a collection."""
        return [one for one in self.objects(alias, query) if one["type"] == "indicator"]
