"""Writers and pollers that meet at every call, on a double that shows it all."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.log.entry import NewEntry
from chalicelib.core.log.query import EVERY, EVERYTHING, Query
from chalicelib.errors import NotFound, Unavailable
from tests import audit
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo
from tests.doubles.visibility import Torn
from tests.factories import ALL, NEVER, Store, make_entry, make_id, make_store
from tests.model import Kept, Model, instant

RARE = frozenset({"malware", "tool"})
QUERIES = {
    "everything": EVERYTHING,
    "all versions": ALL,
    "one type": Query(types=frozenset({"malware"})),
    "two types": Query(types=RARE),
    "two types, all versions": Query(types=RARE, versions=(EVERY,)),
    "two STIX versions": Query(
        spec_versions=frozenset({"1.9", "2.0"}), versions=(EVERY,)
    ),
    "some ids": Query(
        ids=frozenset(
            make_id(number, kind)
            for kind in ("malware", "indicator")
            for number in range(4)
        ),
        versions=(EVERY,),
    ),
}
LONGEST = 40


@dataclass
class Poller:
    """Reads on from where it was, and never back."""

    name: str
    query: Query
    limit: int
    after: int = 0
    seen: dict[int, str] = field(default_factory=dict)
    busy: bool = False

    def poll(self, store: Store) -> bool:
        """Read a page; fail where it goes back. Tell whether more is to come."""
        page = store.page(self.query, after=self.after, limit=self.limit)
        position = self.after
        assert len(page.data) == len(page.entries) <= self.limit
        for entry, data in zip(page.entries, page.data, strict=True):
            assert entry.date_added > position, f"{self.name}: the order is broken"
            assert entry.id.encode() in data
            position = entry.date_added
            self.seen[position] = entry.id
        assert page.position >= position
        self.after = page.position
        return page.more


class Scenario:
    """One run, all of it decided by a seed."""

    def __init__(self, chance: random.Random, *, torn: bool = True) -> None:
        self.chance = chance
        self.clock = FakeClock(seed=1)
        rate = chance.choice([0.02, 0.1, 0.4])
        self.torn = Torn(chance, self.clock.now, rate=rate) if torn else None
        self.dynamo = FakeDynamo(seconds=self.clock.seconds, visibility=self.torn)
        self.store = make_store(self.dynamo, clock=self.clock)
        if self.torn is not None:
            self.torn.settle()
        self.pollers = [
            Poller(name, query, chance.choice([1, 2, 1_000]))
            for name, query in QUERIES.items()
        ]
        self.added: set[tuple[str, str]] = set()
        self.removed: set[str] = set()
        self._depth = 0
        self.dynamo.before_call = self._meanwhile

    def run(self, steps: int) -> None:
        """Do this and that, then check what everybody has seen."""
        for _ in range(steps):
            self._act(self._anything())
        self.finish()

    def finish(self) -> None:
        """Let all become visible, read to the end, and compare with the truth."""
        self.dynamo.before_call = lambda _: None
        if self.torn is not None:
            self.torn.settle()
        truth = self._truth()
        for poller in self.pollers:
            self._check(poller, truth, poller.after)
        for poller in self.pollers:
            while poller.poll(self.store):
                pass
            self._check(poller, truth, truth.last)

    def _check(self, poller: Poller, truth: Model, until: int) -> None:
        """Fail where a poller has passed an entry that it did not see."""
        for one in truth.select(poller.query):
            if one.at > until or one.at in poller.seen:
                continue
            # A version that is the latest again, behind the pollers, is not lost.
            restored = one.id in self.removed and not poller.query.wants_history
            assert restored, (
                f"{poller.name} (at {poller.after}) has lost {one.id} at {one.at}"
            )

    def _truth(self) -> Model:
        items = self.dynamo.items.values()
        contents = audit.check(items, self.store.id)
        kept = [
            Kept(
                entry.date_added,
                entry.id,
                entry.version,
                instant(entry.version),
                made=False,
                spec=entry.spec_version,
                types=frozenset(entry.facets),
                data=b"",
            )
            for entry in contents.entries()
        ]
        there = {(one.id, one.version) for one in kept}
        lost = {one for one in self.added - there if one[0] not in self.removed}
        assert not lost, "what was said to be added is not there"
        return Model(kept, contents.head.last)

    def _anything(self) -> Callable[[], object]:
        return self.chance.choices(
            [self._add, self._poll, self._compact, self._remove], [5, 4, 3, 1]
        )[0]

    def _act(self, action: Callable[[], object]) -> None:
        self._depth += 1
        try:
            action()
        except Unavailable:
            pass
        finally:
            self._depth -= 1

    def _meanwhile(self, _: str) -> None:
        self.clock.advance(0.001)
        if self._depth <= 2 and self.chance.random() < 0.12:
            self._act(self._anything())

    def _add(self) -> None:
        batch = [self._entry() for _ in range(self.chance.choice([1, 1, 2, 3, 12]))]
        deadline = self.clock.monotonic() + 5
        for entry, placed in zip(
            batch, self.store.log.append(self.store.id, batch, deadline), strict=False
        ):
            assert placed.version is not None
            self.added.add((entry.id, placed.version))

    def _entry(self) -> NewEntry:
        kind = self.chance.choice(["indicator"] * 6 + ["malware", "tool"])
        number = self.chance.randrange(30 if kind == "indicator" else 4)
        specs = ["2.1"] * 10 + ["2.0", "1.9"]
        return make_entry(
            number,
            kind=kind,
            version=self.chance.randrange(8),
            spec_version=self.chance.choice(specs),
        )

    def _poll(self) -> None:
        poller = self.chance.choice(self.pollers)
        if not poller.busy:
            poller.busy = True
            try:
                poller.poll(self.store)
            finally:
                poller.busy = False

    def _compact(self) -> None:
        self.store.log.compact(self.store.id, NEVER, settled=0)

    def _remove(self) -> None:
        there = sorted({identifier for identifier, _ in self.added})
        if not there:
            return
        object_id = self.chance.choice(there)
        query = self.chance.choice([ALL, EVERYTHING])
        self.removed.add(object_id)
        try:
            deadline: Any = self.clock.monotonic() + 5
            self.store.log.remove(self.store.id, object_id, query, deadline)
        except NotFound:
            pass
