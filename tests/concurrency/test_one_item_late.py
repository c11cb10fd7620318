"""One item of a transaction is seen late: each case has cost a poller something once."""

from __future__ import annotations

import random
from typing import Any

import pytest

from chalicelib.core.log.query import EVERY, Query
from chalicelib.core.ports import PageRequest
from tests import audit
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo
from tests.doubles.visibility import Torn
from tests.factories import ALL, ROOM, Store, make_entry, make_store

RARE = Query(types=frozenset({"malware", "tool"}), versions=(EVERY,))
FOREVER = float("inf")


class World:
    """A store in which nothing of a transaction is seen until it is shown."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.torn = Torn(random.Random(0), self.clock.now, rate=0, longest=FOREVER)
        self.dynamo = FakeDynamo(seconds=self.clock.seconds, visibility=self.torn)
        self.store: Store = make_store(self.dynamo, clock=self.clock)
        self.torn.settle()

    def add(self, *entries: Any) -> int:
        """Add entries that all can see; tell where they end."""
        self.store.add(*entries)
        self.torn.settle()
        return self.store.log.head(self.store.id).last

    def show(self, *prefixes: str, sk: str = "") -> None:
        """Show items by what their partition begins, their sort key ends with."""
        self.torn.show(
            lambda place: place[1].startswith(prefixes) and place[2].endswith(sk)
        )

    def facet(self, name: str) -> str:
        """Name the partition of a chain."""
        return f"FACET#{self.store.id}#{name}"

    def check(self) -> None:
        """Look through everything, with all of it seen."""
        self.torn.settle()
        audit.check(self.dynamo.items.values(), self.store.id)


@pytest.fixture
def world() -> World:
    """Give a world with entries of two rare types among many others."""
    world = World()
    world.add(make_entry(1, kind="tool"))
    world.add(make_entry(1, kind="malware"))
    world.add(*(make_entry(n) for n in range(10)))
    return world


def test_a_link_that_has_moved_on_is_not_passed_by_another_chain(world: World) -> None:
    tool, _ = world.store.dates(RARE)
    world.store.compact()
    world.show(world.facet("tool"))
    world.show("LOG", sk=str(world.store.log.head(world.store.id).last))

    page = world.store.page(RARE, limit=1)

    assert page.position < tool or page.entries[0].date_added == tool


def test_one_chain_is_not_followed_to_where_another_cannot_be_seen_yet(
    world: World,
) -> None:
    seen, head = world.store.dates(RARE), world.store.log.head(world.store.id)
    world.store.add(make_entry(2, kind="tool"))
    world.show("HEAD")
    world.store.add(make_entry(2, kind="malware"))
    last = max(world.torn.waiting, key=lambda place: place[2])[2]
    world.show(world.facet("malware"), "LOG", sk=last)

    page = world.store.log.page(head, PageRequest(0, 10, ROOM, RARE))

    assert [entry.date_added for entry in page.entries] == seen
    assert page.position <= head.last


def test_a_history_that_is_not_the_segments_own_is_not_read() -> None:
    world = World()
    # Two segments that are too large to become one.
    for start in (0, 96):
        world.add(*(make_entry(start + n) for n in range(96)))
    for start in (0, 20):
        world.add(*(make_entry(start + n, version=2) for n in range(12)))
        world.store.compact()
        world.torn.settle()
        # Its next step needs to see the head of the first.
        moved = world.store.compact().moved
        world.show("HEAD", "LOG", "OLD", "FACET", *(["HIST"] if start == 0 else []))
    assert moved == 12
    truth = [
        e.date_added
        for e in audit.read(world.dynamo.items.values(), world.store.id).entries()
    ]

    page = world.store.page(ALL)

    dates = [entry.date_added for entry in page.entries]
    assert dates == [date for date in truth if date <= page.position]
    world.check()


def test_marks_that_cannot_be_seen_yet_are_not_forgotten(world: World) -> None:
    world.store.add(make_entry(3, version=9))

    for _ in range(3):
        world.show("HEAD", "LOG", "FACET")
        world.store.compact()

    world.check()


def test_a_mark_that_was_changed_since_is_not_taken_away(world: World) -> None:
    world.add(make_entry(3, version=9, spec_version="2.0"))
    world.store.add(make_entry(3, version=10))
    world.show("HEAD", "LOG", "FACET", "CARD")

    world.store.compact()

    world.check()


def test_a_link_that_was_joined_since_is_not_joined_again(world: World) -> None:
    world.add(*(make_entry(60, kind=kind) for kind in ("tool", "malware", "indicator")))
    world.store.compact()
    world.show("HEAD", "LOG", "HIST", "OLD")
    # What has gone is seen to be gone; what was put is not seen yet.
    last = str(world.store.log.head(world.store.id).last)
    world.torn.show(lambda place: not place[2].endswith(last))
    world.store.add(make_entry(50))
    world.torn.show(lambda place: not place[2].endswith(last))

    world.store.compact()

    world.check()
