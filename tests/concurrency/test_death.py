"""Invariant 2: whatever dies between any two calls, what is there is whole."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from chalicelib.core.log.query import EVERY, LAST, Query
from chalicelib.errors import Conflict, NotFound
from tests import audit
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo
from tests.doubles.faults import Killed, When
from tests.factories import ALL, Store, make_collection, make_entry, make_id, make_store

MOST_CALLS = 60


@dataclass(frozen=True)
class Case:
    """Something that is killed, and what it comes to when done again."""

    id: str
    act: Callable[[Store], object]
    check: Callable[[Store], None]


def _prepared() -> tuple[FakeDynamo, Store]:
    clock = FakeClock()
    dynamo = FakeDynamo(seconds=clock.seconds)
    store = make_store(dynamo, clock=clock)
    for day in range(6):
        store.add(
            make_entry(1, version=day, spec_version="2.0" if day == 2 else "2.1"),
            make_entry(2, kind="malware", version=9 - day),
            make_entry(100 + day),
        )
    store.add(make_entry(3, kind="tool", data=_incompressible(900_000)))
    clock.advance(100)
    return dynamo, store


def _incompressible(size: int) -> bytes:
    return b'"' + random.Random(size).randbytes(size // 2).hex().encode() + b'"'


def _add(store: Store) -> list[str]:
    return store.add(
        *(make_entry(number, version=20) for number in range(1, 90)),
        make_entry(5, kind="tool", version=3, data=_incompressible(900_000)),
        make_entry(1, version=None, kind="ipv4-addr"),
    )


def _all_added(store: Store) -> None:
    assert len(store.dates(ALL)) == 19 + 91
    assert len(store.dates(Query(ids=frozenset({make_id(1)}), versions=(EVERY,)))) == 7


def _remove(store: Store) -> None:
    for object_id in (make_id(1), make_id(3, "tool")):
        with contextlib.suppress(NotFound):
            store.remove(object_id, ALL)


def _all_removed(store: Store) -> None:
    assert len(store.dates(ALL)) == 19 - 7


def _remove_last(store: Store) -> None:
    if len(store.dates(Query(ids=frozenset({make_id(1)}), versions=(EVERY,)))) == 6:
        store.remove(make_id(1), Query(versions=(LAST,)))


def _last_removed(store: Store) -> None:
    assert len(store.dates(ALL)) == 18


def _compact(store: Store) -> None:
    store.compact()


def _compacted(store: Store) -> None:
    assert len(store.dates(ALL)) == 19
    assert store.log.head(store.id).segments < 4


CASES = [
    Case("adding", _add, _all_added),
    Case("removing all versions", _remove, _all_removed),
    Case("removing the last version", _remove_last, _last_removed),
    Case("compacting", _compact, _compacted),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_death_between_two_calls_leaves_a_whole_log(case: Case, when: When) -> None:
    for number in range(MOST_CALLS):
        dynamo, store = _prepared()
        dynamo.faults.kill_at, dynamo.faults.kill_when = (
            dynamo.faults.calls + number,
            when,
        )
        try:
            case.act(store)
        except Killed:
            pass
        else:
            assert number > 3, "it makes that few calls?"
            break
        audit.check(dynamo.items.values(), store.id)
        case.act(store)
        case.check(store)
        audit.check(dynamo.items.values(), store.id)
    else:
        pytest.fail("it makes more calls than the test follows")


@pytest.mark.parametrize("when", ["before", "after"])
def test_death_while_a_collection_is_made_leaves_all_of_it_or_nothing(
    when: When,
) -> None:
    dynamo = FakeDynamo()
    store = make_store(dynamo, create=False)
    dynamo.faults.kill_at, dynamo.faults.kill_when = 0, when

    with pytest.raises(Killed):
        store.collections.create(store.collection)

    if when == "before":
        store.collections.create(store.collection)
    else:
        with pytest.raises(Conflict):
            store.collections.create(store.collection)
    assert store.collections.all() == [store.collection]
    assert store.page().entries == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_death_while_a_collection_is_removed_hides_it_and_can_be_gone_on_from(
    when: When,
) -> None:
    for number in range(MOST_CALLS):
        dynamo, store = _prepared()
        store.compact()
        dynamo.faults.kill_at, dynamo.faults.kill_when = (
            dynamo.faults.calls + number,
            when,
        )
        try:
            store.drop()
        except Killed:
            pass
        else:
            assert number > 6
            break
        if number or when == "after":
            with pytest.raises(NotFound):
                store.log.head(store.id)
            assert store.collections.all() == []
        store.drop()
        assert dynamo.items == {}
    else:
        pytest.fail("it makes more calls than the test follows")


def test_a_removed_collection_can_be_made_again() -> None:
    dynamo, store = _prepared()
    store.drop()

    again = make_collection()
    store.collections.create(again)

    assert store.add(make_entry(1)) == ["added"]
    assert len(store.dates(ALL)) == 1
    assert len(audit.check(dynamo.items.values(), again.id).cards) == 1
