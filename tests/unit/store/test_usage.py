"""One small item for each key and day, changed by adding."""

from __future__ import annotations

from functools import reduce
from threading import Thread
from typing import Any

import pytest

from bench.units import item_size
from chalicelib.core import usage
from chalicelib.core.usage import BOUNDS, DayUsage, Outcome
from chalicelib.core.windows import DAY
from chalicelib.errors import Unavailable
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.table import Table
from chalicelib.store.dynamo.usage import KEPT_DAYS, DynamoUsage
from tests.doubles.clock import START, FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.doubles.faults import Faults

KEY = "4f0c2b0e-0000-4000-8000-000000000001"
OBJECTS = "GET /taxii2/api/collections/{collection}/objects"
TODAY = START // DAY


def make_usage(dynamo: FakeDynamo) -> DynamoUsage:
    return DynamoUsage(Table(client_of(dynamo), "counters", FakeClock()))


def counted(**given: Any) -> DayUsage:
    usual = {"key_id": KEY, "at": START, "route": OBJECTS, "status": 200}
    peak = given.pop("peak", None)
    return usage.count(
        Outcome(**{"milliseconds": 12.0, "minute_count": peak, **usual, **given})
    )


def the_item(dynamo: FakeDynamo) -> dict:
    (item,) = dynamo.items.values()
    return item


def test_what_is_added_is_read_back():
    store = make_usage(FakeDynamo())
    parts = [
        counted(peak=10),
        counted(status=429, peak=30),
        counted(status=503, milliseconds=99_999, route="POST /other {x}"),
        counted(milliseconds=0),
    ]
    for part in parts:
        store.add(part)
    assert store.read(KEY, TODAY, TODAY) == [reduce(DayUsage.plus, parts)]


def test_an_unused_key_has_no_days():
    assert make_usage(FakeDynamo()).read(KEY, 0, TODAY) == []


def test_the_first_and_the_last_day_are_read_and_no_other():
    store = make_usage(FakeDynamo())
    for day in range(5):
        store.add(counted(at=START + day * DAY))
    read = store.read(KEY, TODAY + 1, TODAY + 3)
    assert [row.day for row in read] == [TODAY + 1, TODAY + 2, TODAY + 3]


def test_the_first_days_of_1970_can_be_read_too():
    store = make_usage(FakeDynamo())
    store.add(counted(at=0))
    assert [row.day for row in store.read(KEY, -89, 0)] == [0]
    assert [row.day for row in store.read(KEY, 0, 0)] == [0]


def test_keys_are_counted_apart():
    store = make_usage(FakeDynamo())
    store.add(counted())
    store.add(counted(key_id="another"))
    assert [row.requests for row in store.read(KEY, TODAY, TODAY)] == [1]


def test_a_window_of_90_days_is_one_query():
    dynamo = FakeDynamo()
    store = make_usage(dynamo)
    for day in range(90):
        store.add(counted(at=START - day * DAY))
    dynamo.reset_counts()
    assert len(store.read(KEY, TODAY - 89, TODAY)) == 90
    assert dynamo.calls == {"Query": 1}


def test_a_day_is_kept_for_100_days_after_it():
    dynamo = FakeDynamo()
    make_usage(dynamo).add(counted())
    end_of_day = (TODAY + 1) * DAY // 1_000_000
    kept = int(the_item(dynamo)[schema.ttl_attribute()]["N"]) - end_of_day
    assert kept == KEPT_DAYS * 86_400 == 100 * 86_400


def test_adding_is_one_write_while_the_peak_stands_or_rises():
    dynamo = FakeDynamo()
    store = make_usage(dynamo)
    for peak in (10, 20, 20, 15, None, 30):
        dynamo.reset_counts()
        store.add(counted(peak=peak))
        assert dynamo.calls == {"UpdateItem": 1}
        assert dynamo.writes == 1
    assert store.read(KEY, TODAY, TODAY)[0].peak == 30


