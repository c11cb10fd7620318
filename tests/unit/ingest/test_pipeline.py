"""Runs: what is due, what is news, what is taken back, and what goes wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import pytest

from chalicelib import container as containers
from chalicelib.container import Container, Outside
from chalicelib.core.articles.query import ArticleQuery
from chalicelib.core.articles.stored import Order
from chalicelib.core.feeds.state import Health
from chalicelib.core.iocs import stix
from chalicelib.core.log.query import EVERYTHING
from chalicelib.core.ports import PageRequest
from chalicelib.core.windows import MINUTE
from chalicelib.ingest import source as sources
from chalicelib.ingest.pipeline import Pipeline
from chalicelib.ingest.report import Report
from chalicelib.ingest.source import Source
from chalicelib.ingest.web.fetch import Fetched, FetchFailed, Unchanged
from chalicelib.settings import Settings
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.doubles.outside import FakePlans, FakeSecrets

ALL = "472c1475-2328-4c17-9579-45ef3296f337"
URL = "https://feeds.example.com/list.txt"
ROW = """
[[source]]
id = "made-up"
name = "Made up"
url = "https://feeds.example.com/list.txt"
format = "value_lines"
every = 60
category = "malware"
reliability = 80
licence = "own"
attribution = "us"
redistribute = true
authoritative = true
"""
HOUR = 60 * 60


@dataclass
class FakeWeb:
    """What the network says; a text, or an error to raise."""

    says: str | Exception = ""
    etag: str | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def fetch(self, url: str, **how: Any) -> Fetched | Unchanged:
        self.asked.append({"url": url, **how})
        if isinstance(self.says, Exception):
            raise self.says
        if self.etag is not None and how["etag"] == self.etag:
            return Unchanged()
        body = self.says.encode()
        digest = sha256(body).hexdigest()
        return Fetched(io.BytesIO(body), self.etag, None, digest, len(body))

    def opener(self, url: str, **_: Any) -> Callable[[str], io.BytesIO]:
        def opened(further: str) -> io.BytesIO:
            raise FetchFailed(f"{url} leads no further than {further}")

        return opened


class Killed(BaseException):
    """The process dies."""


@dataclass
class World:
    """A pipeline and what it stands on."""

    pipeline: Pipeline
    container: Container
    web: FakeWeb
    dynamo: FakeDynamo
    clock: FakeClock
    source: Source

    def run(self, says: str | Exception | None = None) -> Report:
        """Run the source, with another list if one is given."""
        if says is not None:
            self.web.says = says
        return self.pipeline.run(self.source, self.clock.monotonic() + 600)

    def objects(self, collection: str = ALL, after: int = 0) -> list[Any]:
        """Read what is in a collection behind a position."""
        head = self.container.log.head(collection)
        page = self.container.log.page(
            head, PageRequest(after, 10_000, 5_000_000, EVERYTHING)
        )
        return [json.loads(data) for data in page.data]

    def indicators(self, **wanted: Any) -> list[str]:
        """Read the patterns of the indicators that are so."""
        return [
            one["pattern"]
            for one in self.objects()
            if one["type"] == "indicator"
            and all(one.get(name) == value for name, value in wanted.items())
        ]

    def active(self) -> set[str]:
        """Read the patterns of the indicators that are neither revoked nor over."""
        now = stix.time_text(self.clock.now())
        return {
            one["pattern"]
            for one in self.objects()
            if one["type"] == "indicator"
            and not one.get("revoked")
            and one["valid_until"] > now
        }

    def die(self, says: str, at: int) -> None:
        """Run the source until a call to storage, and let its lease end."""
        calls = 0

        def kill(_: str) -> None:
            nonlocal calls
            calls += 1
            if calls == at:
                raise Killed

        self.dynamo.before_call = kill
        with suppress(Killed):
            self.run(says)
        self.dynamo.before_call = lambda _: None
        self.clock.advance(2 * HOUR)

    def position(self) -> int:
        """Where a poller would be that has read all."""
        return self.container.log.head(ALL).last


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    (made_up,) = sources.read(ROW)
    monkeypatch.setattr(sources, "load", lambda: (made_up,))
    clock = FakeClock()
    dynamo = FakeDynamo(seconds=clock.seconds)
    client = client_of(dynamo)
    outside = Outside(clock, client, client, FakeSecrets(), FakePlans())
    container = containers.build(Settings.from_env({}), outside)
    web = FakeWeb()
    pipeline = containers.ingestion(container, fetcher=web, allow=("192.0.2.0/24",))
    yield World(pipeline, container, web, dynamo, clock, made_up)
    container.recorder.close()


def lines(*numbers: int) -> str:
    return "\n".join(f"192.0.2.{number}" for number in numbers)


def pattern(number: int) -> str:
    return f"[ipv4-addr:value = '192.0.2.{number}']"


def test_a_first_run_publishes_what_is_there(world: World):
    report = world.run(lines(1, 2, 3) + "\n# a remark\nno value at all\n8.8.8.8\n")
    assert report.ending == "read"
    assert (report.counts.new, report.counts.updated) == (3, 0)
    assert report.counts.rows == 5
    assert sum(report.counts.rejected.values()) == 2
    assert sorted(world.indicators()) == [pattern(1), pattern(2), pattern(3)]


def test_a_second_run_over_the_same_list_reads_and_writes_no_record(world: World):
    world.run(lines(1, 2, 3))
    before = world.position()
    world.clock.advance(HOUR)
    world.dynamo.reset_counts()
    report = world.run()
    assert report.ending == "unchanged"
    # The state is read, leased and given back.
    assert world.dynamo.writes <= 2
    assert world.dynamo.calls["BatchGetItem"] == 0
    assert world.position() == before


def test_a_list_in_another_order_with_later_dates_writes_no_record(world: World):
    world.run(lines(1, 2, 3))
    before = world.position()
    world.clock.advance(HOUR)
    report = world.run(lines(3, 1, 2) + "\n# built anew")
    assert report.ending == "read"
    assert (report.counts.new, report.counts.updated, report.counts.same) == (0, 0, 3)
    assert world.position() == before


def test_a_poller_between_two_runs_gets_exactly_what_changed(world: World):
    world.run(lines(*range(1, 30)))
    position = world.position()
    world.clock.advance(HOUR)
    report = world.run(lines(*range(3, 32)))
    assert (report.counts.new, report.counts.vanished) == (2, 2)
    changed = {
        one["pattern"]: one.get("revoked", False)
        for one in world.objects(after=position)
        if one["type"] == "indicator"
    }
    assert changed == {
        pattern(1): True,
        pattern(2): True,
        pattern(30): False,
        pattern(31): False,
    }


def test_a_list_that_came_empty_revokes_nothing(world: World):
    world.run(lines(*range(1, 30)))
    world.clock.advance(HOUR)
    report = world.run("# sorry, no data today")
    assert report.counts.vanished == 0
    assert report.state.warning
    assert world.indicators(revoked=True) == []


def test_a_list_that_stays_short_is_believed_in_the_end(world: World):
    world.run(lines(*range(1, 41)))
    for _ in range(2):
        world.clock.advance(HOUR)
        assert world.run(lines(1, 2, 3)).counts.vanished == 0
    world.clock.advance(12 * HOUR)
    assert world.run(lines(1, 2, 3)).counts.vanished == 37
    assert len(world.indicators(revoked=True)) == 37


def test_a_rolling_list_takes_nothing_back(world: World):
    world.source = replace(world.source, authoritative=False)
    world.run(lines(*range(1, 30)))
    world.clock.advance(HOUR)
    report = world.run(lines(30))
    assert (report.counts.new, report.counts.vanished) == (1, 0)
    assert world.indicators(revoked=True) == []


def test_a_request_is_conditional_and_304_ends_the_run(world: World):
    world.web.etag = '"one"'
    world.run(lines(1))
    world.clock.advance(HOUR)
    assert world.run().ending == "unchanged"
    assert [one["etag"] for one in world.web.asked] == [None, '"one"']


def test_other_rules_read_an_unchanged_list_again(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    world.web.etag = '"one"'
    world.run(lines(1, 2))
    world.clock.advance(HOUR)
    monkeypatch.setattr("chalicelib.ingest.warninglists.version", lambda: "other")
    report = world.run()
    assert (report.ending, report.counts.same) == ("read", 2)
    world.clock.advance(HOUR)
    assert world.run().ending == "unchanged"


def test_validity_is_refreshed_though_the_list_stays_the_same(world: World):
    world.web.etag = '"one"'
    world.run(lines(1))
    (first,) = [o for o in world.objects() if o["type"] == "indicator"]
    for _ in range(17):
        world.clock.advance(24 * HOUR)
        world.run()
    (later,) = [o for o in world.objects() if o["type"] == "indicator"]
    assert later["valid_until"] > first["valid_until"]
    assert later["id"] == first["id"]


def test_another_address_is_asked_without_what_the_first_one_said(world: World):
    world.web.etag = '"one"'
    world.run(lines(1, 2))
    world.clock.advance(HOUR)
    world.source = replace(world.source, url="https://feeds.example.com/other.txt")
    assert world.run().ending == "read"
    assert world.web.asked[-1]["etag"] is None
    world.clock.advance(HOUR)
    assert world.run().ending == "unchanged"


def test_a_first_page_that_is_the_same_hides_nothing_on_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    def page(*numbers: int, **rest: Any) -> str:
        objects = [
            {"type": "indicator", "id": f"indicator--{n}", "pattern": pattern(n)}
            for n in numbers
        ]
        return json.dumps({"objects": objects, **rest})

    second = page(2)
    monkeypatch.setattr(
        world.web, "opener", lambda *_, **__: lambda _: io.BytesIO(second.encode())
    )
    made_up = replace(world.source, format="taxii_collection", authoritative=False)
    world.source = made_up
    world.run(page(1, more=True, next="2"))
    world.clock.advance(HOUR)
    second = page(2, 3)
    assert world.run().counts.new == 1
    assert world.active() == {pattern(1), pattern(2), pattern(3)}


def test_a_list_that_an_operator_has_not_named_holds_nothing(world: World):
    world.run(lines(1, 2))
    settings = replace(world.container.settings, feeds=frozenset({"another"}))
    container = replace(world.container, settings=settings)
    pipeline = containers.ingestion(container, fetcher=world.web)
    world.clock.advance(40 * 24 * HOUR)
    assert pipeline.expire(world.clock.monotonic() + 60) == 2


def test_what_nobody_lists_any_more_expires_by_itself(world: World):
    world.source = replace(world.source, authoritative=False)
    world.run(lines(1, 2))
    world.clock.advance(40 * 24 * HOUR)
    revoked = world.pipeline.expire(world.clock.monotonic() + 60)
    assert revoked == 2
    assert len(world.indicators(revoked=True)) == 2
    assert world.pipeline.expire(world.clock.monotonic() + 60) == 0


# What goes wrong


def test_a_feed_that_fails_says_why_and_backs_off(world: World):
    world.run(lines(1))
    world.clock.advance(HOUR)
    waits = []
    for _ in range(3):
        report = world.run(FetchFailed("feeds.example.com answered 500"))
        assert report.ending == "failed"
        waits.append(report.state.next_due - world.clock.now())
    assert report.state.last_error == "feeds.example.com answered 500"
    assert waits == sorted(set(waits))
    now = world.clock.now()
    assert report.state.health(now, world.source.every) is Health.FAILING
    assert world.indicators() == [pattern(1)]
    recovered = world.run(lines(1, 2))
    assert (recovered.ending, recovered.state.failures) == ("read", 0)


def test_a_server_that_asks_for_time_is_given_it(world: World):
    report = world.run(FetchFailed("feeds.example.com is busy", retry_after=7_200.0))
    assert report.state.next_due - world.clock.now() >= 7_200_000_000


def test_an_error_page_fails_the_run_and_takes_nothing_back(world: World):
    world.run(lines(*range(1, 30)))
    world.clock.advance(HOUR)
    report = world.run("<!DOCTYPE html><html><body>Please log in</body></html>")
    assert report.ending == "failed"
    assert "HTML" in (report.state.last_error or "")
    assert world.indicators(revoked=True) == []


def test_two_runs_at_once_do_not_read_the_same_source(world: World):
    reports: list[Report] = []

    def another(operation: str) -> None:
        if operation == "TransactWriteItems" and not reports:
            reports.append(world.run())

    world.web.says = lines(1, 2)
    world.dynamo.before_call = another
    assert world.run().ending == "read"
    assert [one.ending for one in reports] == ["busy"]


def test_a_run_out_of_time_goes_on_where_it_was(world: World):
    numbers = [f"198.51.100.{n}" for n in range(1, 255)]
    many = "\n".join(numbers + [f"203.0.113.{n}" for n in range(1, 255)])
    world.pipeline = containers.ingestion(
        world.container,
        fetcher=world.web,
        allow=("198.51.100.0/24", "203.0.113.0/24"),
    )
    world.web.says = many
    calls = []

    def slow(operation: str) -> None:
        calls.append(operation)
        world.clock.uptime += 10

    world.dynamo.before_call = slow
    deadline = world.clock.monotonic() + 200
    report = world.pipeline.run(world.source, deadline)
    assert report.ending == "cut"
    assert 0 < report.counts.new < 508
    assert report.state.due_at(60) <= world.clock.now()
    world.dynamo.before_call = lambda _: None
    done = world.run()
    assert done.ending == "read"
    assert done.state.last.new == 508
    assert len(world.indicators()) == len(set(world.indicators())) == 508


@pytest.mark.parametrize("death", range(1, 30, 2))
def test_a_run_that_dies_anywhere_is_taken_up_without_loss_or_doubles(
    world: World, death: int
):
    many = lines(*range(1, 120))
    world.die(many, at=death)
    world.run(many + "\n# once more")
    assert len(world.indicators()) == 119
    position = world.position()
    world.clock.advance(HOUR)
    world.run(lines(*range(1, 120)) + "\n# again")
    assert world.position() == position


@pytest.mark.parametrize("death", range(1, 20))
def test_what_was_being_taken_back_when_a_run_died_may_come_back(
    world: World, death: int
):
    world.run(lines(*range(1, 9)))
    world.clock.advance(HOUR)
    world.die(lines(*range(3, 9)), at=death)
    world.run(lines(*range(1, 9)))
    assert world.active() == {pattern(number) for number in range(1, 9)}


@pytest.mark.parametrize("death", [8, 11, 16, 19, 20, 21])
def test_what_a_run_that_died_published_ends_though_the_list_has_dropped_it(
    world: World, death: int
):
    world.die(lines(*range(1, 9)), at=death)
    for _ in range(50):
        world.run(lines(*range(3, 9)))
        world.pipeline.expire(world.clock.monotonic() + 60)
        world.clock.advance(24 * HOUR)
    assert world.active() == {pattern(number) for number in range(3, 9)}


def test_a_table_that_is_throttled_in_the_middle_loses_nothing(world: World):
    from chalicelib.errors import Unavailable

    busy = 0

    def throttle(operation: str) -> None:
        nonlocal busy
        if operation != "TransactWriteItems":
            return
        busy += 1
        if busy == 2:
            raise Unavailable("the storage is busy")

    world.web.says = lines(*range(1, 250))
    world.dynamo.before_call = throttle
    assert world.run().ending == "failed"
    world.dynamo.before_call = lambda _: None
    world.clock.advance(2 * HOUR)
    assert world.run().ending == "read"
    assert len(world.indicators()) == len(set(world.indicators())) == 249


def test_a_snapshot_that_lost_a_part_makes_all_of_a_list_news_and_no_doubles(
    world: World,
):
    world.run(lines(1, 2, 3))
    lost = [place for place in world.dynamo.items if place[1].startswith("SNAP#")]
    assert lost
    for place in lost:
        del world.dynamo.items[place]
    position = world.position()
    world.clock.advance(HOUR)
    report = world.run(lines(1, 2, 3, 4))
    assert (report.ending, report.counts.new, report.counts.same) == ("read", 1, 3)
    assert world.indicators(revoked=True) == []
    assert position < world.position()


def event(number: int) -> str:
    attribute = {"type": "ip-dst", "value": f"192.0.2.{number}", "to_ids": True}
    return json.dumps({"Event": {"info": "made up", "Attribute": [attribute]}})


@pytest.mark.parametrize(
    ("status", "later"), [("answered 503", 1), ("answered 404", 0)]
)
def test_a_document_that_cannot_be_had_is_asked_for_again_unless_it_is_gone(
    world: World, status: str, later: int
):
    names = [f"{number:08d}-0000-4000-8000-000000000000" for number in (1, 2)]
    stamp = world.clock.now() // 1_000_000
    broken = {names[1]}

    class Misp(FakeWeb):
        def opener(self, url: str, **_: Any) -> Callable[[str], io.BytesIO]:
            def opened(further: str) -> io.BytesIO:
                (name,) = (one for one in names if one in further)
                if name in broken:
                    raise FetchFailed(f"{url.split('/')[2]} {status}")
                return io.BytesIO(event(1 + names.index(name)).encode())

            return opened

    manifest = {name: {"timestamp": str(stamp), "info": "made up"} for name in names}
    web = Misp(says=json.dumps(manifest))
    world.source = replace(
        world.source,
        format="misp_feed",
        url="https://feeds.example.com/manifest.json",
        authoritative=False,
    )
    world.pipeline = containers.ingestion(
        world.container, fetcher=web, allow=("192.0.2.0/24",)
    )
    first = world.run()
    assert (first.ending, first.counts.new) == ("read", 1)
    assert bool(first.state.warning) == bool(later)
    broken.clear()
    world.clock.advance(3 * 24 * HOUR)
    second = world.run()
    assert world.indicators().count(pattern(2)) == later
    assert second.state.warning is None
    assert second.state.last_success == world.clock.now()


# Articles


def feed(*titles: str) -> str:
    items = "".join(
        f"<item><title>{title}</title><link>https://news.example/{number}</link>"
        f"<guid>{number}</guid><pubDate>Thu, 20 Nov 2025 10:00:00 GMT</pubDate>"
        f"<description>&lt;p&gt;It calls 192.0.2[.]{number + 1}.&lt;/p&gt;</description>"
        "</item>"
        for number, title in enumerate(titles)
    )
    return f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>"


def articles(world: World) -> dict[str, list[str]]:
    """Give titles and the values in them, the newest change first."""
    store = world.container.articles
    query = ArticleQuery(order=Order.MODIFIED)
    cards = store.page(query, "", 100).cards
    whole = store.get_many([card.id for card in cards])
    return {card.title: [one.value for one in whole[card.id].iocs] for card in cards}


def test_articles_of_a_feed_are_kept_and_those_that_change_change(world: World):
    world.source = replace(
        world.source, format="news", category="news", authoritative=False
    )
    world.run(feed("One", "Two"))
    assert articles(world) == {"One": ["192.0.2.1"], "Two": ["192.0.2.2"]}
    world.clock.advance(HOUR)
    world.run(feed("One", "Two goes on", "Three"))
    assert set(articles(world)) == {"One", "Two goes on", "Three"}
    assert list(articles(world))[-1] == "One"


def test_articles_are_whole_though_the_run_dies_anywhere(world: World):
    world.source = replace(
        world.source, format="news", category="news", authoritative=False
    )
    expected: dict[str, list[str]] = {}
    for at in range(1, 60, 4):
        titles = [f"{title} {at}" for title in ("One", "Two")]
        world.die(feed(*titles), at)
        world.run()
        expected = {titles[0]: ["192.0.2.1"], titles[1]: ["192.0.2.2"]}
        assert articles(world) == expected


# What is due


def test_only_what_is_due_is_run(world: World):
    world.web.says = lines(1)
    far = world.clock.monotonic() + 600
    assert [one.ending for one in world.pipeline.run_due([world.source], far)] == [
        "read"
    ]
    assert world.pipeline.run_due([world.source], far) == []
    world.clock.advance(HOUR)
    assert len(world.pipeline.run_due([world.source], far + HOUR)) == 1
    off = replace(world.source, enabled=False)
    world.clock.advance(HOUR)
    assert world.pipeline.run_due([off], far + 3 * HOUR) == []


def test_a_secret_goes_into_its_header_and_nowhere_else(
    world: World, capsys: pytest.CaptureFixture[str]
):
    world.source = replace(world.source, secret="abuse-ch", secret_header="Auth-Key")
    world.run(lines(1))
    assert world.web.asked[0]["headers"] == {"Auth-Key": "abuse-ch"}
    world.container.secrets.away = True  # type: ignore[attr-defined]
    report = world.run()
    assert report.ending == "failed"
    assert "parameter" in (report.state.last_error or "")
    assert MINUTE
    assert "Auth-Key" not in capsys.readouterr().out
