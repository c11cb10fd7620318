"""Records of IOCs: small, conditional, and found again when they are due."""

from __future__ import annotations

from dataclasses import fields

import pytest

from bench.units import item_size
from chalicelib.core.iocs.ioc import Ioc, IocType, Mention, SeenBy
from chalicelib.core.iocs.ports import Kept
from chalicelib.core.iocs.statistics import Tally
from chalicelib.errors import Unavailable
from chalicelib.store.dynamo.iocs import DynamoIocs
from chalicelib.store.dynamo.statistics import DynamoStatistics
from chalicelib.store.dynamo.table import Table
from tests.doubles.clock import START, FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.doubles.faults import Faults
from tests.publishing import value_of

FULL = Ioc(
    type=IocType.URL,
    value="http://bad.example/é'\\x?" + "q" * 60,
    first_seen=START - 9_000_000,
    last_seen=START,
    sources={
        "malware-bazaar-recent": SeenBy(
            START - 9_000_000, START - 1, 3, 75, False, START + 9
        ),
        "urlhaus-online": SeenBy(START, START, 1, 80, True, START + 99),
        "a-third-source": SeenBy(START, START, 1, 60, False, None),
    },
    confidence=95,
    created=START,
    modified=START + 1_000,
    tags=("banker", "elf", "emotet", "mirai", "port:443"),
    malware=("Emotet", "Mirai"),
    techniques=("T1059.001", "T1071"),
    references=("https://x.example/analysis/1234567", "https://y.example/s/abcdef"),
    context="what the feed said of it, in a sentence or so",
    valid_until=START + 99,
    revoked=True,
    life=3,
    article=Mention(
        "00000000-0000-5000-8000-000000000001", "What happened", "https://n.example/1"
    ),
)
BARE = Ioc(IocType.MD5, "0" * 32, START, START, {}, 0, START, START)


def make_iocs(dynamo: FakeDynamo, *, workers: int = 1) -> DynamoIocs:
    return DynamoIocs(Table(client_of(dynamo), "objects", FakeClock()), workers=workers)


@pytest.mark.parametrize("ioc", [FULL, BARE], ids=["full", "bare"])
def test_a_record_comes_back_as_it_was(ioc: Ioc):
    store = make_iocs(FakeDynamo())
    assert store.save_many([Kept(ioc, 0)]) == set()
    kept = store.get_many([ioc.key, ioc.key])[ioc.key]
    assert kept == Kept(ioc, 1)
    for one in fields(Ioc):
        assert getattr(kept.ioc, one.name) == getattr(ioc, one.name)


def test_the_sample_leaves_nothing_of_a_record_untried():
    empty = [
        one.name for one in fields(Ioc) if getattr(FULL, one.name) in (None, (), {}, 0)
    ]
    assert empty == []


def test_a_record_of_three_sources_is_one_write_unit():
    dynamo = FakeDynamo()
    make_iocs(dynamo).save_many([Kept(FULL, 0)])
    (item,) = dynamo.items.values()
    assert item_size(item) < 1_024
    assert dynamo.writes == 1


def test_what_is_not_there_is_not_given():
    assert make_iocs(FakeDynamo()).get_many([FULL.key]) == {}
    assert make_iocs(FakeDynamo()).get_many([]) == {}


@pytest.mark.parametrize("workers", [1, 8])
def test_a_record_that_somebody_changed_is_not_written_over(workers: int):
    dynamo = FakeDynamo()
    store = make_iocs(dynamo, workers=workers)
    assert store.save_many([Kept(FULL, 0), Kept(BARE, 0)]) == set()
    assert store.save_many([Kept(FULL, 0), Kept(BARE, 1)]) == {FULL.key}
    assert store.save_many([Kept(FULL, 2), Kept(BARE, 1)]) == {FULL.key, BARE.key}
    kept = store.get_many([FULL.key, BARE.key])
    assert (kept[FULL.key].revision, kept[BARE.key].revision) == (1, 2)


@pytest.mark.parametrize("workers", [1, 8])
def test_a_throttled_write_is_told_of(workers: int):
    dynamo = FakeDynamo(faults=Faults(planned={0: "throttled"}))
    with pytest.raises(Unavailable):
        make_iocs(dynamo, workers=workers).save_many([Kept(FULL, 0)])


# What is due


def keys(count: int) -> list[bytes]:
    return [
        Ioc(IocType.MD5, value_of(IocType.MD5, n), 0, 0, {}, 0, 0, 0).key
        for n in range(count)
    ]


def test_what_is_due_comes_by_day_until_it_is_settled():
    store = make_iocs(FakeDynamo())
    some = keys(4)
    store.schedule(20_000, some[:2], START)
    store.schedule(20_001, some[2:3], START)
    store.schedule(20_009, some[3:], START)
    found = list(store.due(20_001))
    assert [(due.day, set(due.keys)) for due in found] == [
        (20_000, set(some[:2])),
        (20_001, {some[2]}),
    ]
    store.settle(found[1])
    assert list(store.due(20_001)) == []
    assert [set(due.keys) for due in store.due(20_010)] == [{some[3]}]


def test_a_day_that_was_not_gone_through_to_its_end_comes_again():
    store = make_iocs(FakeDynamo())
    store.schedule(20_000, keys(1), START)
    store.schedule(20_000, keys(2), START)
    first = next(store.due(20_005))
    store.settle(first)
    assert len(list(store.due(20_005))) == 1
    assert list(store.due(20_005)) == []


def test_noting_the_same_again_changes_nothing():
    dynamo = FakeDynamo()
    store = make_iocs(dynamo)
    for _ in range(3):
        store.schedule(20_000, keys(90), START)
    assert len(dynamo.items) == 1


def test_noting_when_it_expires_costs_little_for_each():
    dynamo = FakeDynamo()
    make_iocs(dynamo).schedule(20_000, keys(90), START)
    assert dynamo.writes / 90 <= 0.1


# Counts

COUNTED = Tally(
    new={"ipv4": 2, "url": 1},
    gone={"ipv4": 1},
    updated={"md5": 4},
    categories={"phishing kit": 3},
    sources={"alpha-list": 3},
    articles={"malware": 1},
)


def make_statistics(dynamo: FakeDynamo) -> DynamoStatistics:
    return DynamoStatistics(Table(client_of(dynamo), "objects", FakeClock()))


def test_counts_add_up_by_day_and_in_all():
    store = make_statistics(FakeDynamo())
    for day in (5, 5, 7, 9):
        store.add(day, COUNTED)
    assert store.days(5, 8) == {5: COUNTED.plus(COUNTED), 7: COUNTED}
    four = COUNTED.plus(COUNTED).plus(COUNTED).plus(COUNTED)
    assert store.totals() == four
    assert four.active == {"ipv4": 4, "url": 4}


def test_counting_nothing_writes_nothing():
    dynamo = FakeDynamo()
    store = make_statistics(dynamo)
    store.add(5, Tally())
    assert not dynamo.items
    assert store.totals() == Tally()
    assert store.days(0, 9) == {}


def test_a_batch_is_counted_by_two_small_writes():
    dynamo = FakeDynamo()
    make_statistics(dynamo).add(5, COUNTED)
    assert dynamo.writes == 2