def test_a_peak_that_somebody_else_saw_is_not_lowered():
    dynamo = FakeDynamo()
    one, other = make_usage(dynamo), make_usage(dynamo)
    one.add(counted(peak=50))
    dynamo.reset_counts()
    other.add(counted(peak=20))
    assert dynamo.calls == {"UpdateItem": 2}
    other.add(counted(peak=40))
    assert dynamo.calls == {"UpdateItem": 3}, "what was read of the peak is known"
    (row,) = one.read(KEY, TODAY, TODAY)
    assert (row.peak, row.requests) == (50, 3)


def test_writers_at_once_lose_nothing():
    dynamo = FakeDynamo()

    def write(number: int) -> None:
        store = make_usage(dynamo)
        for count in range(25):
            store.add(counted(peak=10 * count + number))

    threads = [Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (row,) = make_usage(dynamo).read(KEY, TODAY, TODAY)
    assert (row.requests, row.peak) == (200, 247)


def test_an_ordinary_item_is_below_1_kb():
    dynamo = FakeDynamo()
    store = make_usage(dynamo)
    routes = [
        "GET /taxii2",
        "GET /taxii2/api/collections",
        OBJECTS,
        "GET /taxii2/api/collections/{collection}/manifest",
        "POST /taxii2/api/collections/{collection}/objects",
    ]
    for number in range(3_000):
        store.add(
            counted(
                at=TODAY * DAY + number * DAY // 3_000,
                route=routes[number % 5],
                status=(200, 202, 400, 404, 429, 503)[number % 6],
                milliseconds=number % 1_000,
                peak=number,
            )
        )
    assert item_size(the_item(dynamo)) < 1_024


def test_an_item_with_all_there_can_be_stays_below_8_kb():
    dynamo = FakeDynamo()
    store = make_usage(dynamo)
    big = 10**12
    everything = DayUsage(
        KEY,
        TODAY,
        statuses={200 + n: big for n in range(usage.MOST_STATUSES + 4)},
        routes={
            f"{n:02}".ljust(usage.LONGEST_ROUTE, "x"): big
            for n in range(usage.MOST_ROUTES + 1)
        },
        latencies=dict.fromkeys(BOUNDS, big),
        limited=dict.fromkeys(range(24), big),
        microseconds=big**2,
        cost=big,
        peak=big,
    )
    longest: list[int] = []
    update_item = dynamo.update_item

    def watched(**arguments):
        longest.append(len(arguments["UpdateExpression"]))
        return update_item(**arguments)

    dynamo.update_item = watched  # type: ignore[method-assign]
    store.add(everything)
    assert item_size(the_item(dynamo)) < 8 * 1_024
    assert max(longest) < 4_096, "DynamoDB takes no longer expression"
    assert store.read(KEY, TODAY, TODAY) == [everything]


def test_a_key_id_that_can_be_no_key_is_not_counted():
    dynamo = FakeDynamo()
    store = make_usage(dynamo)
    for name in ("k" * 3_000, "a\nb", "\ud800"):
        store.add(counted(key_id=name))
        assert store.read(name, 0, TODAY) == []
    assert not dynamo.items


def test_a_throttled_table_is_unavailable_and_nothing_was_added():
    dynamo = FakeDynamo(faults=Faults(planned={0: "throttled"}))
    store = make_usage(dynamo)
    with pytest.raises(Unavailable):
        store.add(counted(peak=10))
    assert not dynamo.items
    store.add(counted(peak=10))
    assert store.read(KEY, TODAY, TODAY) == [counted(peak=10)]


def test_attributes_of_another_version_are_passed_over():
    dynamo = FakeDynamo()
    store = make_usage(dynamo)
    store.add(counted())
    ((place, item),) = dynamo.items.items()
    item |= {"z:1": {"N": "1"}, "note": {"S": "x"}}
    dynamo.put_item(TableName=place[0], Item=item)
    assert store.read(KEY, TODAY, TODAY) == [counted()]
