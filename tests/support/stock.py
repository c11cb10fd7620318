"""Something of everything in a container: IOCs of all types, an article, a collection, a key."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping

from chalicelib.container import Container
from chalicelib.core.iocs import stix
from chalicelib.core.iocs.article import Article
from chalicelib.core.iocs.ioc import IocType, key_of
from chalicelib.export import misp_feed
from chalicelib.ingest import destinations, source
from chalicelib.ingest.publish import Publisher, Stores
from chalicelib.services.keys import NewKey
from chalicelib.store.dynamo.collections import DynamoCollections
from chalicelib.store.dynamo.table import Table
from tests.publishing import DAY, NEVER, sighting, sightings, value_of

PER_TYPE = 5


def stock(container: Container) -> dict[str, str]:
    """Fill it; give what the parts of paths may be."""
    clock = container.clock
    origins = {one.id: one for one in source.load()}
    publisher = _publisher(container, origins)
    feed = next(one for one in origins.values() if one.category != "news")
    press = next(one for one in origins.values() if one.category == "news")
    for kind in IocType:
        said = sightings(
            PER_TYPE,
            kind,
            tags=("botnet", "energy", 'odd "tag", =1+1'),
            malware="Mirai",
            context="Seen | in\n'traffic' ]]>",
            references=("https://report.example/?a=b c",),
        )
        publisher.publish(feed, said, clock.now(), NEVER)
    story = Article(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, "story")),
        url="https://news.example/1",
        title='What "happened"',
        summary="Much.\nMore.",
        source=press.id,
        published=clock.now() - DAY // 24,
        iocs=(sighting(value_of(IocType.DOMAIN, 0)),),
        cves=("CVE-2025-1000",),
        techniques=("T1566",),
        actors=("APT28",),
        malware=("Mirai",),
        severity=9.2,
        label="critical",
        category="ransomware",
        tags=("lockbit",),
        industries=("energy",),
    )
    publisher.publish_article(press, story, clock.now(), NEVER)
    key, _ = container.keys.create(NewKey("to be read of", tier="pro"))
    return {
        "article_id": story.id,
        "collection": "all",
        "event": _event(container),
        "key_id": key.id,
        "object_id": _object_id(container),
    }


def _publisher(container: Container, origins: Mapping[str, source.Source]) -> Publisher:
    clock = container.clock
    objects = Table(container.outside.client, container.settings.objects_table, clock)
    goals = destinations.load()
    destinations.ensure_collections(DynamoCollections(objects), goals, clock)
    stores = Stores(
        container.iocs, container.log, container.statistics, container.articles
    )
    return Publisher(stores, origins, goals, clock)


def _event(container: Container) -> str:
    days = container.misp.days(container.tiers.named("pro"), container.catalogue.end())
    return next(iter(json.loads(misp_feed.manifest_of(days)))) + ".json"


def _object_id(container: Container) -> str:
    key = key_of(IocType.DOMAIN, value_of(IocType.DOMAIN, 1))
    return stix.id_of(container.iocs.get_many([key])[key].ioc)
