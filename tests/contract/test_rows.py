"""Pages of IOCs: newest and oldest first, filtered, against a plain model."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core import instants
from chalicelib.core.iocs.ioc import IocType, Said, Sighting, key_of
from chalicelib.core.lists import entries
from chalicelib.core.lists.listing import Filters, Listing, RowPage
from chalicelib.core.lists.row import Row, from_json, row_of
from chalicelib.core.log.entry import escaped_size
from chalicelib.core.log.head import ROWS
from chalicelib.core.log.query import EVERYTHING
from chalicelib.core.ports import PageRequest
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.client import Client
from chalicelib.store.dynamo.rows import MOST_SEGMENTS, DynamoRows
from tests import audit
from tests.factories import make_row
from tests.publishing import (
    ALPHA,
    AMBER,
    BETA,
    LIST,
    NEVER,
    Feed,
    World,
    sighting,
    sightings,
    value_of,
)

ROOM = 5_000_000
ANY = Filters()
HOST = sighting("bad.example")
OTHER = sighting("worse.example")
PHISH = Feed(id="phish", name="Phish list", category="phishing", reliability=40)
FEEDS = (ALPHA, BETA, LIST, AMBER, PHISH)


@dataclass
class Reader:
    """Pages of a world, and what they should be."""

    world: World
    rows: DynamoRows = field(init=False)

    def __post_init__(self) -> None:
        self.rows = DynamoRows(self.world.table, self.world.clock)

    def page(self, filters: Filters = ANY, **given: Any) -> RowPage:
        """Read a page; usually all, newest first."""
        usual: dict[str, Any] = {
            "after": 0,
            "until": instants.LATEST,
            "limit": 1_000,
            "room": ROOM,
        }
        return self.rows.page(Listing(filters, **(usual | given)))

    def pages(
        self, filters: Filters = ANY, *, newest_first: bool = True, **given: Any
    ) -> Iterator[RowPage]:
        """Read page after page."""
        for _ in range(10_000):
            page = self.page(filters, newest_first=newest_first, **given)
            yield page
            if not page.more:
                return
            if newest_first:
                given["until"] = page.place - 1
            else:
                given["after"] = page.place
        pytest.fail("it never ends")

    def walk(self, filters: Filters = ANY, **given: Any) -> list[tuple[int, Row]]:
        """Read all pages; give positions and rows."""
        return [
            (position, from_json(row))
            for page in self.pages(filters, **given)
            for position, row in zip(page.positions, page.rows, strict=True)
        ]

    def values(self, filters: Filters = ANY, **given: Any) -> list[str]:
        """Read all pages; give the values."""
        return [row.value for _, row in self.walk(filters, **given)]

    def truth(self, filters: Filters = ANY) -> list[tuple[int, Row]]:
        """Filter and sort what is there and active, oldest first."""
        head = self.world.log.head(ROWS)
        page = self.world.log.page(head, PageRequest(0, 10**6, 10**9, EVERYTHING))
        assert not page.more
        found = [
            (entry.date_added, from_json(data))
            for entry, data in zip(page.entries, page.data, strict=True)
        ]
        return [one for one in found if not one[1].revoked and filters.takes(one[1])]


@pytest.fixture
def world() -> World:
    return World(feeds=FEEDS)


# What is published, and what becomes of it


def test_there_is_nothing_before_anything_is_published(world: World):
    reader = Reader(world)
    assert reader.page() == RowPage([], [], reader.page().place, more=False, end=0)
    assert reader.page(newest_first=False).rows == []
    assert reader.rows.end() == 0
    assert reader.rows.near(IocType.DOMAIN, "bad.example", 5) == []


def test_a_table_without_the_log_is_an_empty_list():
    reader = Reader(World())
    reader.world.dynamo.items.clear()
    assert reader.page().rows == []
    assert reader.rows.end() == 0


def test_what_is_published_is_there_newest_first(world: World):
    reader = Reader(world)
    world.publish(ALPHA, HOST)
    world.clock.advance(1)
    world.publish(BETA, OTHER)
    assert reader.values() == ["worse.example", "bad.example"]
    assert reader.values(newest_first=False) == ["bad.example", "worse.example"]
    (position, row), _ = reader.walk()
    assert reader.rows.end() == reader.page().end
    assert position <= reader.rows.end()
    assert row == row_of(world.record(OTHER), {feed.id: feed for feed in FEEDS})


def test_what_changes_moves_to_the_top_and_is_there_once(world: World):
    reader = Reader(world)
    world.publish(ALPHA, HOST, OTHER)
    world.clock.advance(1)
    world.publish(BETA, sighting("bad.example", tags=("new",)))
    ((_, top), (_, below)) = reader.walk()
    assert (top.value, top.sources, top.tags) == (
        "bad.example",
        ("alpha", "beta"),
        ("new",),
    )
    assert below.value == "worse.example"


def test_what_is_said_again_changes_nothing(world: World):
    reader = Reader(world)
    world.publish(LIST, HOST)
    before = reader.page()
    world.clock.advance(60)
    world.publish(LIST, HOST)
    assert reader.page() == before


def test_what_is_over_goes_and_may_come_back(world: World):
    reader = Reader(world)
    world.publish(LIST, HOST, OTHER)
    world.clock.advance(1)
    world.vanish(LIST, HOST)
    assert reader.values() == ["worse.example"]
    assert reader.values(newest_first=False) == ["worse.example"]
    assert reader.values(Filters(types=(IocType.DOMAIN,))) == ["worse.example"]
    world.clock.advance(1)
    world.publish(LIST, HOST)
    assert reader.values() == ["bad.example", "worse.example"]
    assert reader.walk()[0][1].life == 2


def test_what_expires_goes(world: World):
    reader = Reader(world)
    world.publish(ALPHA, HOST)
    world.expire(days=400)
    assert world.record(HOST).revoked
    assert reader.values() == []


# Bounds


def test_after_is_left_out_and_until_is_included(world: World):
    reader = Reader(world)
    world.publish(ALPHA, *sightings(10))
    positions = [position for position, _ in reader.truth()]
    for newest_first in (True, False):
        page = reader.page(
            after=positions[2], until=positions[6], newest_first=newest_first
        )
        assert sorted(page.positions) == positions[3:7]
        assert not page.more


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize(
    ("after", "until"), [(0, 0), (5, 5), (9, 2), (-7, -3), (-1, 0), (10**17, 10**17)]
)
def test_a_window_without_anything_is_empty(world: World, after, until, newest_first):
    reader = Reader(world)
    world.publish(ALPHA, HOST)
    page = reader.page(after=after, until=until, newest_first=newest_first)
    assert (page.rows, page.more) == ([], False)


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_window_before_1970_is_open(world: World, newest_first):
    reader = Reader(world)
    world.publish(ALPHA, HOST)
    page = reader.page(after=-(10**17), newest_first=newest_first)
    assert (len(page.rows), page.more) == (1, False)


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_page_is_bounded_in_bytes_but_never_empty(world: World, newest_first):
    reader = Reader(world)
    world.publish(ALPHA, *sightings(30, context='é"\\' * 60))
    weights = {p: escaped_size(r) for p, r in _raw(reader)}
    for room in (1, 3_000, 20_000):
        for page in reader.pages(room=room, newest_first=newest_first):
            heavy = sum(weights[position] for position in page.positions)
            assert heavy <= room or len(page.rows) == 1
        walked = reader.walk(room=room, newest_first=newest_first)
        assert sorted(walked, key=_place) == reader.truth()


def _place(one: tuple[int, Any]) -> int:
    return one[0]


def _raw(reader: Reader) -> Iterator[tuple[int, bytes]]:
    page = reader.page()
    return zip(page.positions, page.rows, strict=True)


# Against the model

TAGS = ("mirai", "Botnet", "energy", "c2,x", "straße", "banking")
KINDS = (IocType.IPV4, IocType.URL, IocType.DOMAIN, IocType.CVE)
SAID = st.builds(
    Said,
    tags=st.lists(st.sampled_from(TAGS), max_size=2).map(tuple),
    malware=st.sampled_from([None, "Emotet", "Mirai"]),
    confidence=st.sampled_from([None, 10, 90]),
)
SIGHTINGS = st.builds(
    lambda kind, number, said: Sighting(kind, value_of(kind, number), said),
    st.sampled_from(KINDS),
    st.integers(0, 4),
    SAID,
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["publish", "publish", "publish", "vanish", "expire", "compact"]
        ),
        st.sampled_from(FEEDS),
        st.lists(SIGHTINGS, min_size=1, max_size=6),
        st.sampled_from([0.0, 0.01, 1.0, 20.0]),
    ),
    max_size=10,
)
FILTERS = st.builds(
    Filters,
    types=st.just(()) | st.lists(st.sampled_from(KINDS), max_size=2).map(tuple),
    categories=st.just(()) | st.sampled_from([("malware",), ("phishing", "x")]),
    confidences=st.just(()) | st.sampled_from([("high",), ("medium", "low")]),
    sources=st.just(()) | st.sampled_from([("alpha",), ("phish", "beta"), ("none",)]),
    tags=st.just(())
    | st.lists(
        st.sampled_from([*(t.casefold() for t in TAGS), "emotet", "nobody"]),
        min_size=1,
        max_size=2,
    ).map(tuple),
    industries=st.just(())
    | st.sampled_from([("energy",), ("financial-services", "energy"), ("water",)]),
)
LIMITS = st.sampled_from([1, 2, 3, 7, 1_000])


def act(world: World, step: tuple[str, Feed, list[Sighting], float]) -> None:
    """Do one step."""
    what, feed, said, days = step
    world.clock.advance(days * 86_400)
    if what == "publish":
        world.publish(feed, *said)
    elif what == "vanish":
        world.vanish(LIST, *said)
    elif what == "expire":
        world.expire()
    else:
        world.clock.advance(1)
        world.log.compact(ROWS, NEVER, settled=0)


@settings(
    max_examples=settings().max_examples // 2,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(STEPS, FILTERS, LIMITS, st.booleans(), st.data())
def test_pages_are_what_the_model_says(
    steps: list, filters: Filters, limit: int, newest_first, data: st.DataObject
):
    world = World(feeds=FEEDS)
    reader = Reader(world)
    for step in steps:
        act(world, step)
    audit.check(world.dynamo.items.values(), ROWS)
    truth = reader.truth(filters)
    asked: dict[str, Any] = {}
    if truth:
        some = st.sampled_from([one for one, _ in reader.truth()])
        first = data.draw(some) + data.draw(st.integers(-1, 1))
        last = data.draw(some | st.just(instants.LATEST - 1)) + data.draw(
            st.integers(-1, 1)
        )
        asked = {"after": first, "until": last}
        truth = [one for one in truth if first < one[0] <= last]
    pages = list(reader.pages(filters, limit=limit, newest_first=newest_first, **asked))
    assert all(len(page.rows) <= limit for page in pages)
    assert all(page.end == reader.rows.end() for page in pages)
    found = [
        (position, from_json(row))
        for page in pages
        for position, row in zip(page.positions, page.rows, strict=True)
    ]
    assert found == (truth[::-1] if newest_first else truth)


@settings(
    max_examples=settings().max_examples // 2,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(STEPS)
def test_the_list_is_what_the_records_say(steps: list):
    world = World(feeds=FEEDS)
    for step in steps:
        act(world, step)
    said = {(one.type, one.value) for step in steps for one in step[2]}
    kept = world.iocs.get_many([key_of(*one) for one in said])
    active = {
        (one.ioc.type, one.ioc.value, one.ioc.modified)
        for one in kept.values()
        if not one.ioc.revoked
    }
    for newest_first in (True, False):
        walked = Reader(world).walk(limit=3, newest_first=newest_first)
        assert len(walked) == len(active)
        # What changes unseen keeps the version that was published.
        assert {(row.type, row.value, row.modified) for _, row in walked} == active


@settings(
    max_examples=settings().max_examples // 2,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(STEPS, STEPS, FILTERS, LIMITS)
def test_oldest_first_misses_nothing_that_changes_between_pages(
    before: list, meanwhile: list, filters: Filters, limit: int
):
    world = World(feeds=FEEDS)
    reader = Reader(world)
    for step in before:
        act(world, step)
    rest = iter(meanwhile)
    seen: list[int] = []
    for page in reader.pages(filters, limit=limit, newest_first=False):
        seen += page.positions
        for step in rest:
            act(world, step)
            break
    place = page.place
    for step in rest:
        act(world, step)
    walked = reader.walk(filters, limit=limit, newest_first=False, after=place)
    seen += [position for position, _ in walked]
    assert seen == sorted(set(seen))
    assert {position for position, _ in reader.truth(filters)} <= set(seen)


@settings(
    max_examples=settings().max_examples // 2,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(STEPS, FILTERS, LIMITS, st.booleans())
def test_compaction_between_pages_changes_nothing(
    steps: list, filters: Filters, limit: int, newest_first
):
    world = World(feeds=FEEDS)
    reader = Reader(world)
    for step in steps:
        act(world, step)
    truth = reader.truth(filters)
    found: list[int] = []
    for page in reader.pages(filters, limit=limit, newest_first=newest_first):
        found += page.positions
        act(world, ("compact", ALPHA, [], 0.0))
        audit.check(world.dynamo.items.values(), ROWS)
    expected = [position for position, _ in truth]
    assert found == (expected[::-1] if newest_first else expected)


# What it costs

LONG = 4_000


@pytest.fixture(scope="module")
def many() -> Reader:
    """Give 4,000 IOCs, one in 500 an address, one in 40 of another tag."""
    world = World(feeds=FEEDS)
    log: list[Any] = []
    for number in range(LONG):
        kind = IocType.IPV4 if number % 500 == 17 else IocType.DOMAIN
        tags = ("rare",) if number % 40 == 3 else ("often",)
        low = "low" if number == 5 else "high"
        log.append(
            entries.to_entry(
                make_row(value_of(kind, number), kind, tags=tags, confidence=low)
            )
        )
    for start in range(0, LONG, 20):
        list(world.log.append(ROWS, log[start : start + 20], NEVER))
        world.clock.advance(1)
    # As many segments as compaction has not come to yet.
    world.clock.advance(100)
    return Reader(world)


def cost(reader: Reader, *, filters: Filters = ANY, **given: Any) -> tuple[float, Any]:
    """Read a page; tell its read units."""
    reader.world.dynamo.reset_counts()
    page = reader.page(filters, **given)
    return reader.world.dynamo.reads, page


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize(
    "filters", [ANY, Filters(tags=("rare",))], ids=["all", "a tag"]
)
def test_a_page_costs_the_same_at_any_depth(many: Reader, filters, newest_first):
    positions = [position for position, _ in many.truth()]
    costs = []
    for share in (0.2, 0.5, 0.8):
        place = positions[int(share * LONG)]
        bounds = {"until": place} if newest_first else {"after": place}
        reads, page = cost(
            many, filters=filters, limit=15, newest_first=newest_first, **bounds
        )
        costs.append(reads)
        assert page.rows
    assert max(costs) - min(costs) <= max(3, 0.2 * max(costs))


@pytest.mark.parametrize("newest_first", [True, False])
def test_what_is_rare_costs_what_its_own_segments_cost(many: Reader, newest_first):
    filters = Filters(types=(IocType.IPV4,))
    reads, page = cost(many, filters=filters, limit=100, newest_first=newest_first)
    assert (len(page.rows), page.more) == (LONG // 500, False)
    assert reads <= 30


def test_newest_first_reads_no_further_back_than_asked(many: Reader):
    filters = Filters(types=(IocType.IPV4,))
    positions = [position for position, _ in many.truth()]
    for one in (ANY, filters):
        reads, page = cost(many, filters=one, after=positions[-30], limit=1_000)
        assert not page.more
        assert reads <= 8


@pytest.mark.parametrize("newest_first", [True, False])
def test_what_matches_next_to_nothing_gives_short_pages(many: Reader, newest_first):
    filters = Filters(confidences=("low",))
    found: list[bytes] = []
    places: list[int] = []
    for limit in (1, 10, 1_000):
        given: dict[str, Any] = {"limit": limit, "newest_first": newest_first}
        found.clear()
        places.clear()
        more = True
        while more:
            read = _segments_read(many, filters, given)
            page = many.page(filters, **given)
            assert read <= MOST_SEGMENTS
            places.append(page.place)
            found += page.rows
            more = page.more
            bound = {"until": page.place - 1} if newest_first else {"after": page.place}
            given |= bound
        assert len(found) == 1
        assert 2 <= len(places) <= 5
        assert places == sorted(set(places), reverse=newest_first)


def _segments_read(reader: Reader, filters: Filters, given: dict[str, Any]) -> int:
    """Count the segments that a page reads, by a table that tells."""
    table = reader.world.table
    counted = Counting(table)
    DynamoRows(counted, reader.world.clock).page(  # type: ignore[arg-type]
        Listing(
            filters, **({"after": 0, "until": instants.LATEST, "room": ROOM} | given)
        )
    )
    return counted.segments


class Counting:
    """A table that counts the segments that are read of it."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self.segments = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def query(self, pk: str, **bounds: Any) -> Iterator[list[Any]]:
        for page in self._table.query(pk, **bounds):
            self.segments += len(page) * pk.startswith("LOG#")
            yield page

    def get_many(self, keys: Any) -> Any:
        found = self._table.get_many(keys)
        self.segments += len(found)
        return found


