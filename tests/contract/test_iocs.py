"""Records are kept on the double as through boto3 on an emulator."""

from __future__ import annotations

import uuid
from threading import Thread

from chalicelib.core.iocs import validity
from chalicelib.core.iocs.ioc import Ioc, IocType, SeenBy
from chalicelib.core.iocs.ports import Kept
from chalicelib.core.iocs.statistics import Tally
from chalicelib.store.dynamo.iocs import DynamoIocs
from chalicelib.store.dynamo.statistics import DynamoStatistics
from chalicelib.store.dynamo.table import Table
from tests.doubles.clock import START, FakeClock
from tests.publishing import ALPHA, BETA, HISTORY, LIST, World, sightings


def make_ioc(count: int = 1) -> Ioc:
    value = f"{uuid.uuid4()}.bad.example"
    seen = {"alpha": SeenBy(START, START, count)}
    return Ioc(IocType.DOMAIN, value, START, START, seen, 50, START, START)


def test_records_are_written_on_what_was_read(table: Table) -> None:
    store = DynamoIocs(table)
    some = [make_ioc() for _ in range(120)]
    assert store.save_many([Kept(one, 0) for one in some]) == set()
    kept = store.get_many([one.key for one in some])
    assert {one.ioc.value for one in kept.values()} == {one.value for one in some}
    assert store.save_many([Kept(some[0], 0), Kept(some[1], 1)]) == {some[0].key}


def test_of_many_writers_at_once_one_wins_each_round(table: Table) -> None:
    ioc = make_ioc()
    stores = [DynamoIocs(table, workers=1) for _ in range(6)]
    stores[0].save_many([Kept(ioc, 0)])

    def add(store: DynamoIocs) -> None:
        for _ in range(5):
            lost = {ioc.key}
            while lost:
                kept = store.get_many([ioc.key])[ioc.key]
                seen = kept.ioc.sources["alpha"]
                more = make_ioc(seen.count + 1).sources
                changed = Ioc(ioc.type, ioc.value, START, START, more, 50, START, START)
                lost = store.save_many([Kept(changed, kept.revision)])

    threads = [Thread(target=add, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stores[0].get_many([ioc.key])[ioc.key].ioc.sources["alpha"].count == 31


def test_what_is_due_is_found_and_settled(table: Table) -> None:
    store = DynamoIocs(table)
    day = validity.day_of(START)
    ours = make_ioc().key
    store.schedule(day + 3, [ours], START)
    (due,) = [one for one in store.due(day + 3) if ours in one.keys]
    assert due.day == day + 3
    store.settle(due)
    assert [one for one in store.due(day + 3) if ours in one.keys] == []


def test_counts_add_up(table: Table) -> None:
    store = DynamoStatistics(table)
    name = uuid.uuid4().hex
    tally = Tally(new={"ipv4": 2}, sources={name: 3}, categories={"a b#c": 1})
    day = uuid.uuid4().int % 100_000
    for _ in range(2):
        store.add(day, tally)
    assert store.days(day, day)[day].sources[name] == 6
    assert store.totals().sources[name] == 6


def test_a_day_of_feeds_is_published(table: Table) -> None:
    clock = FakeClock()
    world = World(client=table._client, name=table.name, clock=clock, workers=8)
    batch = sightings(150, malware="Emotet")
    assert world.publish(ALPHA, *batch).new == 150
    clock.advance(60)
    assert world.publish(BETA, *batch[:20], *batch[:5]).updated == 20
    assert world.publish(ALPHA, *batch).same == 150
    assert world.publish(LIST, *batch[50:60]).updated == 10
    assert world.vanish(LIST, *batch[50:60]) == 10
    assert len(world.indicators()) == 150
    assert len(world.indicators("urls-domains", HISTORY)) == 190
    assert world.expire(days=400) == 150
    assert all(one["revoked"] for one in world.indicators())
