"""Counting loses nothing, and the sums tell what a list of requests would."""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections import Counter
from functools import reduce
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import usage
from chalicelib.core.usage import BOUNDS, OTHER, DayUsage, Outcome
from chalicelib.core.windows import DAY
from tests.doubles.clock import START

KEY = "4f0c2b0e-0000-4000-8000-000000000001"
ROUTE = "GET /taxii2/api/collections/{collection}/objects"
HOUR = DAY // 24
TODAY = START // DAY


def make_outcome(**given: Any) -> Outcome:
    usual = {"at": START, "route": ROUTE, "status": 200, "milliseconds": 12.0}
    return Outcome(key_id=KEY, **usual | given)


def rows(*outcomes: Outcome) -> list[DayUsage]:
    days: dict[int, DayUsage] = {}
    for counted in map(usage.count, outcomes):
        known = days.get(counted.day)
        days[counted.day] = known.plus(counted) if known else counted
    return list(days.values())


def summarised(*outcomes: Outcome, days: int = 1, now: int = START):
    return usage.summarise(KEY, rows(*outcomes), days, now).to_dict()


outcomes = st.builds(
    make_outcome,
    at=st.integers(START - 3 * DAY, START),
    route=st.sampled_from([ROUTE, "POST /x", *(f"GET /{n}" for n in range(60))]),
    status=st.integers(200, 599),
    milliseconds=st.floats(0, 29_000),
    minute_count=st.none() | st.integers(0, 10_000),
    cost=st.sampled_from([0, 10, 25]),
)


@given(st.lists(st.floats(0, 30_000), min_size=1), st.integers(1, 100))
def test_a_percentile_is_in_the_bucket_of_the_exact_one(times, percent):
    latencies = reduce(
        DayUsage.plus, (usage.count(make_outcome(milliseconds=t)) for t in times)
    ).latencies
    exact = sorted(times)[math.ceil(len(times) * percent / 100) - 1]
    at = bisect_left(BOUNDS, exact)

    told = usage.percentile(latencies, percent)

    assert (0, *BOUNDS)[at] <= told <= BOUNDS[at]


@given(st.lists(st.floats(0, 40_000)))
def test_percentiles_rise(times):
    told = summarised(*(make_outcome(milliseconds=t) for t in times))
    rising = [told[f"latency_p{percent}_ms"] for percent in (50, 95, 99)]
    assert [*rising, BOUNDS[-1]] == sorted([*rising, BOUNDS[-1]])