@pytest.mark.parametrize("newest_first", [True, False])
def test_what_is_nowhere_is_known_from_the_head(many: Reader, newest_first):
    for filters in (
        Filters(types=(IocType.SHA512,)),
        Filters(sources=("nobody",)),
        Filters(confidences=("high",), industries=("water",)),
    ):
        reads, page = cost(many, filters=filters, newest_first=newest_first)
        assert (page.rows, page.more) == ([], False)
        assert reads <= 3


def test_compaction_makes_rows_dense():
    world = World(feeds=FEEDS)
    reader = Reader(world)
    for number in range(40):
        world.publish(ALPHA, sighting(f"host-{number}.example", tags=("a", "b")))
        world.publish(BETA, sighting("always.example", tags=(f"tag-{number % 20}",)))
        world.clock.advance(10)
    before, _ = cost(reader)
    truth = reader.truth()
    world.clock.advance(120)
    done = world.log.compact(ROWS, NEVER)
    assert done.segments >= 50
    assert done.moved >= 18
    after, page = cost(reader)
    assert after < before / 2
    assert page.positions == [position for position, _ in truth][::-1]
    assert not [pk for _, pk, _ in world.dynamo.items if pk == schema.marks(ROWS)]
    audit.check(world.dynamo.items.values(), ROWS)


