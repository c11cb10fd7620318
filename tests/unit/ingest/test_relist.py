"""Rows for what was published before there were any."""

from __future__ import annotations

import json

import pytest

from chalicelib.access.tiers import Tier
from chalicelib.core.iocs import validity
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.log.entry import NewEntry
from chalicelib.core.log.head import ROWS
from chalicelib.ingest.publish import BATCH
from chalicelib.ingest.relist import Relisted, Relisting
from chalicelib.services.catalogue import Catalogue
from chalicelib.services.misp import MispFeed
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.rows import DynamoRows
from tests.doubles.faults import Faults, Killed
from tests.property.test_published_rows import check, rows_of
from tests.publishing import (
    ALPHA,
    AMBER,
    LIST,
    NEVER,
    World,
    sighting,
    sightings,
    story,
    value_of,
)

EACH = [sighting(value_of(kind, 1), kind) for kind in IocType]
HOST = sighting("gone.example")


def forget_rows(world: World) -> None:
    """Be of a release that had no rows."""
    gone = [schema.key(pk, sk) for _, pk, sk in world.dynamo.items if f"#{ROWS}" in pk]
    world.table.delete_many(gone)
    world.collections.ensure_log(ROWS, world.clock.now())
    assert rows_of(world, newest_first=True) == []


def relist(world: World) -> Relisted:
    """Write what is missing."""
    origins = {feed.id: feed for feed in world.feeds}
    relisting = Relisting(world.log, world.iocs, world.statistics, origins, world.clock)
    done = Relisted()
    (everything,) = [one for one in world.destinations if one.graph]
    for some in relisting.run(everything):
        done = done.plus(some)
    return done


@pytest.fixture
def world() -> World:
    world = World()
    world.publish(ALPHA, *EACH, *sightings(BATCH + 9, malware="Emotet"))
    world.clock.advance(1)
    world.publish(AMBER, sighting(EACH[0].value, EACH[0].type, techniques=("T1059",)))
    world.publish(LIST, HOST, sighting("back.example"))
    world.clock.advance(1)
    world.vanish(LIST, HOST, sighting("back.example"))
    world.clock.advance(1)
    world.publish(LIST, sighting("back.example"))
    world.publisher.publish_article(ALPHA, story(), world.clock.now(), NEVER)
    return world


def test_each_active_record_has_its_row_again(world: World):
    before = rows_of(world, newest_first=True)
    forget_rows(world)
    done = relist(world)
    check(world)
    found = rows_of(world, newest_first=True)
    assert sorted(found, key=str) == sorted(before, key=str)
    assert done.rows == done.records == len(before)
    assert done.objects > done.records


def test_what_is_listed_again_is_counted_as_of_today_and_once_in_all(world: World):
    active = world.statistics.totals().active
    forget_rows(world)
    world.clock.advance(3 * 86_400)
    done = relist(world)
    today = validity.day_of(world.clock.now())
    assert sum(world.statistics.days(today, today)[today].updated.values()) == done.rows
    assert world.statistics.totals().active == active
    feed = MispFeed(
        Catalogue(DynamoRows(world.table, world.clock), world.clock),
        world.statistics,
        world.clock,
    )
    days = feed.days(Tier("internal"), world.clock.now())
    assert sum(map(len, feed.by_part(days).values())) == done.rows
    assert days[today].count == done.rows


def test_what_is_listed_already_is_left_alone(world: World):
    before = rows_of(world, newest_first=True)
    done = relist(world)
    assert (done.rows, done.records) == (0, len(before))
    assert rows_of(world, newest_first=True) == before


def test_it_goes_on_where_it_died(world: World):
    forget_rows(world)
    for death in range(0, 60, 3):
        world.dynamo.faults = Faults(kill_at=death)
        try:
            relist(world)
        except Killed:
            continue
        finally:
            world.dynamo.faults = Faults()
        break
    else:
        pytest.fail("it makes more calls than the test follows")
    check(world)


def test_ingestion_goes_on_meanwhile(world: World):
    forget_rows(world)
    changed = sighting(EACH[1].value, EACH[1].type, tags=("new",))
    calls = iter(range(10_000))

    def butt_in(_: str) -> None:
        if next(calls) == 5:
            world.dynamo.before_call = lambda _: None
            world.clock.advance(1)
            world.publish(ALPHA, changed)
            world.vanish(LIST, sighting("back.example"))

    world.dynamo.before_call = butt_in
    relist(world)
    check(world)


def test_what_somebody_else_has_put_there_is_passed_over(world: World):
    forget_rows(world)
    (everything,) = [one for one in world.destinations if one.graph]
    foreign = [
        {"type": "indicator", "id": "indicator--1", "pattern": "rule x {}"},
        {"type": "indicator", "id": "indicator--2", "name": "x"},
        {"type": "vulnerability", "id": "vulnerability--3"},
        {"type": "attack-pattern", "id": "attack-pattern--4", "name": "Phishing"},
        {
            "type": "indicator",
            "id": "indicator--5",
            "pattern": "[url:value = 'a' OR domain-name:value = 'b']",
        },
    ]
    added = [
        NewEntry(
            one["id"],
            "2025-01-01T00:00:00Z",
            "2.1",
            (one["type"],),
            json.dumps(one).encode(),
        )
        for one in foreign
    ]
    list(world.log.append(everything.id, added, NEVER))
    relist(world)
    check_rows = rows_of(world, newest_first=False)
    assert {"x", "Phishing", "a", "b"}.isdisjoint(one.value for one in check_rows)
    assert len(check_rows) > len(EACH)


def test_a_stage_that_never_read_a_feed_has_nothing_to_list():
    world = World()
    world.dynamo.items.clear()
    assert relist(world) == Relisted()
