"""Invariant 3 where answers are late, lost or no."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.errors import NotFound, Unavailable
from tests import audit
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo
from tests.doubles.faults import Fault, Faults
from tests.factories import ALL, make_entry, make_store

ALL_FAULTS: tuple[Fault, ...] = (
    "throttled",
    "conflict",
    "in progress",
    "timeout before",
    "timeout after",
)


@dataclass(frozen=True)
class Case:
    """How a write went wrong and what the writer is told."""

    id: str
    fault: Fault
    is_told: bool
    is_there: bool


CASES = [
    Case("throttled", "throttled", is_told=True, is_there=False),
    Case("conflict", "conflict", is_told=False, is_there=True),
    Case("still in progress", "in progress", is_told=False, is_there=True),
    Case("never arrived", "timeout before", is_told=True, is_there=False),
    Case("answer lost", "timeout after", is_told=True, is_there=True),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_write_that_went_wrong_can_be_sent_again(case: Case) -> None:
    dynamo = FakeDynamo()
    store = make_store(dynamo)
    # The head, the cards, the transaction.
    dynamo.faults.planned = {dynamo.faults.calls + 2: case.fault}
    if case.is_told:
        with pytest.raises(Unavailable):
            store.add(make_entry(1))
    else:
        assert store.add(make_entry(1)) == ["added"]
    assert len(store.dates(ALL)) == int(case.is_there)

    again = store.add(make_entry(1))

    assert again == ["present" if case.is_there else "added"]
    assert len(store.dates(ALL)) == 1
    audit.check(dynamo.items.values(), store.id)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_nothing_is_doubled_or_lost_on_a_bad_network(seed: int) -> None:
    chance = random.Random(seed)
    clock = FakeClock()
    faults = Faults(chance=chance, unprocessed=0.3)
    dynamo = FakeDynamo(seconds=clock.seconds, faults=faults)
    store = make_store(dynamo, clock=clock)
    faults.random_faults, faults.share = ALL_FAULTS, 0.15
    wanted = {}
    for step in range(30):
        entry = make_entry(chance.randrange(10), version=chance.randrange(5))
        wanted[entry.id, entry.version] = entry
        try:
            store.add(entry, make_entry(100 + step))
            if step % 7 == 6:
                store.compact()
            if step % 11 == 10:
                store.remove(entry.id, ALL)
        except (Unavailable, NotFound):
            pass
        clock.advance(1)
    faults.share = 0.0

    store.add(*wanted.values(), *(make_entry(100 + step) for step in range(30)))

    found = [(entry.id, entry.version) for entry in store.crawl(ALL).entries]
    assert len(found) == len(set(found)) == len(wanted) + 30
    audit.check(dynamo.items.values(), store.id)


def test_unprocessed_keys_are_asked_for_again() -> None:
    dynamo = FakeDynamo(faults=Faults(unprocessed=0.7))
    store = make_store(dynamo)
    store.add(*(make_entry(number) for number in range(80)))

    assert set(store.add(*(make_entry(number) for number in range(80)))) == {"present"}
    store.drop()
    assert dynamo.items == {}