def test_segments_of_many_facets_are_joined_too():
    world = World(feeds=FEEDS)
    tags = tuple(f"tag-{number}" for number in range(20))
    for number in range(4):
        world.publish(ALPHA, sighting(f"host-{number}.example", tags=tags))
        world.clock.advance(10)
    world.clock.advance(120)
    assert world.log.compact(ROWS, NEVER).segments == 3
    audit.check(world.dynamo.items.values(), ROWS)
    assert len(Reader(world).values()) == 4


# What sorts next to a text

NEAR = (
    (IocType.DOMAIN, "login.example"),
    (IocType.DOMAIN, "login-bank.example"),
    (IocType.DOMAIN, "login-shop.example"),
    (IocType.DOMAIN, "lo.example"),
    (IocType.DOMAIN, "lp.example"),
    (IocType.DOMAIN, "ln.example"),
    (IocType.DOMAIN, "münchen.example"),
    (IocType.URL, "https://login.example/A"),
    (IocType.URL, "http://login.example/B\u00a0\t\n"),
    (IocType.URL, "http://x"),
    (IocType.URL, "http://xy"),
    (IocType.URL, "http://"),
    (IocType.URL, f"http://long.example/{'q' * 300}1"),
    (IocType.URL, f"http://long.example/{'q' * 300}2"),
    (IocType.URL, "http://😀.example/#a#b"),
    (IocType.IPV4, "198.51.100.7"),
    (IocType.IPV4, "198.51.100.70"),
    (IocType.IPV4, "199.51.100.70"),
)


