"""Builds the stores and services once per process. The only global."""

from __future__ import annotations

import os
import random
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalicelib.access import tiers
from chalicelib.access.tiers import Tiers
from chalicelib.core.articles.ports import ArticleStore
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.iocs.ports import IocStore, StatisticsStore
from chalicelib.core.lists.listing import RowLog
from chalicelib.core.ports import (
    Clock,
    FeedStore,
    ObjectLog,
    Plans,
    Secrets,
    StatusStore,
)
from chalicelib.observe import metrics
from chalicelib.services.adding import Adding
from chalicelib.services.catalogue import Catalogue
from chalicelib.services.collections import Collections
from chalicelib.services.keys import Keys
from chalicelib.services.limits import Limits
from chalicelib.services.sessions import Sessions
from chalicelib.services.totals import Totals
from chalicelib.services.usage import Recorder, Usage
from chalicelib.settings import Settings
from chalicelib.store.dynamo.apikeys import DynamoKeys
from chalicelib.store.dynamo.articles import DynamoArticles
from chalicelib.store.dynamo.client import Client
from chalicelib.store.dynamo.collections import DynamoCollections
from chalicelib.store.dynamo.commitlog.log import DynamoLog
from chalicelib.store.dynamo.counters import DynamoCounters
from chalicelib.store.dynamo.feeds import DynamoFeeds
from chalicelib.store.dynamo.iocs import DynamoIocs
from chalicelib.store.dynamo.rows import DynamoRows
from chalicelib.store.dynamo.statistics import DynamoStatistics
from chalicelib.store.dynamo.statuses import DynamoStatuses
from chalicelib.store.dynamo.table import Table
from chalicelib.store.dynamo.usage import DynamoUsage
from chalicelib.store.parameters import ParameterSecrets
from chalicelib.store.usageplans import GatewayPlans, NoPlans

if TYPE_CHECKING:
    from chalicelib.ingest.pipeline import Pipeline
    from chalicelib.ingest.web.fetching import Fetches
    from chalicelib.services.misp import MispFeed

_FETCH_SECONDS = 100.0
"""Seconds for one feed's bytes: a lease lasts longer than a run by two minutes."""

_USAGE_WAIT = 0.02
"""Seconds that an answer of a Lambda waits at most until its usage is written."""


