"""What is left undone by DynamoDB is asked again, with pauses and an end."""

from __future__ import annotations

import pytest

from chalicelib.errors import Unavailable
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo
from tests.doubles.faults import Faults
from tests.factories import make_entry, make_store


class LeavesAll(Faults):
    """Processes nothing of what it is given, as a throttled table does."""

    def leaves(self, wanted):
        return [], list(wanted)


def test_keys_left_unprocessed_are_asked_for_again() -> None:
    clock = FakeClock()
    dynamo = FakeDynamo(seconds=clock.seconds, faults=Faults(unprocessed=0.7))
    store = make_store(dynamo=dynamo, clock=clock)
    entries = [make_entry(number) for number in range(60)]
    assert set(store.add(*entries)) == {"added"}
    assert set(store.add(*entries)) == {"present"}
    assert clock.slept > 0


def test_a_table_that_processes_nothing_is_given_up() -> None:
    clock = FakeClock()
    dynamo = FakeDynamo(seconds=clock.seconds)
    store = make_store(dynamo=dynamo, clock=clock)
    dynamo.faults = LeavesAll()
    with pytest.raises(Unavailable):
        store.add(make_entry(1))
    assert 0 < clock.slept < 30
