"""The rate counters, on the double and on an emulator: the same, and exact."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.container import SystemClock
from chalicelib.core.ports import Taken
from chalicelib.core.windows import DAY, MINUTE
from chalicelib.store.dynamo.client import Client
from chalicelib.store.dynamo.counters import DynamoCounters
from chalicelib.store.dynamo.table import Table
from tests.doubles.dynamo import FakeDynamo, client_of

NOW = 20_600 * DAY + 100 * MINUTE
MOST = (100, 150)


@pytest.fixture(params=["double", "emulator"])
def counters(request: pytest.FixtureRequest) -> DynamoCounters:
    """Give counters on the double, then on the emulator."""
    if request.param == "double":
        client = client_of(FakeDynamo())
    else:
        client: Client = request.getfixturevalue("emulator")
    return DynamoCounters(Table(client, "counters", SystemClock()))


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


def test_a_thousand_at_once_on_the_last_of_a_window_get_what_is_left(
    counters: DynamoCounters, key: str
):
    for _ in range(9):
        assert counters.take(key, 10, NOW, MOST).accepted
    with ThreadPoolExecutor(32) as pool:
        taken = list(
            pool.map(lambda _: counters.take(key, 10, NOW, MOST), range(1_000))
        )
    assert [one for one in taken if one.accepted] == [Taken(True, 100, 100)]
    assert {one for one in taken if not one.accepted} == {Taken(False, 100, 100)}


def test_minutes_and_the_day_are_told_apart(counters: DynamoCounters, key: str):
    for _ in range(10):
        counters.take(key, 10, NOW, MOST)
    assert counters.take(key, 10, NOW, MOST) == Taken(False, 100, 100)
    later = NOW + 5 * MINUTE
    for _ in range(2):
        assert counters.take(key, 25, later, MOST).accepted
    assert counters.take(key, 10, later, MOST) == Taken(False, 50, 150)
    assert counters.take(key, 10, NOW + DAY, MOST) == Taken(True, 10, 10)


def test_a_first_request_that_costs_too_much_is_refused(
    counters: DynamoCounters, key: str
):
    assert not counters.take(key, 25, NOW, (20, None)).accepted
    assert counters.take(key, 20, NOW, (20, None)) == Taken(True, 20, 20)
