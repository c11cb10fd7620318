"""One write a request, exact, and small whatever the pattern."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from chalicelib.core.ports import Taken
from chalicelib.core.windows import DAY, MINUTE
from chalicelib.store.dynamo.counters import DynamoCounters
from chalicelib.store.dynamo.table import Table
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of

MIDNIGHT = 20_600 * DAY
MOST = (100, 10_000)


@pytest.fixture
def dynamo() -> FakeDynamo:
    return FakeDynamo()


@pytest.fixture
def counters(dynamo: FakeDynamo) -> DynamoCounters:
    return DynamoCounters(Table(client_of(dynamo), "counters", FakeClock()))


def test_a_request_is_one_write(counters: DynamoCounters, dynamo: FakeDynamo):
    assert counters.take("k", 10, MIDNIGHT, MOST) == Taken(
        accepted=True, minute=10, day=10
    )
    assert counters.take("k", 25, MIDNIGHT, MOST) == Taken(
        accepted=True, minute=35, day=35
    )
    assert dict(dynamo.calls) == {"UpdateItem": 2}
    assert dynamo.writes == 2


def test_what_does_not_fit_is_refused_and_not_counted(counters: DynamoCounters):
    for _ in range(4):
        assert counters.take("k", 25, MIDNIGHT, MOST).accepted
    assert counters.take("k", 10, MIDNIGHT, MOST) == Taken(
        accepted=False, minute=100, day=100
    )
    assert counters.take("k", 10, MIDNIGHT + MINUTE, MOST) == Taken(
        accepted=True, minute=10, day=110
    )


def test_the_last_tenth_of_a_window_is_not_overdrawn(counters: DynamoCounters):
    for _ in range(9):
        counters.take("k", 10, MIDNIGHT, MOST)
    assert not counters.take("k", 25, MIDNIGHT, MOST).accepted
    assert counters.take("k", 10, MIDNIGHT, MOST) == Taken(
        accepted=True, minute=100, day=100
    )


def test_the_day_is_counted_over_all_its_minutes(counters: DynamoCounters):
    most = (100, 200)
    for minute in range(2):
        for _ in range(10):
            assert counters.take("k", 10, MIDNIGHT + minute * MINUTE, most).accepted
    assert counters.take("k", 10, MIDNIGHT + 2 * MINUTE, most) == Taken(
        accepted=False, minute=0, day=200
    )
    assert counters.take("k", 10, MIDNIGHT + DAY, most) == Taken(
        accepted=True, minute=10, day=10
    )


def test_keys_do_not_share_a_counter(counters: DynamoCounters):
    counters.take("k", 10, MIDNIGHT, MOST)
    assert counters.take("l", 10, MIDNIGHT, MOST) == Taken(
        accepted=True, minute=10, day=10
    )


def test_a_cost_above_the_limit_never_passes(counters: DynamoCounters):
    assert counters.take("k", 25, MIDNIGHT, (10, 10)) == Taken(
        accepted=False, minute=0, day=0
    )


def test_a_window_without_limit_counts_and_refuses_nothing(counters: DynamoCounters):
    for _ in range(3):
        taken = counters.take("k", 10, MIDNIGHT, (None, None))
    assert taken == Taken(accepted=True, minute=30, day=30)


def test_a_clock_that_goes_back_loses_no_count(counters: DynamoCounters):
    counters.take("k", 60, MIDNIGHT + 5 * MINUTE, MOST)
    counters.take("k", 60, MIDNIGHT + 4 * MINUTE, MOST)
    assert counters.take("k", 50, MIDNIGHT + 5 * MINUTE, MOST) == Taken(
        accepted=False, minute=60, day=120
    )


def test_an_item_expires_after_its_day(counters: DynamoCounters, dynamo: FakeDynamo):
    counters.take("k", 10, MIDNIGHT + DAY - 1, MOST)
    (item,) = dynamo.items.values()
    assert int(item["ttl"]["N"]) == 20_602 * 86_400


@pytest.mark.parametrize("gap", [1, 7, 61, 121])
def test_an_item_stays_small_however_requests_are_spread(
    counters: DynamoCounters, dynamo: FakeDynamo, gap: int
):
    for minute in range(0, 1_440, gap):
        counters.take("k", 10, MIDNIGHT + minute * MINUTE, (100, None))
    (item,) = dynamo.items.values()
    assert int(item["d"]["N"]) == 10 * len(range(0, 1_440, gap))
    assert len(item) < 40


def test_bursts_at_random_minutes_leave_an_item_of_one_write_unit(
    counters: DynamoCounters, dynamo: FakeDynamo
):
    minutes = sorted(Random(7).choices(range(1_440), k=600))
    for minute in minutes:
        counters.take("k", 10, MIDNIGHT + minute * MINUTE, (None, None))
    assert dynamo.writes == 600


def test_many_at_once_get_exactly_what_is_left(counters: DynamoCounters):
    with ThreadPoolExecutor(16) as pool:
        taken = list(
            pool.map(lambda _: counters.take("k", 10, MIDNIGHT, MOST), range(200))
        )
    assert sum(one.accepted for one in taken) == 10
    assert {one.minute for one in taken if one.accepted} == set(range(10, 101, 10))
