"""Invariants 1 and 7, read by read: any part of a transaction may be all that is seen."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import pytest

from chalicelib.core.log.query import EVERYTHING, Query
from chalicelib.errors import NotFound, Unavailable
from tests import audit
from tests.concurrency.scenario import QUERIES
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo
from tests.doubles.visibility import Place, Torn
from tests.factories import ALL, Store, make_entry, make_id, make_store

MOST_PARTS = 16
FOREVER = float("inf")


@dataclass(frozen=True)
class Case:
    """What happens, while parts of it are seen."""

    id: str
    act: Callable[[Store, Torn], object]
    removes: bool = False


def _two_additions(store: Store, torn: Torn) -> None:
    store.add(make_entry(1, kind="malware", version=30), make_entry(90))
    # The next writer waits until it can see this head.
    torn.show(lambda place: place[1].startswith("HEAD"))
    store.add(make_entry(1, kind="tool", version=31), make_entry(2, version=31))


def _remove_versions(store: Store, _: Torn) -> None:
    store.remove(make_id(1, "malware"), ALL)


CASES = [
    Case("two additions", _two_additions),
    Case("compaction", lambda store, _: store.compact()),
    Case("removal", _remove_versions, removes=True),
    Case("removal from the history", _remove_versions, removes=True),
]


def _prepared(case: Case) -> tuple[Torn, FakeDynamo, Store]:
    clock = FakeClock()
    torn = Torn(random.Random(0), clock.now, rate=0, longest=FOREVER)
    dynamo = FakeDynamo(seconds=clock.seconds, visibility=torn)
    store = make_store(dynamo, clock=clock)
    torn.settle()
    kinds = ("indicator", "malware", "indicator", "tool", "indicator", "malware")
    for day, kind in enumerate(kinds * 2):
        store.add(
            make_entry(
                day % 2,
                kind=kind,
                version=day,
                spec_version="2.0" if day == 4 else "2.1",
            ),
            *(make_entry(100 + 10 * day + n) for n in range(3)),
        )
        torn.settle()
    if case.id.endswith("history"):
        store.compact()
        torn.settle()
    clock.advance(10)
    return torn, dynamo, store


def _parts(places: list[Place]) -> Iterator[set[Place]]:
    if 2 ** len(places) <= MOST_PARTS:
        for chosen in product([False, True], repeat=len(places)):
            yield {
                place for place, is_seen in zip(places, chosen, strict=True) if is_seen
            }
        return
    chance = random.Random(len(places))
    for one in places:
        yield {one}
        yield set(places) - {one}
    for _ in range(MOST_PARTS):
        share = chance.random()
        yield {place for place in places if chance.random() < share}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_reader_sees_a_shorter_page_and_never_a_hole(case: Case) -> None:
    torn, _, store = _prepared(case)
    before = {name: store.dates(query) for name, query in QUERIES.items()}
    case.act(store, torn)
    restore = torn.save()
    torn.settle()
    after = {name: store.dates(query) for name, query in QUERIES.items()}
    restore()
    places = torn.waiting
    assert len(places) > 5
    for part in _parts(places):
        for name, query in QUERIES.items():
            truth = sorted({*before[name], *after[name]})
            lasting = (
                sorted({*before[name]} & {*after[name]}) if case.removes else truth
            )
            # A later version that is seen late may show the one before it.
            if not query.wants_history:
                lasting = after[name]
            for start in (0, *truth[:: max(len(truth) // 3, 1)]):
                torn.show(part.__contains__)
                _check_page(store, query, start, lasting)
                restore()


def _check_page(store: Store, query: Query, start: int, lasting: list[int]) -> None:
    try:
        page = store.page(query, after=start, limit=4)
    except Unavailable:
        return
    dates = [entry.date_added for entry in page.entries]
    assert dates == sorted(set(dates)), "in order, and each once"
    assert all(date > start for date in dates)
    passed = [date for date in lasting if start < date <= page.position]
    assert set(passed) <= set(dates), "what lies before the position was given"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
@pytest.mark.parametrize(
    "then",
    [
        lambda store: store.compact(),
        lambda store: store.log.remove(store.id, make_id(1, "tool"), EVERYTHING, 0.0),
        lambda store: list(
            store.log.append(store.id, [make_entry(0, version=50)], 1_100.0)
        ),
    ],
    ids=["compaction", "removal", "addition"],
)
def test_a_writer_that_sees_half_of_what_was_written_breaks_nothing(
    case: Case, then: Callable[[Store], object]
) -> None:
    for number in range(MOST_PARTS):
        torn, dynamo, store = _prepared(case)
        chance = random.Random(number)
        case.act(store, torn)
        if number % 3 == 0:
            _show_some(torn, chance, 0.8)
            store.compact()
        _show_some(torn, chance, chance.random())

        with contextlib.suppress(Unavailable, NotFound):
            then(store)

        torn.settle()
        audit.check(dynamo.items.values(), store.id)


def _show_some(torn: Torn, chance: random.Random, share: float) -> None:
    torn.show(lambda place: "HEAD" in place[1] or chance.random() < share)
