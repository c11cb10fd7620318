"""What a list said last is known in sixteen bytes a row, and compared with now."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from chalicelib.core.feeds.snapshot import (
    EMPTY,
    MOST_DELTAS,
    NOTHING,
    Comparison,
    Snapshot,
    is_plausible,
    name_of,
)
from chalicelib.core.feeds.snapshot_rows import CHUNK_ROWS, from_chunk, to_chunks
from chalicelib.core.iocs.ioc import IocType, Said, Sighting, key_of

TODAY = 20_600
SIGHTING = Sighting(
    IocType.IPV4,
    "192.0.2.1",
    Said(
        tags=("a", "b"),
        techniques=("T1059", "T1071"),
        references=("x", "y"),
        confidence=50,
    ),
)


def names(count: int, seed: int = 0) -> list[bytes]:
    chance = Random(seed)
    return [chance.randbytes(14) for _ in range(count)]


def of(*rows: bytes, day: int = TODAY) -> Snapshot:
    return EMPTY.changed(dict.fromkeys(rows, day))


def said(number: int, **what: object) -> bytes:
    """Name what a list says of an address."""
    return name_of(Sighting(IocType.IPV4, f"192.0.2.{number}", Said(**what)))  # type: ignore[arg-type]


def test_a_name_begins_with_the_key():
    assert name_of(SIGHTING)[:10] == key_of(IocType.IPV4, "192.0.2.1")
    assert len(name_of(SIGHTING)) == 14


@pytest.mark.parametrize(
    "change",
    [
        {"first_seen": 1, "last_seen": 2},
        {"tags": ("b", "a", "a")},
        {"techniques": ("T1071", "T1059")},
        {"references": ("y", "x")},
    ],
)
def test_dates_and_order_are_not_news(change: dict[str, object]):
    other = replace(SIGHTING, said=replace(SIGHTING.said, **change))
    assert name_of(other) == name_of(SIGHTING)


@pytest.mark.parametrize(
    "change",
    [
        {"tags": ("a,b",)},
        {"malware": "a"},
        {"techniques": ()},
        {"references": ("x",)},
        {"context": ""},
        {"confidence": None},
        {"confidence": 51},
    ],
)
def test_what_consumers_see_is_news(change: dict[str, object]):
    other = replace(SIGHTING, said=replace(SIGHTING.said, **change))
    assert name_of(other) != name_of(SIGHTING)
    assert name_of(other)[:10] == SIGHTING.key


def test_what_was_put_is_known_with_its_day():
    comparison = Comparison(of(said(1), day=TODAY - 9))
    assert comparison.look(said(1)) == TODAY - 9
    assert comparison.look(said(2)) is None
    assert comparison.look(said(2)) is None
    comparison.put(said(2), TODAY)
    comparison.put(said(2), TODAY)
    assert comparison.look(said(2)) == TODAY
    comparison.put(said(1), TODAY)
    assert comparison.look(said(1)) == TODAY
    assert comparison.seen == 2
    assert comparison.snapshot() == of(said(1), said(2))


def test_only_what_the_list_does_not_mention_has_vanished():
    comparison = Comparison(of(said(1), said(2), said(3), said(4)))
    comparison.look(said(1))
    comparison.put(said(2, malware="other"), TODAY)
    gone = list(comparison.vanished())
    assert gone == sorted(key_of(IocType.IPV4, f"192.0.2.{n}") for n in (3, 4))
    comparison.forget_replaced()
    assert comparison.snapshot() == of(
        said(1), said(2, malware="other"), said(3), said(4)
    )
    comparison.forget(gone)
    assert comparison.snapshot() == of(said(1), said(2, malware="other"))


def test_two_statements_of_one_value_are_no_news_in_any_order():
    one, other = said(1, malware="one"), said(1, malware="other")
    first = Comparison(EMPTY)
    for name in (one, other, one):
        if first.look(name) is None:
            first.put(name, TODAY)
    again = Comparison(first.snapshot())
    assert [again.look(name) for name in (other, one, other)] == [TODAY] * 3
    assert list(again.vanished()) == []
    again.forget_replaced()
    assert again.unsaved == {}
    assert first.seen == again.seen == 2
    third = Comparison(first.snapshot())
    third.look(one)
    assert list(third.vanished()) == []
    third.forget_replaced()
    assert third.snapshot() == of(one)


@pytest.mark.parametrize("saves", [1, 3, 100])
def test_saving_on_the_way_changes_nothing(saves: int):
    before, now = names(200), names(300)[100:]
    comparison = Comparison(of(*before, day=1))
    for number, name in enumerate(now):
        if comparison.look(name) is None or number % 7 == 0:
            comparison.put(name, TODAY)
        if number % saves == 0:
            comparison.saved()
    assert list(comparison.vanished()) == sorted(name[:10] for name in before[:100])
    comparison.forget(comparison.vanished())
    comparison.forget_replaced()
    assert comparison.seen == 200
    days = {n: 1 if n in before and at % 7 else TODAY for at, n in enumerate(now)}
    assert comparison.snapshot() == EMPTY.changed(days)
    comparison.saved()
    assert comparison.unsaved == {}
    assert list(comparison.vanished()) == []


def test_what_vanished_may_be_saved_while_it_is_listed():
    comparison = Comparison(of(*names(100)))
    gone = []
    for key in comparison.vanished():
        gone.append(key)
        comparison.forget([key])
        if len(gone) % 9 == 0:
            comparison.saved()
    assert gone == sorted(name[:10] for name in names(100))
    assert comparison.snapshot() == EMPTY


def test_a_snapshot_knows_its_oldest_day():
    assert EMPTY.oldest is None
    snapshot = of(*names(100)).changed({b"k" * 14: 258, b"l" * 14: 511})
    assert snapshot.oldest == 258
    assert snapshot.day_of(b"k" * 14) == 258
    assert snapshot.day_of(b"m" * 14) is None
    assert len(snapshot) == 102


def test_chunks_are_small_and_give_the_rows_back():
    rows = of(*names(2 * CHUNK_ROWS + 1)).rows
    chunks = to_chunks(rows)
    assert len(chunks) == 3
    assert max(map(len, chunks)) < 350_000
    assert b"".join(map(from_chunk, chunks)) == rows
    assert len(b"".join(chunks)) < len(rows) * 0.8
    assert to_chunks(b"") == []


def test_a_chunk_that_no_compression_helps_is_small_enough_too():
    assert len(to_chunks(Random(0).randbytes(CHUNK_ROWS * 16))[0]) < 350_000


def test_a_base_is_due_when_deltas_exceed_a_quarter_of_it():
    assert not NOTHING.takes(1)
    base = NOTHING.with_base(1_000, 1)
    assert base.takes(250)
    assert not base.takes(251)
    assert base.with_delta(200, 1).takes(50)
    assert not base.with_delta(200, 1).takes(51)
    many = NOTHING.with_base(10**6, 50)
    for _ in range(MOST_DELTAS):
        assert many.takes(1)
        many = many.with_delta(1, 1)
    assert not many.takes(1)
    assert not NOTHING.with_base(10**9, 1).takes((MOST_DELTAS + 1) * CHUNK_ROWS)


def test_bases_alternate_between_two_places():
    first = NOTHING.with_base(1, 1)
    assert first.with_delta(1, 1).slot == first.slot
    assert first.with_base(1, 1).slot != first.slot
    assert first.emptied().with_base(1, 1).slot != first.slot


@pytest.mark.parametrize(
    ("previous", "now", "authoritative", "expected"),
    [
        (100, 100, True, True),
        (100, 50, True, True),
        (100, 49, True, False),
        (20, 9, True, False),
        (19, 1, True, True),
        (19, 0, True, False),
        (1, 0, True, False),
        (0, 0, True, True),
        (10, 1_000, True, True),
        (100, 0, False, True),
    ],
)
def test_a_list_that_lost_too_much_is_not_believed(
    previous: int, now: int, *, authoritative: bool, expected: bool
):
    assert is_plausible(previous, now, authoritative=authoritative) is expected
