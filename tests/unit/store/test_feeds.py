"""States and snapshots in the table: small writes, and nothing half done."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from chalicelib.core.feeds.snapshot import EMPTY, Comparison, Manifest
from chalicelib.core.feeds.snapshot_rows import CHUNK_ROWS
from chalicelib.core.feeds.state import (
    Counts,
    FeedState,
    Held,
    Seen,
    cut,
    succeeded,
    unchanged,
)
from chalicelib.core.windows import DAY, MINUTE
from chalicelib.errors import Conflict
from chalicelib.store.dynamo.feeds import DynamoFeeds
from chalicelib.store.dynamo.table import Table
from tests.doubles.clock import START, FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.doubles.faults import Faults, Killed

TODAY = START // DAY
UNTIL = START + 16 * MINUTE


def names(count: int, seed: int = 0) -> list[bytes]:
    chance = Random(seed)
    return [chance.randbytes(14) for _ in range(count)]


@pytest.fixture
def dynamo() -> FakeDynamo:
    return FakeDynamo()


def feeds_on(dynamo: FakeDynamo) -> DynamoFeeds:
    return DynamoFeeds(Table(client_of(dynamo), "objects", FakeClock()))


@pytest.fixture
def feeds(dynamo: FakeDynamo) -> DynamoFeeds:
    return feeds_on(dynamo)


def lease(
    feeds: DynamoFeeds, source: str = "urlhaus", *, owner: str = "me", now: int = START
) -> FeedState:
    state = feeds.lease(feeds.state(source), owner, now, now + 16 * MINUTE)
    assert state is not None
    return state


def end(state: FeedState) -> FeedState:
    return succeeded(state, START, 60, Seen(digest="d"), Counts(rows=1))


def read(
    feeds: DynamoFeeds, list_: list[bytes], *, now: int = START, day: int = TODAY
) -> FeedState:
    """Do a whole run."""
    state = lease(feeds, now=now)
    comparison = Comparison(feeds.snapshot(state))
    for name in list_:
        if comparison.look(name) is None:
            comparison.put(name, day)
    comparison.forget(comparison.vanished())
    return feeds.finish(end(state), comparison)


def test_an_unknown_source_has_a_blank_state(feeds: DynamoFeeds):
    assert feeds.state("urlhaus") == FeedState("urlhaus")
    assert feeds.states() == {}
    assert feeds.snapshot(FeedState("urlhaus")) is EMPTY


FULL = FeedState(
    "urlhaus",
    done=Counts(1, 2, 3, 4, 5, {"x": 6}),
    seen=Seen('W/"1"', "yesterday", "d" * 64),
    last_run=START,
    last_success=START - 1,
    next_due=START + 1,
    run_at=START,
    failures=7,
    last_error="it broke \ud800 ä",
    warning="it shrank",
    last=Counts(6, 5, 4, 3, 2, {"no value": 1}),
    totals=Counts(60),
    listed=99,
    oldest=TODAY,
    held=Held(START, 9),
    snapshot=Manifest(3, 1, 99, 2, 20),
)


def test_a_state_is_read_as_it_was_written(feeds: DynamoFeeds):
    fence = lease(feeds).fence
    feeds.finish(replace(FULL, fence=fence))
    expected = replace(FULL, fence=fence, last_error="it broke ? ä")
    assert feeds.state("urlhaus") == expected
    assert feeds.states() == {"urlhaus": expected}


def test_one_of_two_gets_the_lease(feeds: DynamoFeeds):
    state = feeds.state("urlhaus")
    mine = feeds.lease(state, "me", START, UNTIL)
    assert mine is not None
    assert feeds.lease(state, "you", START, UNTIL) is None
    assert feeds.lease(feeds.state("urlhaus"), "you", UNTIL - 1, UNTIL) is None
    yours = feeds.lease(feeds.state("urlhaus"), "you", UNTIL, UNTIL + 1)
    assert yours is not None
    assert yours.run_at == mine.run_at == START


def test_a_lease_of_another_source_is_another(feeds: DynamoFeeds):
    lease(feeds, "one")
    lease(feeds, "two")
    assert set(feeds.states()) == {"one", "two"}


def test_a_lease_that_was_answered_late_is_ours(dynamo: FakeDynamo):
    # botocore asks again when no answer comes, though the first call was done.
    feeds = feeds_on(dynamo)
    state = feeds.state("urlhaus")
    assert feeds.lease(state, "me", START, UNTIL) == feeds.lease(
        state, "me", START, UNTIL
    )


def test_a_lease_is_given_back(feeds: DynamoFeeds):
    ended = feeds.finish(end(lease(feeds)))
    assert ended == feeds.state("urlhaus")
    assert ended.owner is None
    assert lease(feeds).failures == 0


def test_who_lost_the_lease_writes_nothing(feeds: DynamoFeeds, dynamo: FakeDynamo):
    read(feeds, names(1_000))
    late = lease(feeds, owner="late")
    comparison = Comparison(feeds.snapshot(late))
    comparison.put(b"late" + bytes(10), TODAY)
    quick = lease(feeds, owner="quick", now=UNTIL)
    before = dict(dynamo.items)
    for call in (feeds.save, feeds.finish):
        with pytest.raises(Conflict):
            call(end(late), comparison)
    assert feeds.state("urlhaus") == quick
    assert len(feeds.snapshot(quick)) == 1_000
    changed = {k for k in before | dynamo.items if before.get(k) != dynamo.items.get(k)}
    assert len(changed) == 1, "one delta that nobody counts"
    fresh = Comparison(feeds.snapshot(quick))
    fresh.put(b"quick" + bytes(9), TODAY)
    saved = feeds.save(quick, fresh)
    with pytest.raises(Conflict):
        feeds.save(late, comparison)
    assert feeds.snapshot(saved).day_of(b"quick" + bytes(9)) == TODAY
    assert feeds.snapshot(saved).day_of(b"late" + bytes(10)) is None


def test_a_snapshot_grows_by_deltas_and_is_rewritten(feeds: DynamoFeeds):
    everything = names(3_000)
    generations = set()
    for last in range(1_000, 3_000, 100):
        first = last - 1_000
        state = read(feeds, everything[first:last])
        generations.add(state.snapshot.generation)
        expected = EMPTY.changed(dict.fromkeys(everything[first:last], TODAY))
        assert feeds.snapshot(feeds.state("urlhaus")) == expected
        assert state.snapshot.delta_rows <= state.snapshot.rows // 4
    assert 5 < len(generations) < 20


def test_a_list_of_several_chunks_is_put_together(feeds: DynamoFeeds):
    long = names(2 * CHUNK_ROWS + 1)
    assert read(feeds, long).snapshot.chunks == 3
    state = read(feeds, long[5_000:])
    assert (state.snapshot.generation, state.snapshot.deltas) == (1, 1)
    found = feeds.snapshot(state)
    assert found == EMPTY.changed(dict.fromkeys(long[5_000:], TODAY))


def test_a_list_that_is_the_same_writes_the_lease_and_the_end(
    feeds: DynamoFeeds, dynamo: FakeDynamo
):
    read(feeds, names(13_000))
    dynamo.reset_counts()
    read(feeds, names(13_000))
    assert dynamo.writes == 2
    dynamo.reset_counts()
    state = lease(feeds)
    feeds.finish(unchanged(state, START, 60))
    assert (dynamo.writes, dynamo.reads) == (2, 1)


def test_a_run_that_is_cut_short_goes_on_where_it_was(feeds: DynamoFeeds):
    list_ = names(500)
    state = lease(feeds)
    comparison = Comparison(feeds.snapshot(state))
    for number, name in enumerate(list_[:300]):
        comparison.put(name, TODAY)
        if number % 100 == 99:
            state = feeds.save(state, comparison)
    feeds.finish(cut(state, START + MINUTE, Counts(new=300)), comparison)
    again = lease(feeds, now=START + MINUTE)
    assert again.run_at == START
    comparison = Comparison(feeds.snapshot(again))
    assert [comparison.look(name) for name in list_] == [TODAY] * 300 + [None] * 200


def test_an_empty_list_is_a_snapshot_too(feeds: DynamoFeeds):
    read(feeds, names(100))
    state = read(feeds, [])
    assert feeds.snapshot(state) == EMPTY
    assert len(feeds.snapshot(read(feeds, names(7)))) == 7


def test_a_run_killed_at_any_call_leaves_one_of_two_lists():
    old, new = names(400), names(800)[200:]
    for small in (True, False):
        target = [*old[30:], *new[:10]] if small else new
        for when in ("before", "after"):
            for at in range(30):
                dynamo = FakeDynamo()
                feeds = feeds_on(dynamo)
                read(feeds, old)
                dynamo.faults = Faults(kill_at=at, kill_when=when)
                try:
                    read(feeds, target, now=START + 1)
                    killed = False
                except Killed:
                    killed = True
                dynamo.faults = Faults()
                found = feeds.snapshot(feeds.state("urlhaus"))
                expected = [old, target] if killed else [target]
                rows = [EMPTY.changed(dict.fromkeys(one, TODAY)) for one in expected]
                assert found in rows
                # And the next run puts it right.
                state = read(feeds, target, now=UNTIL + MINUTE)
                assert feeds.snapshot(state) == rows[-1]
                if not killed:
                    break
            else:
                pytest.fail("it never came to its end")


def test_missing_parts_are_told_and_can_be_given_up(
    feeds: DynamoFeeds, dynamo: FakeDynamo
):
    state = read(feeds, names(2 * CHUNK_ROWS))
    place = next(key for key in dynamo.items if key[1] == "SNAP#urlhaus")
    del dynamo.items[place]
    with pytest.raises(Conflict, match="missing"):
        feeds.snapshot(state)
    mine = lease(feeds)
    mine = replace(mine, snapshot=mine.snapshot.emptied())
    assert feeds.snapshot(mine) == EMPTY
    comparison = Comparison(EMPTY)
    comparison.put(names(1)[0], TODAY)
    feeds.finish(end(mine), comparison)
    assert len(feeds.snapshot(feeds.state("urlhaus"))) == 1


def test_a_state_is_about_a_write_unit(feeds: DynamoFeeds, dynamo: FakeDynamo):
    fence = lease(feeds).fence
    dynamo.reset_counts()
    feeds.finish(replace(FULL, fence=fence))
    assert dynamo.writes == 1


@pytest.mark.parametrize(
    ("rows", "share", "runs", "most"),
    [(13_000, 0.01, 24, 13.0), (30_000, 0.10, 4, 232.0)],
    ids=["13,000 rows of which 1 % change hourly", "30,000 rows, a tenth daily"],
)
def test_what_a_list_costs(
    dynamo: FakeDynamo, rows: int, share: float, runs: int, most: float
):
    feeds = feeds_on(dynamo)
    churn = int(rows * share)
    everything = names(rows + churn * runs)
    read(feeds, everything[:rows])
    dynamo.reset_counts()
    for number in range(1, runs + 1):
        read(feeds, everything[number * churn : number * churn + rows])
    assert dynamo.writes / runs <= most