@pytest.fixture(scope="module")
def named() -> Reader:
    world = World(feeds=FEEDS)
    there = [entries.to_entry(make_row(value, kind)) for kind, value in NEAR]
    list(world.log.append(ROWS, there, NEVER))
    return Reader(world)


def near(reader: Reader, kind: IocType, text: str, most: int = 50) -> list[str]:
    """Give the values next to a text."""
    values = {key_of(*one): one[1] for one in NEAR}
    return [values[key] for key in reader.rows.near(kind, text, most)]


@pytest.mark.parametrize(("kind", "value"), NEAR[:-7] + NEAR[-6:], ids=repr)
def test_every_value_is_near_itself(named: Reader, kind: IocType, value: str):
    if value != "http://":
        assert value in near(named, kind, value)
        assert value in near(named, kind, value.upper())


def test_what_begins_so_comes_first_in_order(named: Reader):
    found = near(named, IocType.DOMAIN, "login-", 2)
    assert found[:2] == ["login-bank.example", "login-shop.example"]
    assert found[2:] == ["lo.example"]


def test_both_sides_are_given_the_nearest_first(named: Reader):
    found = near(named, IocType.DOMAIN, "login-m.example", 1)
    assert found == ["login-shop.example", "login-bank.example"]


def test_only_what_begins_with_the_same_two_characters_is_near(named: Reader):
    found = near(named, IocType.DOMAIN, "lo")
    assert set(found) == {
        "lo.example",
        "login.example",
        "login-bank.example",
        "login-shop.example",
    }
    assert near(named, IocType.DOMAIN, "lq.example") == []
    assert near(named, IocType.EMAIL, "login.example") == []


