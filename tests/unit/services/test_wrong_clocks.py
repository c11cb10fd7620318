"""Lists while the clock is set back or forward: nothing fails and nothing hides."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.access.tiers import Tier
from chalicelib.core import instants
from chalicelib.core.articles.query import ArticleQuery
from chalicelib.core.articles.stored import Order
from chalicelib.core.lists.listing import Filters
from chalicelib.core.lists.row import from_json
from chalicelib.core.windows import DAY
from chalicelib.errors import InvalidRequest
from chalicelib.services import articles
from chalicelib.services.articles import Place
from chalicelib.services.catalogue import Asked, Catalogue
from chalicelib.services.misp import MispFeed
from chalicelib.store.dynamo.rows import DynamoRows
from tests.publishing import ALPHA, NEVER, World, sighting, story

ALL = Tier("internal")
MONTH = Tier("pro", lookback_days=30, article_lookback_days=30)
YEARS = 3 * 365 * DAY
HOUR = DAY // 24
JUMPS = st.lists(
    st.sampled_from([-YEARS, -40 * DAY, -DAY, -HOUR, -1, 1, HOUR, DAY, 40 * DAY]),
    max_size=8,
)


def crawl(world: World, tier: Tier, *, newest_first: bool, **given) -> Counter[str]:
    """Read all of a list by its cursors."""
    catalogue = Catalogue(DynamoRows(world.table, world.clock), world.clock)
    found: Counter[str] = Counter()
    cursor = None
    for _ in range(100):
        asked = Asked(
            "x",
            Filters(),
            given.get("since"),
            given.get("until"),
            3,
            newest_first,
            cursor,
        )
        page = catalogue.page(asked, tier)
        found.update(from_json(row).value for row in page.rows)
        cursor = page.next
        if cursor is None:
            return found
    pytest.fail("it never ends")


def listed(world: World, order: Order) -> Counter[str]:
    """Read all articles by their cursors."""
    found: Counter[str] = Counter()
    place: Place | None = Place()
    while place is not None:
        page = articles.newest(world.articles, ArticleQuery(order), place, 2)
        found.update(card.id for card in page.cards)
        place = page.place
    return found


def in_misp(world: World) -> Counter[str]:
    """Read all events that the manifest has."""
    rows = DynamoRows(world.table, world.clock)
    feed = MispFeed(Catalogue(rows, world.clock), world.statistics, world.clock)
    days = feed.days(ALL, rows.end())
    parts = feed.by_part({day: one for day, one in days.items() if one.count})
    return Counter(row.value for some in parts.values() for row in some)


@settings(max_examples=60, deadline=None)
@given(JUMPS)
def test_a_clock_that_is_set_hides_nothing(jumps: list[int]):
    world = World()
    expected: Counter[str] = Counter()
    for number, jump in enumerate([0, *jumps]):
        world.clock.time += jump
        now = world.clock.now()
        world.publish(ALPHA, sighting(f"host-{number}.example"))
        article = story(id=f"story-{number}", published=now - HOUR * number)
        world.publisher.publish_article(ALPHA, article, now, NEVER)
        expected[f"host-{number}.example"] = 1
        for newest_first in (True, False):
            assert crawl(world, ALL, newest_first=newest_first) == expected
            # What is of this moment is seen by whoever may look back at all.
            month = crawl(world, MONTH, newest_first=newest_first)
            assert month[f"host-{number}.example"] == 1
            since = max(now - 5 * DAY, 1)
            assert crawl(world, ALL, newest_first=newest_first, since=since)
        for order in Order:
            assert listed(world, order) == Counter(
                f"story-{one}" for one in range(number + 1)
            )
        assert in_misp(world)[f"host-{number}.example"] == 1


def test_only_what_lies_in_the_future_by_days_is_no_time_to_ask_for():
    world = World()
    world.publish(ALPHA, sighting("a.example"))
    now = world.clock.now()
    for since in (now + DAY, now, 0, -YEARS):
        crawl(world, ALL, newest_first=True, since=since)
    with pytest.raises(InvalidRequest):
        crawl(world, ALL, newest_first=True, since=now + DAY + 1)
    assert not crawl(world, ALL, newest_first=True, until=-1)
    assert crawl(world, ALL, newest_first=False, until=instants.LATEST)
