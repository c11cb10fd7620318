"""Invariant 1 with threads: eight writers, four pollers, nothing lost."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from chalicelib.container import SystemClock
from chalicelib.core.log.query import EVERY, EVERYTHING, Query
from chalicelib.store.dynamo.client import Client
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.factories import ALL, Store, make_collection, make_entry, make_store

WRITERS = 8
DEADLINE = 60.0
QUERIES = (
    EVERYTHING,
    ALL,
    Query(types=frozenset({"malware"}), versions=(EVERY,)),
    Query(types=frozenset({"malware", "tool"})),
)


@dataclass
class Seen:
    """What one poller saw, in order."""

    query: Query
    dates: list[int] = field(default_factory=list)


@pytest.fixture(params=["double", "emulator"])
def client(request: pytest.FixtureRequest) -> Client:
    """Give a client of the double, then one of the emulator."""
    if request.param == "double":
        return client_of(FakeDynamo(seconds=time.time))
    found: Client = request.getfixturevalue("emulator")
    return found


def test_eight_writers_and_four_pollers_lose_nothing(client: Client) -> None:
    identifier = str(uuid.uuid4())
    collection = make_collection(identifier=identifier, title=identifier)
    store = make_store(client=client, clock=SystemClock(), collection=collection)
    written = threading.Event()
    seen = [Seen(query) for query in QUERIES]

    with ThreadPoolExecutor(WRITERS + len(seen) + 1) as pool:
        pollers = [pool.submit(_poll, store, one, written.is_set) for one in seen]
        tidier = pool.submit(_compact, store, written.is_set)
        writers = [pool.submit(_write, store, n) for n in range(WRITERS)]
        try:
            states = [state for one in writers for state in one.result(DEADLINE)]
        finally:
            written.set()
        for reader in (*pollers, tidier):
            reader.result(DEADLINE)

    # Every writer adds its own, and all add the same ten.
    assert states.count("added") == WRITERS * 24 + 10
    assert states.count("present") == (WRITERS - 1) * 10
    for poller in seen:
        assert poller.dates == store.dates(poller.query)


def _write(store: Store, number: int) -> list[str]:
    kinds = ("indicator", "indicator", "indicator", "malware", "tool", "x-rare")
    states = []
    for part in range(4):
        own = [
            make_entry(1_000 * number + 10 * part + n, kind=kind)
            for n, kind in enumerate(kinds)
        ]
        states += store.add(*own)
    return states + store.add(*(make_entry(900_000 + n) for n in range(10)))


def _poll(store: Store, seen: Seen, is_written: Callable[[], bool]) -> None:
    after = 0
    while True:
        is_last = is_written()
        page = store.page(seen.query, after=after, limit=7)
        seen.dates += [entry.date_added for entry in page.entries]
        after = page.position
        if is_last and not page.more:
            return


def _compact(store: Store, is_written: Callable[[], bool]) -> None:
    while not is_written():
        store.log.compact(store.id, time.monotonic() + DEADLINE, settled=200_000)
        time.sleep(0.05)
