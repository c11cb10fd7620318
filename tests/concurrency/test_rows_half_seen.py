"""Pages of IOCs where transactions are seen item by item, in both directions."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core import instants
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists import entries
from chalicelib.core.lists.listing import Filters, Listing, RowPage
from chalicelib.core.lists.row import Row, from_json
from chalicelib.core.log.entry import Standing, is_replaced
from chalicelib.core.log.head import ROWS
from chalicelib.errors import Unavailable
from chalicelib.store.dynamo.collections import DynamoCollections
from chalicelib.store.dynamo.commitlog.log import DynamoLog
from chalicelib.store.dynamo.rows import DynamoRows
from chalicelib.store.dynamo.table import Table
from tests import audit
from tests.concurrency.test_half_seen import _parts
from tests.doubles.clock import START, FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.doubles.visibility import Torn
from tests.factories import NEVER, TABLE, make_row
from tests.publishing import value_of

FILTERS = {
    "all": Filters(),
    "a rare type": Filters(types=(IocType.CVE,)),
    "two types": Filters(types=(IocType.CVE, IocType.URL)),
    "a tag": Filters(tags=("mirai",)),
    "confidence": Filters(confidences=("high",)),
    "nothing": Filters(industries=("water",)),
}
FOREVER = float("inf")
LONGEST = 40
ROOM = 5_000_000


class Rows:
    """The log of rows on a double that shows it item by item."""

    def __init__(self, torn: Torn, clock: FakeClock) -> None:
        self.torn = torn
        self.clock = clock
        self.dynamo = FakeDynamo(seconds=clock.seconds, visibility=torn)
        table = Table(client_of(self.dynamo), TABLE, clock)
        DynamoCollections(table).ensure_log(ROWS, clock.now())
        self.log = DynamoLog(table, clock)
        self.rows = DynamoRows(table, clock)
        self.versions = 0
        torn.settle()

    def add(self, *numbers: int, deadline: float = 2_000.0, **said: Any) -> None:
        """Publish another version of some IOCs; every fifth is a CVE."""
        self.versions += 1
        modified = START + self.versions * 1_000
        new = []
        for number in dict.fromkeys(numbers):
            kind = IocType.URL if number % 5 else IocType.CVE
            tags = ("mirai",) if number % 4 == 1 else ("other", "energy")
            row = make_row(
                value_of(kind, number),
                kind,
                **({"modified": modified, "tags": tags} | said),
            )
            new.append(entries.to_entry(row))
        list(self.log.append(ROWS, new, deadline))

    def compact(self) -> None:
        """Compact all of it."""
        self.clock.advance(0.001)
        self.log.compact(ROWS, NEVER, settled=0)

    def page(self, filters: Filters, **given: Any) -> RowPage:
        """Read a page."""
        usual: dict[str, Any] = {
            "after": 0,
            "until": instants.LATEST,
            "limit": 1_000,
            "room": ROOM,
        }
        return self.rows.page(Listing(filters, **(usual | given)))

    def truth(self, filters: Filters) -> list[int]:
        """List the positions of what is active and asked for, of all committed."""
        return [
            position
            for position, (row, current) in self.every().items()
            if current and not row.revoked and filters.takes(row)
        ]

    def every(self) -> dict[int, tuple[Row, bool]]:
        """Give each row that was written, and whether it is the latest."""
        contents = audit.read(self.dynamo.items.values(), ROWS)
        packed = [one.packed for one in contents.segments]
        packed += [one.packed for one in contents.histories.values()]
        found = {}
        for one in packed:
            for stored in audit.segment.unpack(one):
                entry = stored.entry
                standing: Standing = contents.marks.get(
                    entry.date_added, entry.standing
                )
                current = not is_replaced(entry.spec_version, standing)
                found[entry.date_added] = (from_json(stored.data), current)
        return dict(sorted(found.items()))

    def check(self) -> None:
        """Look through everything, with all of it seen."""
        self.torn.settle()
        audit.check(self.dynamo.items.values(), ROWS)


# One thing half seen, each part of it


def _prepared() -> Rows:
    clock = FakeClock()
    rows = Rows(Torn(random.Random(0), clock.now, rate=0, longest=FOREVER), clock)
    for number in range(8):
        rows.add(number, *range(20 + 3 * number, 23 + 3 * number))
        rows.torn.settle()
    rows.add(1, 5, 21)
    rows.torn.settle()
    clock.advance(10)
    return rows


def _two_additions(rows: Rows) -> None:
    rows.add(0, 5, 90, 91)
    # The next writer waits until it can see this head.
    rows.torn.show(lambda place: place[1].startswith("HEAD"))
    rows.add(2, 93, 92)


def _going(rows: Rows) -> None:
    rows.add(5, 21, 6, revoked=True)


def _compaction_and_addition(rows: Rows) -> None:
    rows.compact()
    rows.torn.show(lambda place: place[1].startswith("HEAD"))
    rows.add(3, 30, 95)


CASES: dict[str, Callable[[Rows], None]] = {
    "two additions": _two_additions,
    "revocation": _going,
    "compaction": lambda rows: rows.compact(),
    "compaction and an addition": _compaction_and_addition,
}


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_half_of_a_write_makes_a_shorter_page(case: str, newest_first):
    rows = _prepared()
    before = {name: rows.truth(filters) for name, filters in FILTERS.items()}
    CASES[case](rows)
    after = {name: rows.truth(filters) for name, filters in FILTERS.items()}
    every = rows.every()
    places = rows.torn.waiting
    restore = rows.torn.save()
    assert len(places) > 4
    for part in _parts(places):
        for name, filters in FILTERS.items():
            lasting = sorted({*before[name]} & {*after[name]})
            positions = list(every)
            for start in (positions[9], positions[-4], 10**17 * newest_first):
                rows.torn.show(part.__contains__)
                bound = {"until": start} if newest_first else {"after": start - 1}
                page = rows.page(filters, limit=5, newest_first=newest_first, **bound)
                _check_page(page, every, newest_first=newest_first)
                if newest_first:
                    passed = [one for one in lasting if page.place <= one <= start]
                else:
                    # What is the latest once all is seen was given or is to come.
                    passed = [one for one in after[name] if start <= one <= page.place]
                assert set(passed) <= set(page.positions)
                restore()


def _check_page(
    page: RowPage,
    every: dict[int, tuple[Row, bool]],
    *,
    newest_first: bool,
) -> None:
    positions = page.positions
    assert positions == sorted(set(positions), reverse=newest_first)
    there = [every[one][0] for one in positions]
    assert [from_json(row) for row in page.rows] == there
    assert not any(row.revoked for row in there)
    if newest_first:
        assert len({row.id for row in there}) == len(there), "the newest of each"


def test_a_reader_from_the_end_never_gives_two_versions_on_a_page():
    rows = _prepared()
    rows.add(5, 6, 7)
    # The marks on what they replace are seen last.
    rows.torn.show(lambda place: not place[1].startswith("OLD"))
    page = rows.page(Filters())
    values = [from_json(row).value for row in page.rows]
    assert len(values) == len(set(values))
    assert page.positions == rows.truth(Filters())[::-1]


def test_what_was_revoked_is_not_given_by_a_reader_who_has_passed_that():
    rows = _prepared()
    rows.add(5, revoked=True)
    rows.torn.show(lambda place: not place[1].startswith("OLD"))
    assert rows.page(Filters()).positions == rows.truth(Filters())[::-1]


def test_a_hole_in_a_chain_leaves_what_lies_behind_it():
    rows = _prepared()
    first = rows.rows.end()
    for number in (50, 60):
        rows.add(number, number + 1)
        rows.torn.show(lambda place: "HEAD" in place[1])
    rows.add(75)
    rows.torn.show(lambda place: "HEAD" in place[1])
    last = rows.log.head(ROWS).last
    rows.torn.show(lambda place: place[2].endswith(str(last)))
    page = rows.page(FILTERS["a rare type"])
    assert page.more
    assert len(page.positions) == 1
    assert page.place > first
    rows.torn.settle()
    rest = rows.page(FILTERS["a rare type"], until=page.place - 1)
    assert [*page.positions, *rest.positions] == rows.truth(FILTERS["a rare type"])[
        ::-1
    ]


# Everything at once


@dataclass
class Poller:
    """Reads on from where it was, oldest first, and never back."""

    filters: Filters
    limit: int
    after: int = 0
    seen: list[int] = field(default_factory=list)
    busy: bool = False

    def poll(self, rows: Rows) -> bool:
        """Read a page."""
        page = rows.page(
            self.filters, after=self.after, limit=self.limit, newest_first=False
        )
        assert page.place >= self.after
        assert all(one > self.after for one in page.positions)
        self.seen += page.positions
        self.after = page.place
        return page.more


class Scenario:
    """One run, all of it decided by a seed."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        clock = FakeClock(seed=1)
        rate = chance.choice([0.02, 0.1, 0.4])
        self.rows = Rows(Torn(chance, clock.now, rate=rate), clock)
        self.pollers = [
            Poller(filters, chance.choice([1, 2, 1_000]))
            for filters in FILTERS.values()
        ]
        self._depth = 0
        self.rows.dynamo.before_call = self._meanwhile

    def run(self, steps: int) -> None:
        """Do this and that, then check what everybody has seen."""
        for _ in range(steps):
            self._act()
        self.rows.dynamo.before_call = lambda _: None
        self.rows.check()
        for poller in self.pollers:
            truth = self.rows.truth(poller.filters)
            assert {one for one in truth if one <= poller.after} <= set(poller.seen)
            while poller.poll(self.rows):
                pass
            assert set(truth) <= set(poller.seen)
            assert poller.seen == sorted(set(poller.seen))
            assert self._crawl(poller.filters, poller.limit) == truth[::-1]

    def _act(self) -> None:
        action = self.chance.choices(
            [self._add, self._poll, self._back, self.rows.compact], [5, 4, 4, 3]
        )[0]
        self._depth += 1
        try:
            with contextlib.suppress(Unavailable):
                action()
        finally:
            self._depth -= 1

    def _meanwhile(self, _: str) -> None:
        self.rows.clock.advance(0.001)
        if self._depth <= 2 and self.chance.random() < 0.12:
            self._act()

    def _add(self) -> None:
        count = self.chance.choice([1, 1, 2, 3, 12])
        numbers = [self.chance.randrange(30) for _ in range(count)]
        deadline = self.rows.clock.monotonic() + 5
        revoked = self.chance.random() < 0.2
        self.rows.add(*numbers, deadline=deadline, revoked=revoked)

    def _poll(self) -> None:
        poller = self.chance.choice(self.pollers)
        if not poller.busy:
            poller.busy = True
            try:
                poller.poll(self.rows)
            finally:
                poller.busy = False

    def _back(self) -> None:
        """Read pages from the end; what they give is in order and each once."""
        filters = self.chance.choice(list(FILTERS.values()))
        until, limit = instants.LATEST, self.chance.choice([1, 5, 1_000])
        after = self.chance.choice([0, 0, self.rows.rows.end() // 2])
        for _ in range(4):
            page = self.rows.page(filters, after=after, until=until, limit=limit)
            assert page.positions == sorted(set(page.positions), reverse=True)
            assert all(after < one <= until for one in page.positions)
            there = [from_json(row) for row in page.rows]
            assert len({row.id for row in there}) == len(there)
            assert not any(row.revoked for row in there)
            assert page.place <= until + 1
            until = page.place - 1
            if not page.more:
                return

    def _crawl(self, filters: Filters, limit: int) -> list[int]:
        found: list[int] = []
        until, more = instants.LATEST, True
        while more:
            page = self.rows.page(filters, until=until, limit=limit)
            found += page.positions
            until, more = page.place - 1, page.more
        return found


@settings(
    max_examples=settings().max_examples * 3 // 5,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32))
def test_no_reader_from_the_start_ever_misses_what_is_active(seed: int):
    Scenario(random.Random(seed)).run(LONGEST)