def test_values_that_begin_alike_for_long_are_all_near(named: Reader):
    long = {value for _, value in NEAR if "long" in value}
    assert set(near(named, IocType.URL, f"http://long.example/{'q' * 250}", 2)) >= long
    assert set(near(named, IocType.URL, f"http://long.example/{'q' * 150}z", 2)) == long


def test_a_url_of_one_letter_is_near_itself(named: Reader):
    assert near(named, IocType.URL, "http://x") == ["http://x"]
    assert near(named, IocType.URL, "http://xy") == ["http://xy"]


@pytest.mark.parametrize(
    "text", ["", "a", "#", "\t", "é", "😀", "a#", "\0\0", " ", "x" * 9_999]
)
@pytest.mark.parametrize("kind", IocType)
def test_odd_texts_break_nothing(named: Reader, kind: IocType, text: str):
    assert isinstance(named.rows.near(kind, text, 5), list)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(IocType))
def test_any_text_may_be_near_something(kind_text: str, kind: IocType):
    reader = Reader(World())
    (value,) = (kind_text,)
    list(
        reader.world.log.append(ROWS, [entries.to_entry(make_row(value, kind))], NEVER)
    )
    found = reader.rows.near(kind, value, 1)
    if entries.place_of(kind, value):
        assert found == [key_of(kind, value)]


# On an emulator


def test_an_emulator_gives_the_same_pages(emulator: Client):
    world = World(feeds=FEEDS, client=emulator)
    reader = Reader(world)
    before = reader.rows.end()
    words = [f"{uuid.uuid4().hex}.example" for _ in range(12)]
    for start in range(0, 12, 3):
        said = [
            sighting(word, tags=(f"t{start}",)) for word in words[start : start + 3]
        ]
        world.publish(LIST, *said)
        world.clock.advance(1)
    world.publish(BETA, sighting(words[0], tags=("later",)))
    world.vanish(LIST, sighting(words[1]))
    truth = [one for one in reader.truth() if one[0] > before]
    assert len(truth) == 11
    for limit in (2, 1_000):
        newest = reader.walk(limit=limit, after=before)
        assert newest == truth[::-1]
        assert reader.walk(limit=limit, after=before, newest_first=False) == truth
    tagged = reader.walk(Filters(tags=("t3",)), limit=1, after=before)
    assert [row.value for _, row in tagged] == [words[5], words[4], words[3]]
    (key,) = reader.rows.near(IocType.DOMAIN, words[7], 1)[:1]
    assert key == key_of(IocType.DOMAIN, words[7])
