"""The RowLog port: pages of the log of IOCs, in both directions.

A page reads what it needs and a constant besides: filters choose the shortest
chain that leads to all they let through, and what matches rarely gives short
pages instead of long searches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists import entries
from chalicelib.core.lists.listing import Listing, RowPage
from chalicelib.core.lists.row import from_json
from chalicelib.core.log.chains import chains_of
from chalicelib.core.log.entry import Entry, Standing, is_replaced
from chalicelib.core.log.head import ROWS, Head
from chalicelib.core.ports import Clock
from chalicelib.errors import NotFound
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.commitlog.backward import Stretch, walk_back
from chalicelib.store.dynamo.commitlog.heads import read_head
from chalicelib.store.dynamo.commitlog.pairs import Gap, marks_between
from chalicelib.store.dynamo.commitlog.ranges import ranges
from chalicelib.store.dynamo.commitlog.walk import walk
from chalicelib.store.dynamo.items import segment
from chalicelib.store.dynamo.items.codec import Segment
from chalicelib.store.dynamo.items.segment import Stored
from chalicelib.store.dynamo.table import Table

MOST_SEGMENTS = 200
"""Segments that one page reads at most: some 15,000 rows, 500 read units."""

_TRIES = 6
_PAUSE = 0.005


@dataclass(slots=True)
class _Basket:
    """A page being filled; `place` is where to go on from."""

    listing: Listing
    place: int
    rows: list[bytes] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    weight: int = 0
    more: bool = False
    met: set[str] = field(default_factory=set)
    wanted: list[frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.wanted = entries.facets_of(self.listing.filters)

    def is_over(self, entry: Entry, standing: Standing) -> bool:
        """Tell whether a later version has replaced an entry.

        The mark that says so may be seen later than that version itself, which a
        reader who comes from the end has met by then.
        """
        if entry.id in self.met or is_replaced(entry.spec_version, standing):
            return True
        if self.listing.newest_first:
            self.met.add(entry.id)
        return False

    def offer(self, one: Stored) -> bool:
        """Take an entry if it is asked for; False where the page is full."""
        listing, entry = self.listing, one.entry
        if not self._is_asked_for(one):
            self.place = entry.date_added
            return True
        weight = self.weight + entry.weight
        if len(self.rows) == listing.limit or (self.rows and weight > listing.room):
            self.more = True
            return False
        self.rows.append(one.data)
        self.positions.append(entry.date_added)
        self.weight = weight
        self.place = entry.date_added
        return True

    def _is_asked_for(self, one: Stored) -> bool:
        facets = one.entry.facets
        if entries.REVOKED in facets:
            return False
        if any(wanted.isdisjoint(facets) for wanted in self.wanted):
            return False
        # Several tags share a facet: only the row itself tells.
        return not self.listing.filters.tags or self.listing.filters.takes(
            from_json(one.data)
        )


class DynamoRows:
    """Rows of IOCs in the table of objects."""

    def __init__(self, table: Table, clock: Clock) -> None:
        """Read nothing yet."""
        self._table = table
        self._clock = clock

    def end(self) -> int:
        """Tell the position of the newest row, 0 where there is none."""
        head = self._head()
        return head.last if head else 0

    def page(self, listing: Listing) -> RowPage:
        """Read a page of active IOCs; see RowPage."""
        begin = listing.until + 1 if listing.newest_first else listing.after
        pause = _PAUSE
        end = 0
        basket = _Basket(listing, begin)
        for _ in range(_TRIES):
            basket = _Basket(listing, begin)
            head = self._head()
            if head is None:
                break
            end = head.last
            try:
                self._fill(basket, head)
                break
            except Gap:
                # What lies before the hole is whole; the rest comes next time.
                basket.more = True
                if basket.rows:
                    break
                self._clock.sleep(pause * (1 + self._clock.chance()))
                pause *= 2
        return RowPage(basket.rows, basket.positions, basket.place, basket.more, end)

    def near(self, kind: IocType, text: str, most: int) -> list[bytes]:
        """Find the keys of IOCs next to a text; two Queries of one partition.

        Only of those that begin with the same two characters.
        """
        place = entries.start_of(kind, text)
        pk = schema.cards(str(kind), place)
        found: list[bytes] = []
        for bounds in ({"after": place}, {"until": place}):
            pages = self._table.query(
                pk, limit=most, backward="until" in bounds, **bounds
            )
            found += [entries.key_in(item[schema.SK]["S"]) for item in next(pages, ())]
        return found

    def _head(self) -> Head | None:
        try:
            return read_head(self._table, ROWS)[0]
        except NotFound:
            # Nothing was ever published.
            return None

    def _fill(self, basket: _Basket, head: Head) -> None:
        listing = basket.listing
        seen = 0
        for batch in self._batches(head, listing):
            marks = self._marks(head, batch)
            for one in batch:
                if not _take(basket, one, marks):
                    return
            seen += len(batch)
            # The next batch may be twice as long.
            if seen + 2 * len(batch) > MOST_SEGMENTS:
                basket.more = not _is_done(basket, head)
                return

    def _batches(self, head: Head, listing: Listing) -> Iterator[list[Segment]]:
        facets = _shortest(head, listing)
        if facets is not None and head.chains.keys().isdisjoint(facets):
            return iter(())
        each = max(head.entries // max(head.segments, 1), 1)
        wanted = min(listing.limit + 1, (MOST_SEGMENTS - 2) * each)
        after = max(listing.after, 0)
        if listing.newest_first:
            stretch = Stretch(after, listing.until)
            return walk_back(self._table, head, stretch, facets, wanted)
        return walk(self._table, head, after, facets, wanted)

    def _marks(self, head: Head, batch: list[Segment]) -> Mapping[int, Standing]:
        marks: dict[int, Standing] = {}
        for after, until in ranges(sorted(batch, key=lambda one: one.last)):
            if after < head.marked:
                marks |= marks_between(self._table, head.id, after, until)
        return marks


def _take(basket: _Basket, one: Segment, marks: Mapping[int, Standing]) -> bool:
    """Offer what lies in a segment; False where nothing more is wanted."""
    listing = basket.listing
    stored = segment.unpack(one.packed)
    if listing.newest_first:
        stored.reverse()
    for each in stored:
        date = each.entry.date_added
        if _is_before(basket, date):
            continue
        if not listing.after < date <= listing.until:
            return False
        standing = marks.get(date, each.entry.standing)
        if basket.is_over(each.entry, standing):
            basket.place = date
        elif not basket.offer(each):
            return False
    edge = one.previous + 1 if listing.newest_first else one.last
    basket.place = _further(basket, edge)
    return True


def _is_before(basket: _Basket, date: int) -> bool:
    """Tell whether a page begins behind a date, or has had it already."""
    newest_first = basket.listing.newest_first
    return date >= basket.place if newest_first else date <= basket.place


def _further(basket: _Basket, edge: int) -> int:
    choose: Callable[[int, int], int] = min if basket.listing.newest_first else max
    return choose(basket.place, edge)


def _is_done(basket: _Basket, head: Head) -> bool:
    listing = basket.listing
    if listing.newest_first:
        return basket.place <= listing.after + 1
    return basket.place >= min(listing.until, head.last)


def _shortest(head: Head, listing: Listing) -> frozenset[str] | None:
    """Choose the chains of the filter that lead to the fewest entries.

    None where the log itself is the shorter way: chains that lead to half of it are
    not worth their detour.
    """

    def led_to(names: frozenset[str]) -> int:
        return sum(head.chains[one].entries for one in names & head.chains.keys())

    led = [
        frozenset(names)
        for one in entries.facets_of(listing.filters)
        if (names := chains_of(one, head.chains))
    ]
    best = min(led, key=led_to, default=None)
    if best is not None and led_to(best) * 2 >= head.entries:
        return None
    return best