class SystemClock:
    """The machine's own time and chance."""

    def now(self) -> int:
        """Tell the time in microseconds since 1970, UTC."""
        return time.time_ns() // 1_000

    def monotonic(self) -> float:
        """Tell seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def chance(self) -> float:
        """Give a number from 0 to 1, for spreading retries."""
        return random.random()  # noqa: S311 - no secret hangs on it


@dataclass(frozen=True, slots=True)
class Container:
    """All that a request or a command works with."""

    settings: Settings
    clock: Clock
    log: ObjectLog
    statuses: StatusStore
    collections: Collections
    keys: Keys
    adding: Adding
    tiers: Tiers
    limits: Limits
    sessions: Sessions
    secrets: Secrets
    recorder: Recorder
    usage: Usage
    feeds: FeedStore
    articles: ArticleStore
    iocs: IocStore
    rows: RowLog
    statistics: StatisticsStore
    catalogue: Catalogue
    totals: Totals
    outside: Outside

    @property
    def origins(self) -> Mapping[str, Origin]:
        """All sources by their ids; reading the table of them takes a moment."""
        from chalicelib.ingest import source

        return {one.id: one for one in source.load()}

    @property
    def misp(self) -> MispFeed:
        """The feed for MISP; few ask for it, so that not all load it."""
        from chalicelib.services.misp import MispFeed

        return MispFeed(self.catalogue, self.statistics, self.clock)


@dataclass(frozen=True, slots=True)
class Outside:
    """What is not ours. The clients are made at their first use."""

    clock: Clock
    client: Client
    hurried: Client
    secrets: Secrets
    plans: Plans


def outside(settings: Settings) -> Outside:
    """Reach AWS, or what the environment names in its stead."""
    return Outside(
        clock=SystemClock(),
        client=Client(),
        hurried=Client(hurried=True),
        secrets=ParameterSecrets(settings.stage),
        plans=GatewayPlans(settings.stage) if settings.gateway else NoPlans(),
    )


def build(settings: Settings, world: Outside | None = None) -> Container:
    """Put everything together. No call to AWS is made before the first use."""
    world = world or outside(settings)
    metrics.belong_to(settings.stage)
    clock = world.clock
    policy = tiers.load()
    objects = Table(world.client, settings.objects_table, clock)
    log = DynamoLog(objects, clock)
    rows = DynamoRows(objects, clock)
    catalogue = Catalogue(rows, clock)
    statistics = DynamoStatistics(objects)
    collections = Collections(DynamoCollections(objects), log, clock, policy)
    key_store = DynamoKeys(Table(world.client, settings.keys_table, clock))
    keys = Keys(key_store, collections, clock, policy, world.plans)
    counters = Table(world.hurried, settings.counters_table, clock)
    usage_store = DynamoUsage(counters)
    wait = _USAGE_WAIT if settings.on_lambda else 0.0
    recorder = Recorder(usage_store, clock, metrics.count, wait=wait)
    return Container(
        settings=settings,
        clock=clock,
        log=log,
        statuses=DynamoStatuses(objects),
        collections=collections,
        keys=keys,
        adding=Adding(log, clock),
        tiers=policy,
        limits=Limits(DynamoCounters(counters), policy, clock),
        sessions=Sessions(keys, world.secrets, clock),
        secrets=world.secrets,
        recorder=recorder,
        usage=Usage(usage_store, recorder, clock),
        feeds=DynamoFeeds(objects),
        articles=DynamoArticles(objects),
        iocs=DynamoIocs(objects),
        rows=rows,
        statistics=statistics,
        catalogue=catalogue,
        totals=Totals(statistics, clock),
        outside=world,
    )


def ingestion(
    container: Container,
    *,
    fetcher: Fetches | None = None,
    keyless: bool = False,
    allow: tuple[str, ...] = (),
) -> Pipeline:
    """Build what reads feeds, which the API never loads.

    `allow` names networks and hosts that may be fetched from, and be IOCs, though
    they are not public: for samples on this machine. `keyless` asks for no
    feed's secret.
    """
    from chalicelib.ingest import destinations, source, warninglists
    from chalicelib.ingest.pipeline import Pipeline
    from chalicelib.ingest.publish import Publisher, Stores
    from chalicelib.ingest.reading import Means
    from chalicelib.ingest.web.fetch import Fetcher, Patience

    clock, world = container.clock, container.outside
    objects = Table(world.client, container.settings.objects_table, clock)
    goals = destinations.load()
    destinations.ensure_collections(DynamoCollections(objects), goals, clock)
    stores = Stores(
        container.iocs,
        container.log,
        container.statistics,
        container.articles,
    )
    # What an operator has not named is known, but switched off.
    origins = {one.id: replace(one, enabled=False) for one in source.load()}
    origins |= {one.id: one for one in source.chosen(container.settings.feeds)}
    publisher = Publisher(stores, origins, goals, clock)
    own = urlsplit(container.settings.public_url or "").hostname
    benign = warninglists.load(allow, (own,) if own else ())
    networks = tuple(name for name in allow if name[-1:].isdigit())
    patience = Patience(total=_FETCH_SECONDS)
    means = Means(publisher, benign, clock)
    return Pipeline(
        container.feeds,
        fetcher or Fetcher(clock, allow=networks, patience=patience),
        None if keyless else container.secrets,
        means,
        lambda: uuid.uuid4().hex,
    )


_installed: list[Container] = []


def current() -> Container:
    """Give the container of this process, made from its environment at first."""
    if not _installed:
        install(build(Settings.from_env(os.environ)))
    return _installed[0]


def install(container: Container) -> None:
    """Make a container the one of this process."""
    _installed[:] = [container]


def uninstall() -> None:
    """Forget the container of this process."""
    _installed.clear()
