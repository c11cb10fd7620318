"""Whatever runs at once, dies or has a wrong clock: the rows say what is so."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core import instants
from chalicelib.core.iocs import stix
from chalicelib.core.iocs.ioc import Ioc, IocType, Said, Sighting
from chalicelib.core.lists.listing import Filters, Listing
from chalicelib.core.lists.row import Row, from_json, row_of
from chalicelib.core.windows import DAY
from chalicelib.errors import Unavailable
from chalicelib.services.catalogue import Window
from chalicelib.services.totals import Total, Totals
from chalicelib.store.dynamo.rows import DynamoRows
from tests.doubles.faults import Fault, Faults, Killed, When
from tests.publishing import (
    ALPHA,
    AMBER,
    BETA,
    LIST,
    NEVER,
    OTHER_LIST,
    Feed,
    World,
    sightings,
    value_of,
)

FEEDS = (ALPHA, BETA, LIST, OTHER_LIST, AMBER)
KINDS = (IocType.IPV4, IocType.SHA256, IocType.CVE)
SECOND = 1_000_000

SIGHTINGS = st.builds(
    lambda kind, number, tags, malware: Sighting(
        kind, value_of(kind, number), Said(tags=tags, malware=malware)
    ),
    st.sampled_from(KINDS),
    st.integers(0, 1),
    st.sampled_from([(), ("a",), ("b", "c")]),
    st.sampled_from([None, "Emotet"]),
)
DEEDS = st.tuples(
    st.sampled_from(["publish", "publish", "vanish", "expire"]),
    st.sampled_from(FEEDS),
    st.lists(SIGHTINGS, max_size=3),
)
LAPSES = st.sampled_from([0.0, 0.000_5, 0.01, 1.0, 20.0, 40.0, 200.0])
JUMPS = st.sampled_from([-4_000.0, -30.0, -1.0, -0.001, 0.0, 0.01, 1.0, 20.0, 40.0])

Deed = tuple[str, Feed, list[Sighting]]


def do(world: World, deed: Deed, at: int) -> None:
    what, feed, said = deed
    publisher = world.another()
    if what == "publish":
        publisher.publish(feed, said, at, NEVER)
    elif what == "vanish":
        publisher.vanish(feed, [one.key for one in said], at, NEVER)
    else:
        publisher.expire(at, NEVER)


def records_of(world: World) -> list[Ioc]:
    keys = [
        bytes.fromhex(pk.removeprefix("IOC#"))
        for _, pk, _ in world.dynamo.items
        if pk.startswith("IOC#")
    ]
    return list(world.publisher.records(keys).values())


def rows_of(world: World, *, newest_first: bool, types=()) -> list[Row]:
    listing = Listing(
        Filters(types=types), 0, instants.LATEST, 10_000, 5_000_000, newest_first
    )
    page = DynamoRows(world.table, world.clock).page(listing)
    assert not page.more
    return [from_json(one) for one in page.rows]


def check(world: World) -> None:
    """See that rows, collections and records say the same."""
    origins = {feed.id: feed for feed in world.feeds}
    records = records_of(world)
    # Which article named it last is no change that would be told.
    expected = {
        one.key: replace(row_of(one, origins), article=None)
        for one in records
        if not one.revoked
    }
    for newest_first in (True, False):
        found = rows_of(world, newest_first=newest_first)
        shown = {Sighting(one.type, one.value).key: one for one in found}
        assert len(shown) == len(found)
        assert {key: replace(one, article=None) for key, one in shown.items()} == (
            expected
        )
    for destination in world.destinations:
        there = {one["id"]: one for one in world.objects(destination.alias)}
        for ioc in records:
            if ioc.type not in destination.types:
                continue
            found = there.pop(stix.id_of(ioc))
            # Of two who revoke it at once one has the last word.
            assert ioc.revoked or found == stix.object_of(ioc, origins)
            assert found.get("revoked", False) is ioc.revoked
        for one in there.values():
            # Only earlier lives are left.
            assert one.get("pattern") is None or one["revoked"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(DEEDS, LAPSES, st.none() | st.integers(0, 14)), max_size=10))
def test_rows_say_what_records_say_though_processes_die(steps):
    world = World()
    for deed, days, death in steps:
        world.clock.advance(days * 86_400 + 1)
        at = world.clock.now()
        for when in ("before", "after"):
            if death is not None:
                world.dynamo.faults = Faults(kill_at=death, kill_when=when)
            with contextlib.suppress(Killed):
                do(world, deed, at)
            world.dynamo.faults = Faults()
        do(world, deed, at)
        check(world)


def together(world: World, one: Callable[[], None], other: Callable, call: int) -> None:
    """Do one thing, and ahead of one of its calls all of another."""
    calls = iter(range(10_000))

    def butt_in(_: str) -> None:
        if next(calls) == call:
            world.dynamo.before_call = lambda _: None
            other()

    world.dynamo.before_call = butt_in
    one()
    world.dynamo.before_call = lambda _: None


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            DEEDS,
            DEEDS,
            LAPSES,
            st.integers(2, 30),
            # A run that is resumed is of the time when it first began.
            st.sampled_from([0, -1, -5 * SECOND, -DAY, -20 * DAY, SECOND]),
        ),
        max_size=6,
    )
)
def test_rows_say_what_records_say_though_two_change_them_at_once(steps):
    world = World()
    for one, other, days, call, earlier in steps:
        world.clock.advance(days * 86_400)
        at = world.clock.now()
        together(
            world,
            partial(do, world, one, at),
            partial(do, world, other, at + earlier),
            call,
        )
        check(world)


HOST = Sighting(IocType.DOMAIN, "bad.example", Said())
RACES: dict[str, tuple[Deed, Deed, Deed, int]] = {
    # What there was, who comes first, who comes in between and how much earlier.
    "the same, of an earlier run": (
        ("publish", ALPHA, []),
        ("publish", ALPHA, [HOST]),
        ("publish", ALPHA, [HOST]),
        5 * SECOND,
    ),
    "what is over is seen again": (
        ("publish", ALPHA, [HOST]),
        ("expire", ALPHA, []),
        ("publish", ALPHA, [HOST]),
        10 * SECOND,
    ),
    "what vanishes twice": (
        ("publish", LIST, [HOST]),
        ("vanish", LIST, [HOST]),
        ("vanish", LIST, [HOST]),
        10 * SECOND,
    ),
    "what vanishes is seen by another": (
        ("publish", LIST, [HOST]),
        ("vanish", LIST, [HOST]),
        ("publish", OTHER_LIST, [HOST]),
        10 * SECOND,
    ),
    "what vanishes where another has it": (
        ("publish", OTHER_LIST, [HOST]),
        ("publish", LIST, [HOST]),
        ("vanish", OTHER_LIST, [HOST]),
        10 * SECOND,
    ),
}


def at_the_end(before: Deed) -> tuple[World, int]:
    """Do something, let its validity end, and tell what time it is then."""
    world = World()
    do(world, before, world.clock.now())
    end = -(-(world.clock.now() + 180 * DAY) // DAY) * DAY
    world.clock.advance((end - world.clock.now()) / SECOND + 5)
    at = world.clock.now()
    # To look at all the days before takes hundreds of calls.
    do(world, ("expire", ALPHA, []), at - 6 * SECOND)
    return world, at


@pytest.mark.parametrize("race", RACES)
def test_who_was_too_late_leaves_nothing_behind_that_is_not_so(race: str):
    before, one, other, earlier = RACES[race]
    for call in range(40):
        world, at = at_the_end(before)
        together(
            world,
            partial(do, world, one, at),
            partial(do, world, other, at - earlier),
            call,
        )
        check(world)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("race", RACES)
def test_who_dies_leaves_nothing_behind_once_resumed_whoever_came_between(
    race: str, when: When
):
    before, one, other, earlier = RACES[race]
    for call in range(30):
        world, at = at_the_end(before)
        world.dynamo.faults = Faults(kill_at=call, kill_when=when)
        with contextlib.suppress(Killed):
            do(world, one, at)
        world.dynamo.faults = Faults()
        do(world, other, at - earlier)
        do(world, one, at)
        check(world)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(DEEDS, LAPSES), max_size=12))
def test_exact_totals_are_what_a_crawl_counts(steps):
    world = World()
    for deed, days in steps:
        world.clock.advance(days * 86_400)
        do(world, deed, world.clock.now())
    check_totals(world)


def check_totals(world: World) -> None:
    totals = Totals(world.statistics, world.clock)
    everything = Window(0, instants.LATEST)
    found = rows_of(world, newest_first=True)
    assert totals.of(Filters(), everything) == Total(len(found), estimated=False)
    for types in [(one,) for one in KINDS] + [KINDS[:2]]:
        crawled = rows_of(world, newest_first=False, types=types)
        assert len(crawled) == sum(one.type in types for one in found)
        asked = totals.of(Filters(types=types), everything)
        assert asked == Total(len(crawled), estimated=False)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(DEEDS, JUMPS), max_size=10))
def test_a_clock_that_jumps_hides_nothing(steps):
    world = World()
    for deed, days in steps:
        # The machine's clock is set; time itself goes on.
        world.clock.time = max(world.clock.time + round(days * DAY), DAY)
        do(world, deed, world.clock.now())
        check(world)
        check_totals(world)


@pytest.mark.parametrize("seed", range(4))
def test_what_was_saved_is_counted_though_storage_fails(seed: int):
    world = World()
    # Adding to counts is no part of it: botocore repeats that.
    faults: dict[str, Any] = {
        "random_faults": ("throttled", "conflict"),
        "share": 0.25,
        "chance": random.Random(seed),
        "spared": "UpdateItem",
    }
    todo: list[Deed] = [
        ("publish", LIST, sightings(40)),
        ("vanish", LIST, sightings(15)),
        ("publish", BETA, sightings(20)),
        ("expire", BETA, []),
    ]
    for deed in todo:
        world.clock.advance(86_400)
        at = world.clock.now()
        world.dynamo.faults = Faults(**faults)
        for _ in range(500):
            with contextlib.suppress(Unavailable):
                do(world, deed, at)
                break
        world.dynamo.faults = Faults()
        do(world, deed, at)
    check(world)
    check_totals(world)


def test_what_was_saved_is_counted_though_the_answer_got_lost():
    for call in range(40):
        world = World()
        do(world, ("publish", LIST, sightings(3)), world.clock.now())
        world.clock.advance(60)
        at = world.clock.now()
        lost: dict[int, Fault] = {call: "timeout after"}
        world.dynamo.faults = Faults(planned=lost, spared="UpdateItem")
        for _ in range(2):
            with contextlib.suppress(Unavailable):
                do(world, ("vanish", LIST, sightings(2)), at)
                do(world, ("publish", BETA, sightings(4)), at)
        world.dynamo.faults = Faults()
        check(world)
        check_totals(world)
