"""All real samples of feeds, published: valid STIX, and nothing new the second time."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest
import stix2
from stix2validator import ValidationOptions, validate_string

from chalicelib.core.iocs.ioc import Rejected, Sighting
from chalicelib.ingest import warninglists
from chalicelib.ingest.clean import clean
from chalicelib.ingest.news.articles import read_article
from chalicelib.ingest.publish import BATCH, Published
from chalicelib.ingest.source import Source
from tests.contract.test_formats import FILES, SHARED, pages_of
from tests.publishing import HISTORY, NEVER, World
from tests.support import feeds

ROWS, ARTICLES, JUDGED = 180, 5, 400
AUTUMN_2026 = 1_787_900_000_000_000

Said = tuple[Source, list[Sighting], list]


def all_samples() -> Iterator[Said]:
    benign = warninglists.load()
    for name, (source, _, _) in FILES.items():
        path = SHARED / "feeds" / name
        found = feeds.read(feeds.bytes_of(path), source, pages_of(path.parent))
        cleaned = [clean(raw, source.id, benign) for raw in found.raws[:ROWS]]
        articles = [
            read_article(one, source, benign) for one in found.articles[:ARTICLES]
        ]
        yield (
            source,
            [one for one in cleaned if not isinstance(one, Rejected)],
            articles,
        )


def publish(world: World, said: list[Said]) -> Published:
    total, at = Published(), world.clock.now()
    for source, sightings, articles in said:
        for start in range(0, len(sightings), BATCH):
            batch = sightings[start : start + BATCH]
            total = total.plus(world.publisher.publish(source, batch, at, NEVER))
        for one in articles:
            total = total.plus(world.publisher.publish_article(source, one, at, NEVER))
    return total


@pytest.mark.slow
def test_all_real_samples_become_valid_stix_once():
    if not (SHARED / "feeds").is_dir():
        pytest.skip("the real samples are not beside the repository")
    said = list(all_samples())
    origins = tuple({source.id: source for source, _, _ in said}.values())
    world = World(feeds=origins)
    world.clock.time = AUTUMN_2026
    world.dynamo.reset_counts()

    first = publish(world, said)
    assert first.new > 3_000
    assert first.articles
    assert first.refused == 0
    assert world.dynamo.writes / first.new <= 12

    world.clock.advance(600)
    world.dynamo.reset_counts()
    again = publish(world, said)
    assert (again.new, again.updated, again.articles) == (0, 0, 0)
    assert world.dynamo.writes == 0

    texts = [json.dumps(one) for one in world.objects(query=HISTORY)]
    for text in texts:
        stix2.parse(text, allow_custom=False)
    for text in random.Random(0).sample(texts, JUDGED):
        result = validate_string(text, ValidationOptions(version="2.1"))
        assert result.is_valid, text
