"""States, leases and snapshots of sources, on the double and on an emulator."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

import pytest

from chalicelib.core.feeds.snapshot import EMPTY, Comparison
from chalicelib.core.feeds.snapshot_rows import CHUNK_ROWS
from chalicelib.core.feeds.state import Counts, FeedState, Held, Seen, succeeded
from chalicelib.core.windows import DAY, MINUTE
from chalicelib.errors import Conflict
from chalicelib.store.dynamo.client import Client
from chalicelib.store.dynamo.feeds import DynamoFeeds
from chalicelib.store.dynamo.table import Table
from tests.doubles.clock import START, FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.factories import TABLE

TODAY = START // DAY
UNTIL = START + 16 * MINUTE


@pytest.fixture(params=["double", "emulator"])
def feeds(request: pytest.FixtureRequest) -> DynamoFeeds:
    """Give feeds on the double, then on the emulator."""
    if request.param == "double":
        client = client_of(FakeDynamo())
    else:
        client: Client = request.getfixturevalue("emulator")
    return DynamoFeeds(Table(client, TABLE, FakeClock()))


@pytest.fixture
def source() -> str:
    return f"source-{uuid.uuid4()}"


def names(count: int) -> list[bytes]:
    chance = Random(0)
    return [chance.randbytes(14) for _ in range(count)]


def lease(feeds: DynamoFeeds, source: str, now: int = START) -> FeedState:
    state = feeds.lease(feeds.state(source), "me", now, now + 16 * MINUTE)
    assert state is not None
    return state


def test_of_many_at_once_one_gets_the_lease(feeds: DynamoFeeds, source: str):
    for now in (START, UNTIL):
        state = feeds.state(source)
        with ThreadPoolExecutor(16) as pool:
            found = list(
                pool.map(
                    lambda number, state=state, now=now: feeds.lease(
                        state, f"run {number}", now, now + 16 * MINUTE
                    ),
                    range(40),
                )
            )
        (mine,) = [one for one in found if one is not None]
        assert feeds.state(source) == mine
        assert mine.run_at == START


def test_a_state_comes_back_as_it_was(feeds: DynamoFeeds, source: str):
    state = replace(
        succeeded(
            lease(feeds, source),
            START + MINUTE,
            60,
            Seen('W/"1"', "yesterday", "d" * 64),
            Counts(9, 8, 7, 6, 5, {"no value": 4}),
        ),
        held=Held(START, 3),
        warning="it shrank ä",
        oldest=TODAY,
        listed=9,
    )
    assert feeds.finish(state) == state
    assert feeds.state(source) == feeds.states()[source] == state


def test_a_snapshot_is_written_read_and_changed(feeds: DynamoFeeds, source: str):
    rows = names(CHUNK_ROWS + 100)
    state = lease(feeds, source)
    comparison = Comparison(feeds.snapshot(state))
    for name in rows[:-100]:
        comparison.put(name, TODAY)
    state = feeds.save(state, comparison)
    for name in rows[-100:]:
        comparison.put(name, TODAY)
    feeds.finish(succeeded(state, START, 60, Seen(), Counts()), comparison)

    state = lease(feeds, source, UNTIL)
    found = feeds.snapshot(state)
    assert found == EMPTY.changed(dict.fromkeys(rows, TODAY))
    again = Comparison(found)
    for name in rows[7_000:]:
        assert again.look(name) == TODAY
    again.forget(again.vanished())
    state = feeds.finish(succeeded(state, UNTIL, 60, Seen(), Counts()), again)
    assert state.snapshot.generation == 2
    assert feeds.snapshot(feeds.state(source)) == EMPTY.changed(
        dict.fromkeys(rows[7_000:], TODAY)
    )


def test_who_lost_the_lease_is_told(feeds: DynamoFeeds, source: str):
    late = lease(feeds, source)
    comparison = Comparison(EMPTY)
    comparison.put(names(1)[0], TODAY)
    mine = lease(feeds, source, UNTIL)
    mine = feeds.save(mine, Comparison(EMPTY))
    with pytest.raises(Conflict):
        feeds.save(late, comparison)
    with pytest.raises(Conflict):
        feeds.finish(late)
    assert feeds.state(source) == mine
    assert feeds.snapshot(mine) == EMPTY
