"""Invariant 6: what is read costs the same wherever it lies."""

from __future__ import annotations

import pytest

from chalicelib.core.log.query import EVERYTHING, Query
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo
from tests.factories import Store, make_entry, make_store

COUNT = 6_000


@pytest.fixture(scope="module")
def measured() -> tuple[FakeDynamo, Store, list[int]]:
    clock = FakeClock()
    dynamo = FakeDynamo(seconds=clock.seconds)
    store = make_store(dynamo, clock=clock)
    kinds = {n: "x-rare" if n % 1_000 == 17 else "indicator" for n in range(COUNT)}
    store.add(*(make_entry(n, kind=kinds[n], note=str(n) * 40) for n in range(COUNT)))
    return dynamo, store, store.dates()


def test_a_poll_that_finds_nothing_reads_the_head_and_no_more(
    measured: tuple[FakeDynamo, Store, list[int]],
) -> None:
    dynamo, store, dates = measured
    for query in (EVERYTHING, Query(types=frozenset({"x-rare"}))):
        dynamo.reset_counts()
        page = store.page(query, after=dates[-1])
        assert page.entries == []
        assert not page.more
        assert (dict(dynamo.calls), dynamo.reads) == ({"GetItem": 1}, 1)


def test_a_page_costs_the_same_at_any_depth(
    measured: tuple[FakeDynamo, Store, list[int]],
) -> None:
    dynamo, store, dates = measured
    costs = []
    for start in (0, 1_000, 2_500, COUNT - 1_002):
        dynamo.reset_counts()
        page = store.page(after=dates[start], limit=1_000)
        assert len(page.entries) == 1_000
        costs.append((dynamo.calls.total(), dynamo.reads))
    assert {calls for calls, _ in costs} == {2}
    reads = [units for _, units in costs]
    assert max(reads) - min(reads) <= max(2, 0.05 * max(reads))
    assert max(reads) <= 40


def test_a_rare_type_costs_what_its_own_segments_cost(
    measured: tuple[FakeDynamo, Store, list[int]],
) -> None:
    dynamo, store, _ = measured
    dynamo.reset_counts()
    assert len(store.page(Query(types=frozenset({"x-rare"}))).entries) == 6
    assert dynamo.calls.total() == 3
    assert dynamo.reads <= 20


def test_what_is_there_already_costs_no_write(
    measured: tuple[FakeDynamo, Store, list[int]],
) -> None:
    dynamo, store, _ = measured
    dynamo.reset_counts()
    assert set(store.add(*(make_entry(n) for n in range(18, 300)))) == {"present"}
    assert dynamo.writes == 0


def test_a_new_object_costs_at_most_four_write_units() -> None:
    dynamo = FakeDynamo()
    store = make_store(dynamo)
    dynamo.reset_counts()
    store.add(*(make_entry(n, kind="tool", note=str(n) * 80) for n in range(1_000)))
    assert dynamo.writes / 1_000 <= 4
