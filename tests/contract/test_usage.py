"""Usage is counted on the double as through boto3 on an emulator."""

from __future__ import annotations

import uuid
from functools import reduce

import pytest

from chalicelib.core import usage
from chalicelib.core.usage import DayUsage, Outcome
from chalicelib.core.windows import DAY
from chalicelib.store.dynamo.client import Client
from chalicelib.store.dynamo.table import Table
from chalicelib.store.dynamo.usage import DynamoUsage
from tests.doubles.clock import START, FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.factories import TABLE

TODAY = START // DAY


@pytest.fixture(params=["double", "emulator"])
def client(request: pytest.FixtureRequest) -> Client:
    """Give a client of the double, then one of the emulator."""
    if request.param == "double":
        return client_of(FakeDynamo())
    found: Client = request.getfixturevalue("emulator")
    return found


def test_usage_is_added_up_and_read_back(client: Client) -> None:
    key_id = str(uuid.uuid4())
    table = Table(client, TABLE, FakeClock())
    one, other = DynamoUsage(table), DynamoUsage(table)
    parts = [
        usage.count(
            Outcome(
                key_id=key_id,
                at=START + number % 3 * DAY,
                route=f"GET /taxii2/api/collections/{{collection}}/{number % 50}",
                status=(200, 429, 503)[number % 3],
                milliseconds=number**2,
                minute_count=number * 7 % 60 or None,
                cost=number % 2 * 25,
            )
        )
        for number in range(60)
    ]
    for number, part in enumerate(parts):
        (one, other)[number % 2].add(part)
    for day in range(3):
        expected = reduce(DayUsage.plus, parts[day::3])
        assert one.read(key_id, TODAY + day, TODAY + day) == [expected]
    assert len(one.read(key_id, TODAY - 10, TODAY + 10)) == 3
    assert [row.day for row in other.read(key_id, TODAY + 1, TODAY + 9)] == [
        TODAY + 1,
        TODAY + 2,
    ]