@given(st.lists(outcomes, max_size=120))
def test_the_sums_are_those_of_the_list_of_requests(made):
    told = summarised(*made, days=5)
    errors = [one for one in made if one.status >= 400]
    assert told["total_requests"] == len(made)
    assert told["successful"] == len(made) - len(errors)
    assert told["client_errors"] + told["server_errors"] == len(errors)
    assert told["server_errors"] == sum(one.status >= 500 for one in made)
    assert sum(told["by_status"].values()) == len(made)
    assert sum(day["requests"] for day in told["daily"]) == len(made)
    assert sum(day["errors"] for day in told["daily"]) == len(errors)
    assert told["rate_limit_peak_per_minute"] == math.ceil(
        max((one.minute_count or 0 for one in made), default=0) / 10
    )
    cost = Counter()
    for one in made:
        cost[one.at // DAY] += one.cost
    assert told["rate_limit_peak_per_day"] == math.ceil(
        max(cost.values(), default=0) / 10
    )


@given(st.lists(outcomes, max_size=120), st.integers(0, 120))
def test_it_does_not_matter_who_counted_what(made, cut):
    together = [one for one in made if one.at // DAY == TODAY - 1]
    parts = [rows(*together[:cut]), rows(*together[cut:])]
    joined = reduce(
        DayUsage.plus, [row for part in parts for row in part], DayUsage(KEY, TODAY - 1)
    )
    alone = reduce(DayUsage.plus, rows(*together), DayUsage(KEY, TODAY - 1))
    for name in ("requests", "errors", "latencies", "limited", "microseconds", "peak"):
        assert getattr(joined, name) == getattr(alone, name)
    assert sum(joined.routes.values()) == sum(alone.routes.values()) == len(together)


def test_the_names_are_those_of_the_api():
    told = summarised(make_outcome(), make_outcome(status=429))
    assert list(told) == [
        "key_id",
        "window_days",
        "total_requests",
        "successful",
        "client_errors",
        "server_errors",
        "success_rate",
        "avg_response_time_ms",
        "latency_p50_ms",
        "latency_p95_ms",
        "latency_p99_ms",
        "rate_limit_peak_per_minute",
        "rate_limit_peak_per_day",
        "top_endpoints",
        "by_status",
        "daily",
        "rate_limit_hits_by_hour",
    ]
    assert json.loads(json.dumps(told)) == told
    assert told["daily"] == [{"date": "2025-11-21", "requests": 2, "errors": 1}]
    assert told["rate_limit_hits_by_hour"] == [{"hour": 16, "count": 1}]
    assert told["top_endpoints"] == [{"path": ROUTE, "count": 2}]
    assert told["by_status"] == {"200": 1, "429": 1}
    assert told["success_rate"] == 0.5
    assert told["avg_response_time_ms"] == 12


def test_days_without_requests_are_listed_too_newest_first():
    told = summarised(make_outcome(at=START - 2 * DAY, status=503), days=4)
    assert told["daily"] == [
        {"date": "2025-11-21", "requests": 0, "errors": 0},
        {"date": "2025-11-20", "requests": 0, "errors": 0},
        {"date": "2025-11-19", "requests": 1, "errors": 1},
        {"date": "2025-11-18", "requests": 0, "errors": 0},
    ]


def test_a_key_that_was_never_used_has_failed_at_nothing():
    told = summarised(days=90)
    assert len(told["daily"]) == 90
    assert told["success_rate"] == 1.0
    assert {told[name] for name in told if name.endswith("_ms")} == {0}
    assert told["top_endpoints"] == told["rate_limit_hits_by_hour"] == []


def test_midnight_is_of_the_day_that_begins():
    midnight = (TODAY + 1) * DAY
    before = usage.count(make_outcome(at=midnight - 1, status=429))
    after = usage.count(make_outcome(at=midnight, status=429))
    assert (before.day, before.limited) == (TODAY, {23: 1})
    assert (after.day, after.limited) == (TODAY + 1, {0: 1})


def test_a_window_begins_at_the_midnight_of_its_first_day():
    first = (TODAY - 6) * DAY
    told = summarised(make_outcome(at=first - 1), make_outcome(at=first), days=7)
    assert told["total_requests"] == 1
    assert told["daily"][-1] == {"date": "2025-11-15", "requests": 1, "errors": 0}


def test_what_lies_behind_today_is_left_out():
    assert summarised(make_outcome(at=START + DAY))["total_requests"] == 0


def test_routes_beyond_the_most_are_counted_together():
    made = [make_outcome(route=f"GET /{n}") for n in range(100)]
    (row,) = rows(*made)
    assert len(row.routes) == usage.MOST_ROUTES + 1
    assert row.routes[OTHER] == 60
    assert row.requests == 100


def test_a_route_that_is_too_long_is_one_of_the_others():
    assert usage.count(make_outcome(route="G" * 121)).routes == {OTHER: 1}


def test_statuses_beyond_the_most_are_counted_by_their_class():
    (row,) = rows(*(make_outcome(status=status) for status in range(200, 600)))
    assert len(row.statuses) <= usage.MOST_STATUSES + 4
    assert (row.requests, row.errors) == (400, 200)


def test_the_ten_routes_asked_for_most_are_listed():
    made = [make_outcome(route=f"GET /{n:02}") for n in range(15) for _ in range(n)]
    told = summarised(*made)["top_endpoints"]
    assert [one["count"] for one in told] == list(range(14, 4, -1))


@pytest.mark.parametrize(
    ("milliseconds", "bucket", "microseconds"),
    [
        (-5.0, 1, 0),
        (0.0, 1, 0),
        (1.0, 1, 1_000),
        (1.01, 2, 1_010),
        (30_000.0, 30_000, 30_000_000),
        (30_001.0, 30_000, 30_001_000),
        (math.inf, 30_000, 900_000_000),
        (-math.inf, 1, 0),
        (math.nan, 1, 0),
    ],
)
def test_an_absurd_latency_is_cut_to_what_can_be(milliseconds, bucket, microseconds):
    counted = usage.count(make_outcome(milliseconds=milliseconds))
    assert counted.latencies == {bucket: 1}
    assert counted.microseconds == microseconds


@pytest.mark.parametrize("status", [-1, 0, 99, 199, 600, 10**9])
def test_a_status_that_is_none_is_a_fault_of_ours(status):
    assert usage.count(make_outcome(status=status)).statuses == {500: 1}


def test_other_absurd_numbers_are_cut_as_well():
    far = usage.count(make_outcome(at=10**30, minute_count=10**40, cost=10**40))
    assert (far.peak, far.cost) == (usage.LARGEST, usage.LARGEST)
    assert far.day < 10**6 * 3
    early = usage.count(make_outcome(at=-1, minute_count=-1, cost=-1))
    assert (early.day, early.peak, early.cost) == (0, 0, 0)


def test_buckets_rise_and_are_no_wider_than_double():
    assert list(BOUNDS) == sorted(set(BOUNDS))
    assert max(high / low for low, high in pairwise(BOUNDS)) <= 2
