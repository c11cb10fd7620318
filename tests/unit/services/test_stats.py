"""Statistics: what came in is what is told, by counters alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib.core.feeds.state import FeedState, Health
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.iocs.statistics import MOST_NAMED
from chalicelib.core.windows import MINUTE
from chalicelib.services.attack import titled
from chalicelib.services.stats import Stats, health_of
from tests.doubles.clock import START
from tests.publishing import ALPHA, BETA, DAY, LIST, World, sighting, sightings, story

HOUR = 60 * MINUTE


@dataclass
class States:
    """Feeds, as they were left."""

    known: dict[str, FeedState] = field(default_factory=dict)

    def states(self) -> dict[str, FeedState]:
        return self.known


@dataclass(frozen=True)
class Read:
    """A source that is read every ten minutes."""

    id: str
    name: str = "A list"
    category: str = "malware"
    every: int = 10
    enabled: bool = True


def tell(world: World, *states: FeedState, sources: tuple[Read, ...] = ()) -> Any:
    names = {"alpha": "Alpha list", "beta": "Beta list", "list": "Alpha list"}
    feeds = States({one.source: one for one in states})
    stats = Stats(world.statistics, feeds, names)
    return stats.of(sources, world.clock.now())


def test_an_empty_stage_has_all_fields():
    told = tell(World())
    assert told["totals"] == {
        "iocs": 0,
        "articles": 0,
        "by_type": {},
        "by_category": {},
        "by_source": {},
        "articles_by_category": {},
    }
    assert told["trend"]["last_24h"] == {
        "new": 0, "updated": 0, "revoked": 0, "articles": 0, "estimated": True,
    }  # fmt: skip
    assert [one["date"] for one in told["trend"]["last_7d"]] == [
        f"2025-11-{day}" for day in range(15, 22)
    ]
    assert told["feed_health"] == told["top_mitre_techniques"] == told["top_cves"] == []
    assert told["last_updated"] is None


def test_what_is_there_is_counted_by_type_category_and_source():
    world = World()
    world.publish(ALPHA, *sightings(3), *sightings(2, IocType.IPV4))
    world.publish(BETA, *sightings(1), sighting("http://evil.example/", IocType.URL))
    world.publish(LIST, sighting("gone.example"))
    world.vanish(LIST, sighting("gone.example"))
    article = story(category="malware")
    world.publisher.publish_article(BETA, article, START, float("inf"))
    totals = tell(world)["totals"]
    assert totals["iocs"] == 6
    assert totals["by_type"] == {"domain": 3, "ipv4": 2, "url": 1}
    assert totals["by_category"] == {"malware": 7}
    # Sources of one name are one to who reads the names.
    assert totals["by_source"] == {"Alpha list": 6, "Beta list": 2}
    assert totals["articles"] == 1
    assert totals["articles_by_category"] == {"malware": 1}


def test_a_source_that_is_gone_keeps_its_id():
    world = World()
    world.publish(replace(ALPHA, id="other"), sighting("evil.example"))
    assert tell(world)["totals"]["by_source"] == {"other": 1}


def test_the_days_of_a_week_are_told_the_oldest_first():
    world = World()
    for count in (1, 2, 3):
        world.publish(ALPHA, *sightings(count + 10 * count))
        world.clock.advance(3 * 86_400)
    week = tell(world)["trend"]["last_7d"]
    assert [(one["date"], one["new"]) for one in week if one["new"]] == [
        ("2025-11-24", 11),
        ("2025-11-27", 11),
    ]
    assert len(week) == 7


@pytest.mark.parametrize(("hour", "expected"), [(0, 10), (6, 8), (18, 3), (23, 0)])
def test_of_yesterday_the_share_of_a_day_counts(hour: int, expected: int):
    world = World()
    world.clock.time = START // DAY * DAY - HOUR
    world.publish(ALPHA, *sightings(10))
    world.clock.time = START // DAY * DAY + hour * HOUR
    assert tell(world)["trend"]["last_24h"]["new"] == expected


def test_what_articles_name_is_ranked():
    world = World()
    for number in range(12):
        article = story(
            id=f"story-{number}",
            cves=tuple(f"CVE-2025-{1000 + one}" for one in range(number + 1)),
            techniques=("T1566", "T1059.001")[: 1 + number % 2],
        )
        world.publisher.publish_article(BETA, article, START, float("inf"))
    told = tell(world)
    assert told["top_mitre_techniques"] == [
        {"id": "T1566", "name": "Phishing", "articles": 12},
        {"id": "T1059.001", "name": "PowerShell", "articles": 6},
    ]
    assert len(told["top_cves"]) == 10
    assert told["top_cves"][0] == {"id": "CVE-2025-1000", "articles": 12}
    assert told["top_cves"][9] == {"id": "CVE-2025-1009", "articles": 3}


def test_what_was_named_a_week_ago_is_forgotten():
    world = World()
    article = story(cves=("CVE-2025-1000",))
    world.publisher.publish_article(BETA, article, START, float("inf"))
    world.clock.advance(6 * 86_400)
    assert tell(world)["top_cves"]
    world.clock.advance(86_400)
    assert tell(world)["top_cves"] == []
    assert tell(world)["totals"]["articles"] == 1


def test_an_article_with_very_many_names_counts_the_first():
    world = World()
    cves = tuple(f"CVE-2025-{1000 + one}" for one in range(90))
    article = story(cves=cves, techniques=("T1566",))
    world.publisher.publish_article(BETA, article, START, float("inf"))
    day = START // DAY
    named = world.statistics.named(day, day).named
    assert len(named) == MOST_NAMED + 1
    assert named["T1566"] == 1
    assert world.statistics.totals().named == {}


def test_an_article_with_very_many_techniques_has_its_cves_counted_all_the_same():
    world = World()
    techniques = tuple(f"T{1000 + one}" for one in range(42))
    article = story(cves=("CVE-2025-1000",), techniques=techniques)
    world.publisher.publish_article(BETA, article, START, float("inf"))
    told = tell(world)
    assert [one["id"] for one in told["top_cves"]] == ["CVE-2025-1000"]
    assert len(told["top_mitre_techniques"]) == 10


def test_names_of_articles_are_not_read_with_the_days():
    world = World()
    article = story(cves=("CVE-2025-1000",))
    world.publisher.publish_article(BETA, article, START, float("inf"))
    day = START // DAY
    assert world.statistics.days(day - 3, day)[day].named == {}
    assert world.statistics.named(day + 1, day + 3).named == {}
    assert world.statistics.named(day - 3, day).named == {"CVE-2025-1000": 1}


OK = FeedState("a", last_success=START - MINUTE)
HEALTH = {
    "healthy": (OK,),
    "degraded": (
        FeedState("a"),
        replace(OK, failures=2),
        replace(OK, last_success=START - 2 * DAY),
    ),
    "error": (replace(OK, failures=3), FeedState("a", failures=1)),
}


@pytest.mark.parametrize(
    ("status", "state"),
    [(status, state) for status, states in HEALTH.items() for state in states],
)
def test_a_source_is_healthy_degraded_or_in_error(status: str, state: FeedState):
    (told,) = tell(World(), state, sources=(Read("a"),))["feed_health"]
    assert told["status"] == status
    assert told["health"] in set(Health)


def test_the_health_of_what_is_on_is_told():
    sources = (
        Read("a", "One"),
        Read("off", enabled=False),
        Read("b", "Two", "phishing"),
    )
    told = tell(World(), replace(OK, listed=7), sources=sources)
    assert told["feed_health"] == [
        {
            "id": "a",
            "name": "One",
            "category": "malware",
            "status": "healthy",
            "health": "ok",
            "last_success": "2025-11-21T15:59:00.000000Z",
            "listed": 7,
        },
        {
            "id": "b",
            "name": "Two",
            "category": "phishing",
            "status": "degraded",
            "health": "never",
            "last_success": None,
            "listed": 0,
        },
    ]
    assert told["last_updated"] == "2025-11-21T15:59:00.000000Z"
    assert health_of(OK, Health.OK) == "healthy"


def test_it_is_three_reads_and_the_states():
    world = World()
    calls: list[str] = []
    world.dynamo.before_call = calls.append
    tell(world)
    assert calls == ["GetItem", "Query", "Query"]


@pytest.mark.parametrize(
    ("identifier", "name", "path"),
    [
        ("T1059", "Command and Scripting Interpreter", "techniques/T1059/"),
        ("T1059.001", "PowerShell", "techniques/T1059/001/"),
        ("T0849", "Masquerading", "techniques/T0849/"),
        ("TA0001", "Initial Access", "tactics/TA0001/"),
        ("T9999", None, "techniques/T9999/"),
    ],
)
def test_a_technique_has_a_name_and_a_page(
    identifier: str, name: str | None, path: str
):
    assert titled(identifier) == (identifier, name, f"https://attack.mitre.org/{path}")
