"""Invariant 1: what `date_added` is given, whatever the clocks say."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest

from tests.doubles.clock import START, FakeClock
from tests.doubles.dynamo import FakeDynamo
from tests.factories import ALL, make_entry, make_store

HOUR = 3_600.0


@dataclass(frozen=True)
class Case:
    """Jumps of the writer's clock and of DynamoDB's, in seconds."""

    id: str
    writer: tuple[float, ...]
    dynamo: tuple[float, ...]


CASES = [
    Case("clocks stand still", (0, 0, 0), (0, 0, 0)),
    Case("writer jumps back", (0, -HOUR, -HOUR), (0, 0, 0)),
    Case("writer jumps far forward", (0, 9_000 * HOUR, 0), (0, 0, 0)),
    Case("both jump back", (0, -HOUR, HOUR), (0, -HOUR, HOUR)),
    Case("a second passes", (1, 1, 1), (1, 1, 1)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_dates_are_unique_and_increase_whatever_the_clocks_do(case: Case) -> None:
    clock, server = FakeClock(), FakeClock()
    store = make_store(FakeDynamo(seconds=server.seconds), clock=clock)
    for number, (mine, theirs) in enumerate(zip(case.writer, case.dynamo, strict=True)):
        clock.advance(mine)
        server.advance(theirs)
        store.add(*(make_entry(1_000 * number + n) for n in range(120)))

    dates = store.dates(ALL)

    assert len(dates) == 360
    assert all(one < other for one, other in pairwise(dates))
    assert dates[-1] < max(START, server.time) + 2_000_000


def test_the_last_date_of_each_transaction_is_a_whole_millisecond() -> None:
    store = make_store()
    for number in range(7):
        store.clock.advance(0.000_137)
        store.add(*(make_entry(100 * number + n) for n in range(number + 1)))
        assert store.log.head(store.id).last % 1_000 == 0
        assert store.dates(ALL)[-1] == store.log.head(store.id).last


def test_a_clock_a_few_seconds_off_is_believed() -> None:
    server = FakeClock(START + 3_000_000)
    store = make_store(FakeDynamo(seconds=server.seconds))
    store.add(make_entry(1))

    assert store.dates() == [START]


def test_without_a_date_from_dynamodb_the_own_clock_is_believed() -> None:
    store = make_store(FakeDynamo())
    store.add(make_entry(1))

    assert store.dates() == [START]


def test_an_object_without_a_version_is_given_its_date_as_one() -> None:
    store = make_store()
    store.clock.advance(1)
    store.add(make_entry(1, kind="ipv4-addr", version=None))

    (entry,) = store.page().entries
    assert entry.version == "2025-11-21T16:00:01.000000Z"
    assert entry.date_added == START + 1_000_000
