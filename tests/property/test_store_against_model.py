"""The store does what the model says, whatever is done to it in whatever order."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from chalicelib.core.log.entry import NewEntry
from chalicelib.core.log.query import EVERY, LAST, Query, Versions
from chalicelib.errors import NotFound
from tests import audit
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo
from tests.factories import ALL, NEVER, canonical, make_entry, make_store
from tests.model import Kept, Model

KINDS = ("indicator", "malware", "tool", "x-rare")
NUMBERS = range(6)
DAYS = range(5)

SPECS = st.sampled_from(["2.0", "2.1", "2.1", "2.1"])
SPELLINGS = st.sampled_from(
    [
        "2020-01-{:02d}T00:00:00Z",
        "2020-01-{:02d}T00:00:00.000Z",
        "2020-01-{:02d}t01:00:00.0000000+01:00",
    ]
)


@st.composite
def entries(draw: Any) -> NewEntry:
    """Make an entry; few ids and versions, so that they meet."""
    number = draw(st.sampled_from(NUMBERS))
    if draw(st.integers(0, 7)) == 0:
        return make_entry(
            number, kind="ipv4-addr", version=None, salt=draw(st.integers(0, 9))
        )
    version = draw(SPELLINGS).format(draw(st.sampled_from(DAYS)) + 1)
    padding = draw(st.sampled_from([0, 0, 0, 200, 40_000]))
    return make_entry(
        number,
        kind=KINDS[number % len(KINDS)],
        version=version,
        spec_version=draw(SPECS),
        note='é"\\' * (padding // 40) + random.Random(padding).randbytes(padding).hex(),
    )


VERSIONS = st.one_of(
    st.just(EVERY),
    st.just(LAST),
    st.builds(
        Versions,
        first=st.booleans(),
        last=st.booleans(),
        exact=st.frozensets(st.sampled_from(DAYS).map(canonical), max_size=2),
    ).filter(lambda v: v.first or v.last or v.exact),
)
IDS = st.frozensets(
    st.sampled_from([make_entry(n, kind=KINDS[n % len(KINDS)]).id for n in NUMBERS]),
    min_size=1,
    max_size=3,
)
QUERIES = st.builds(
    Query,
    ids=st.none() | st.none() | IDS,
    types=st.none()
    | st.frozensets(
        st.sampled_from([*KINDS, "ipv4-addr", "nobody"]), min_size=1, max_size=3
    ),
    spec_versions=st.none()
    | st.none()
    | st.frozensets(st.sampled_from(["2.0", "2.1", "3.0"]), min_size=1),
    versions=st.lists(VERSIONS, max_size=2).map(tuple),
)


class StoreAgainstModel(RuleBasedStateMachine):
    """Does the same to both and compares."""

    @initialize()
    def begin(self) -> None:
        self.clock = FakeClock()
        self.dynamo = FakeDynamo(seconds=self.clock.seconds)
        self.store = make_store(self.dynamo, clock=self.clock)
        self.model = Model()

    @rule(batch=st.lists(entries(), min_size=1, max_size=6))
    def add(self, batch: list[NewEntry]) -> None:
        wanted = self.model.fresh(batch)
        placed = list(self.store.log.append(self.store.id, batch, NEVER))
        assert len(placed) == len(batch)
        assert sum(one.state == "added" for one in placed) == len(wanted)
        assert all(one.state in {"added", "present"} for one in placed)
        self._learn(wanted)

    @rule(start=st.integers(0, 3), size=st.sampled_from([97, 130]))
    def add_many(self, start: int, size: int) -> None:
        batch = [
            make_entry(1_000 + (start * 60 + n) % 200, kind="tool", version=start)
            for n in range(size)
        ]
        self.add(batch)

    @precondition(lambda self: self.model.kept)
    @rule(data=st.data(), query=QUERIES)
    def remove(self, data: st.DataObject, query: Query) -> None:
        object_id = data.draw(
            st.sampled_from(sorted({one.id for one in self.model.kept}))
        )
        query = Query(
            spec_versions=query.spec_versions, versions=query.versions or (EVERY,)
        )
        expected = self.model.remove(object_id, query)
        try:
            assert self.store.remove(object_id, query) == expected
        except NotFound:
            assert expected == 0

    @rule()
    def compact(self) -> None:
        self.store.compact()

    @rule(seconds=st.sampled_from([0.0000005, 0.5, 100.0, -3_000.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(data=st.data(), query=QUERIES)
    def read(self, data: st.DataObject, query: Query) -> None:
        dates = [0, self.model.last, *(one.at for one in self.model.kept)]
        after = data.draw(st.sampled_from(dates)) + data.draw(
            st.sampled_from([0, 0, -1, 1])
        )
        limit = data.draw(st.sampled_from([1, 2, 3, 7, 100, 1_000]))
        room = data.draw(st.sampled_from([5_000_000, 5_000_000, 0, 700, 90_000]))
        self._compare(query, after, limit, room)

    @rule(query=QUERIES, limit=st.sampled_from([1, 3, 50]))
    def crawl(self, query: Query, limit: int) -> None:
        page = self.store.crawl(query, limit=limit)
        expected = self.model.select(query)
        assert [e.date_added for e in page.entries] == [one.at for one in expected]
        assert page.data == [one.data for one in expected]

    @invariant()
    def what_is_stored_is_whole(self) -> None:
        audit.check(self._objects(), self.store.id)

    @invariant()
    def all_is_there(self) -> None:
        found = [(e.date_added, e.id, e.version) for e in self.store.crawl(ALL).entries]
        assert found == [(one.at, one.id, one.version) for one in self.model.kept]

    def _objects(self) -> list[dict[str, Any]]:
        return list(self.dynamo.items.values())

    def _learn(self, wanted: list[NewEntry]) -> None:
        page = self.store.crawl(ALL, after=self.model.last)
        assert [entry.id for entry in page.entries] == [entry.id for entry in wanted]
        for entry, new in zip(page.entries, wanted, strict=True):
            self.model.add(new, entry.date_added, entry.version)

    def _compare(self, query: Query, after: int, limit: int, room: int) -> None:
        expected = self.model.page(query, after, limit, room)
        page = self.store.page(query, after=after, limit=limit, room=room)
        assert [e.date_added for e in page.entries] == [
            one.at for one in expected.entries
        ]
        assert page.data == ([one.data for one in expected.entries] if room else [])
        assert page.more == expected.more
        assert page.position >= (expected.entries[-1].at if expected.entries else after)
        if expected.next_at is not None:
            assert page.position < expected.next_at
        else:
            assert page.position >= min(after, self.model.last)
        if query.ids is not None:
            assert page.known == self.model.known(query)
        for entry, one in zip(page.entries, expected.entries, strict=True):
            self._compare_entry(entry, one)

    def _compare_entry(self, entry: Any, one: Kept) -> None:
        assert (entry.id, entry.version, entry.spec_version) == (
            one.id,
            one.version,
            one.spec,
        )
        assert entry.weight == one.weight


TestStoreAgainstModel = StoreAgainstModel.TestCase
TestStoreAgainstModel.settings = settings(
    max_examples=settings().max_examples * 2 // 5,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
