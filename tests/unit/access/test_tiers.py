"""The table of tiers, and what it makes of counts."""

from __future__ import annotations

import tomllib

import pytest

from chalicelib.access import tiers
from chalicelib.access.allowance import judge
from chalicelib.access.tiers import Tier, earliest, load, read
from chalicelib.core.ports import Taken
from chalicelib.core.windows import DAY, MINUTE
from chalicelib.errors import InvalidRequest, TierRequired

NOW = 20_000 * DAY + 90 * MINUTE + 30_000_000
FREE = Tier("free", per_minute=10, per_day=1_000)


def test_the_tiers_that_ship_are_those_that_were_asked_for():
    free, pro, internal = load().all
    assert (free.name, free.per_minute, free.per_day) == ("free", 10, 1_000)
    assert (free.lookback_days, free.results, free.keys) == (1, 100, 3)
    assert free.formats == ("json", "csv")
    assert (pro.name, pro.per_minute, pro.per_day) == ("pro", 1_000, 1_000_000)
    assert (pro.lookback_days, pro.results, pro.keys) == (365, 10_000, 50)
    assert set(free.formats) < set(pro.formats)
    assert set(free.scopes) < set(pro.scopes)
    limits = (internal.per_minute, internal.per_day, internal.burst, internal.keys)
    assert (internal.name, *limits) == ("internal", None, None, None, None)
    assert load().taxii == "pro"


def test_taxii_objects_count_two_and_a_half_and_the_unlisted_one():
    assert load().cost("taxii_objects") == 25
    assert load().cost("iocs_stix") == 25
    assert load().cost(None) == load().cost("whatever") == tiers.ONE == 10


def test_another_tier_is_a_row():
    text = tiers._FILE.read_text() + "\n[tier.partner]\nper_minute = 100\n"
    table = read(tomllib.loads(text))
    assert table.named("partner").per_minute == 100
    assert table.reaches("partner", "pro")
    assert not table.reaches("pro", "partner")


def test_an_unknown_tier_is_refused_by_name_for_a_key_to_be():
    with pytest.raises(InvalidRequest, match="free, pro, internal") as caught:
        load().named("gold")
    assert caught.value.details == {"field": "tier"}


def test_a_key_whose_tier_is_gone_reads_nothing():
    with pytest.raises(TierRequired):
        load().of("gold")
    assert not load().reaches("gold", "free")


def test_what_asks_for_a_tier_that_is_gone_is_for_the_highest_only():
    assert [load().reaches(one.name, "gold") for one in load().all] == [
        False,
        False,
        True,
    ]


def test_the_look_back_begins_days_ago_or_nowhere():
    assert earliest(Tier("x", lookback_days=2), NOW) == NOW - 2 * DAY
    assert earliest(Tier("x"), NOW) == 0


def judged(tier: Tier, minute: int, day: int, *, accepted: bool = True, cost: int = 10):
    return judge(tier, Taken(accepted, minute, day), cost, NOW)


def test_the_tightest_window_is_the_one_with_the_fewest_left():
    allowance = judged(FREE, 30, 30)
    assert allowance.tightest.name == "minute"
    assert (allowance.tightest.limit, allowance.tightest.remaining) == (10, 7)
    assert allowance.tightest.reset == (NOW // MINUTE + 1) * 60
    assert allowance.wait == 30
    near = judged(FREE, 10, 9_990)
    assert (near.tightest.name, near.tightest.remaining) == ("day", 1)
    assert near.tightest.reset == 20_001 * 86_400


def test_part_of_a_request_is_no_request_left():
    assert judged(FREE, 85, 85).tightest.remaining == 1
    assert judged(FREE, 95, 95).tightest.remaining == 0


@pytest.mark.parametrize(
    ("minute", "day", "window"),
    [
        (100, 100, "minute"),
        (80, 80, "minute"),
        (10, 10_000, "day"),
        (100, 9_990, "day"),
    ],
)
def test_a_refusal_names_the_window_that_is_used_up(minute: int, day: int, window: str):
    assert judged(FREE, minute, day, accepted=False, cost=25).tightest.name == window


def test_a_tier_without_numbers_has_no_allowance():
    assert judged(Tier("internal"), 10, 10) is None


def test_a_tier_may_limit_the_day_alone():
    allowance = judged(Tier("x", per_day=5), 40, 40)
    assert [one.policy for one in allowance.windows] == ["5;w=86400"]
    assert allowance.tightest.remaining == 1
