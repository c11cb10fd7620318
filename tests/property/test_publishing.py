"""Whatever sources say and take back: clients see what the records say."""

from __future__ import annotations

from collections import defaultdict
from threading import Thread

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.iocs import merge, stix
from chalicelib.core.iocs.ioc import Ioc, IocType, Said, Sighting
from tests.doubles.dynamo import FakeDynamo
from tests.doubles.faults import Faults, Killed
from tests.publishing import (
    ALPHA,
    AMBER,
    BETA,
    DAY,
    HISTORY,
    LIST,
    NEVER,
    OTHER_LIST,
    Feed,
    World,
    sightings,
    value_of,
)

FEEDS = (ALPHA, BETA, LIST, OTHER_LIST, AMBER)
KINDS = (IocType.IPV4, IocType.SHA256, IocType.CVE, IocType.TECHNIQUE)

SAID = st.builds(
    Said,
    tags=st.sampled_from([(), ("a",), ("b", "c")]),
    malware=st.sampled_from([None, "Emotet", "Qakbot"]),
    confidence=st.sampled_from([None, 10, 90]),
    techniques=st.sampled_from([(), ("T1059",)]),
)
SIGHTINGS = st.builds(
    lambda kind, number, said: Sighting(kind, value_of(kind, number), said),
    st.sampled_from(KINDS),
    st.integers(0, 1),
    SAID,
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["publish", "publish", "vanish", "expire"]),
        st.sampled_from(FEEDS),
        st.lists(SIGHTINGS, max_size=4),
        st.sampled_from([0.0, 0.01, 1.0, 20.0, 40.0]),
        st.none() | st.integers(0, 12),
    ),
    max_size=12,
)


def do(world: World, what: str, feed: Feed, said: list[Sighting], at: int) -> None:
    if what == "publish":
        world.publisher.publish(feed, said, at, NEVER)
    elif what == "vanish":
        world.publisher.vanish(feed, [one.key for one in said], at, NEVER)
    else:
        world.publisher.expire(at, NEVER)


def check_objects(world: World) -> list[Ioc]:
    origins = {feed.id: feed for feed in FEEDS}
    keys = [
        bytes.fromhex(pk.removeprefix("IOC#"))
        for _, pk, _ in world.dynamo.items
        if pk.startswith("IOC#")
    ]
    records = world.publisher.records(keys)
    shown = {
        row.alias: {one["id"]: one for one in world.objects(row.alias)}
        for row in world.destinations
    }
    for ioc in records.values():
        for row in world.destinations:
            found = shown[row.alias].get(stix.id_of(ioc))
            if ioc.type in row.types:
                assert found == stix.object_of(ioc, origins)
    return list(records.values())


def check_counts(world: World, records: list[Ioc]) -> None:
    active: dict[str, int] = defaultdict(int)
    for ioc in records:
        active[str(ioc.type)] += not ioc.revoked
    expected = {kind: count for kind, count in active.items() if count}
    assert world.statistics.totals().active == expected


def check_history(world: World) -> None:
    """Nothing follows a revoked version, and each is later than the one before."""
    for row in world.destinations:
        versions = defaultdict(list)
        for one in world.objects(row.alias, HISTORY):
            if one["type"] not in ("identity", "marking-definition"):
                versions[one["id"]].append(one)
        for history in versions.values():
            dates = [one["modified"] for one in history]
            assert dates == sorted(set(dates))
            assert not any(one.get("revoked") for one in history[:-1])
            if history[0]["type"] != "attack-pattern":
                assert len({one["created"] for one in history}) == 1


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_clients_see_what_the_records_say(steps):
    world = World()
    for what, feed, said, days, _ in steps:
        world.clock.advance(days * 86_400)
        do(world, what, feed, said, world.clock.now())
    check_counts(world, check_objects(world))
    check_history(world)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_clients_see_what_the_records_say_though_processes_die(steps):
    world = World()
    for what, feed, said, days, death in steps:
        world.clock.advance(days * 86_400 + 1)
        at = world.clock.now()
        if death is not None:
            world.dynamo.faults = Faults(kill_at=death, kill_when="after")
        try:
            do(world, what, feed, said, at)
        except Killed:
            world.dynamo.faults = Faults()
            world.publisher = world.another()
            do(world, what, feed, said, at)
        world.dynamo.faults = Faults()
    # Who dies behind saving and before counting has not counted.
    check_objects(world)
    check_history(world)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(FEEDS), SAID), min_size=1, max_size=6))
def test_a_record_grows_in_versions_and_stays_within_its_bounds(said):
    value = value_of(IocType.IPV4, 1)
    before, at = None, 1_700_000_000_000_000
    for number, (feed, what) in enumerate(said):
        one = Sighting(IocType.IPV4, value, what)
        after = merge.merge(before, one, feed, at + number * DAY)
        assert before is None or after.modified > before.modified
        assert after.modified % 1_000 == 0
        assert 0 <= after.confidence <= 95
        assert after.confidence % 5 == 0
        assert after.first_seen <= after.last_seen
        assert after.valid_until is not None
        assert after.valid_until > after.first_seen
        assert list(after.tags) == sorted(set(after.tags))
        before = after


def test_threads_that_publish_the_same_values_at_once_lose_nothing():
    world = World(dynamo=FakeDynamo())
    batch = sightings(30, IocType.IPV4)
    threads = [
        Thread(
            target=world.another().publish, args=(feed, batch, world.clock.now(), NEVER)
        )
        for feed in FEEDS
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check_counts(world, check_objects(world))
    for one in batch:
        assert set(world.record(one).sources) == {feed.id for feed in FEEDS}
    assert world.statistics.totals().sources == {feed.id: 30 for feed in FEEDS}
