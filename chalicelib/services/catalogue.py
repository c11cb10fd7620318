"""Lists of IOCs: pages of the log of rows, as far back as a caller may look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from chalicelib.access.tiers import Tier, earliest
from chalicelib.core import instants, windows
from chalicelib.core.lists import cursor
from chalicelib.core.lists.listing import Filters, Listing, RowLog
from chalicelib.core.ports import Clock
from chalicelib.errors import Unavailable, invalid

ROOM = 5_000_000
"""Bytes of rows in one page, inside a JSON string: a Lambda answer has 6 MB."""

MOST_OFFSET = 10_000

_MOST_HELD = 50_000_000
"""Bytes of rows that are read together for an answer that has little of each."""

_SKEW = windows.DAY
_PATIENCE = 15.0
"""Seconds for what is read in several pages: API Gateway waits for 29."""


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when (microseconds): published behind `since`, until `until`."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A list as it is asked for; times in microseconds, None where none is given.

    `of` names the list and all that was given for it besides the cursor, which is
    good for that only.
    """

    of: str
    filters: Filters
    since: int | None
    until: int | None
    limit: int
    newest_first: bool
    cursor: str | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as they were written, and the cursor that goes on behind them.

    `end` is where the log ended, which a new row changes. `resume` goes on behind
    them even where nothing follows yet; there is none for the newest first.
    """

    rows: list[bytes]
    positions: list[int]
    window: Window
    next: str | None
    resume: str | None
    end: int


class Catalogue:
    """The IOCs, as lists and exports give them."""

    def __init__(self, rows: RowLog, clock: Clock) -> None:
        """Read nothing yet."""
        self._rows = rows
        self._clock = clock

    def end(self) -> int:
        """Tell the position of the newest row."""
        return self._rows.end()

    def window(self, asked: Asked, tier: Tier) -> Window:
        """Tell what of the time that was asked for a tier may see.

        What lies before its look-back is cut off, in whole hours so that a list
        does not change by the second. Raises InvalidRequest.
        """
        now = self._clock.now()
        if asked.since is not None and asked.since > now + _SKEW:
            raise invalid("since", "lies in the future")
        if None not in (asked.since, asked.until) and asked.since >= asked.until:  # type: ignore[operator]
            raise invalid("since", "must lie before `until`")
        floor = earliest(tier, now)
        floor -= floor % windows.HOUR
        until = instants.LATEST if asked.until is None else asked.until
        return Window(max(asked.since or 0, floor, 0), max(until, 0))

    def page(self, asked: Asked, tier: Tier) -> Page:
        """Read a page. Raises InvalidRequest."""
        window = self.window(asked, tier)
        listing = self._begin(asked, window)
        if asked.offset:
            listing = self._skipped(listing, asked.offset)
        page = self._rows.page(listing)
        behind = self._after(asked, page.place)
        return Page(
            page.rows,
            page.positions,
            window,
            behind if page.more else None,
            None if asked.newest_first else behind,
            page.end,
        )

    def filled(self, asked: Asked, tier: Tier) -> Page:
        """Read as many rows as are asked for, however rarely the filter matches.

        For who does not go on by cursor. It ends, with a cursor, after a while.
        """
        page = first = self.page(asked, tier)
        rows, positions = list(page.rows), list(page.positions)
        room = _MOST_HELD - sum(map(len, rows))
        deadline = self._clock.monotonic() + _PATIENCE
        while page.next and len(rows) < asked.limit and room > 0:
            if self._clock.monotonic() > deadline:
                break
            left = replace(
                asked, cursor=page.next, offset=0, limit=asked.limit - len(rows)
            )
            page = self.page(left, tier)
            rows += page.rows
            positions += page.positions
            room -= sum(map(len, page.rows))
        # What has come since the first page was read is not in it.
        return replace(page, rows=rows, positions=positions, end=first.end)

    def shortened(self, asked: Asked, page: Page, count: int) -> Page:
        """Give the first rows of a page, and the cursor that goes on behind them."""
        if count >= len(page.rows):
            return page
        behind = self._after(asked, page.positions[count - 1])
        return replace(
            page,
            rows=page.rows[:count],
            positions=page.positions[:count],
            next=behind,
            resume=None if asked.newest_first else behind,
        )

    def all(self, filters: Filters, window: Window) -> Iterator[bytes]:
        """Read all rows of a window, oldest first, however many there are."""
        place, more = window.since, True
        while more:
            listing = Listing(
                filters, place, window.until, MOST_OFFSET, ROOM, newest_first=False
            )
            page = self._rows.page(listing)
            yield from page.rows
            if page.more and page.place == place:
                raise _stuck()
            place, more = page.place, page.more

    def _begin(self, asked: Asked, window: Window) -> Listing:
        listing = Listing(
            asked.filters,
            window.since,
            window.until,
            asked.limit,
            ROOM,
            asked.newest_first,
        )
        if asked.cursor is None:
            return listing
        match cursor.decode(asked.cursor, asked.of):
            case [int(place)] if asked.newest_first:
                return listing._replace(until=min(place, window.until))
            case [int(place)]:
                return listing._replace(after=max(place, window.since))
        raise cursor.unknown()

    def _skipped(self, listing: Listing, offset: int) -> Listing:
        """Give the listing that begins behind some rows, which must be walked."""
        left = offset
        deadline = self._clock.monotonic() + _PATIENCE
        while left:
            if self._clock.monotonic() > deadline:
                raise invalid(
                    "offset", "takes too long to walk: use the `cursor` of an answer"
                )
            page = self._rows.page(listing._replace(limit=left))
            left -= len(page.rows)
            further = _behind(listing, page.place)
            if not page.more:
                return further
            if further == listing:
                raise _stuck()
            listing = further
        return listing

    def _after(self, asked: Asked, place: int) -> str:
        position = place - 1 if asked.newest_first else place
        return cursor.encode([position], asked.of)


def _behind(listing: Listing, place: int) -> Listing:
    if listing.newest_first:
        return listing._replace(until=place - 1)
    return listing._replace(after=place)


def _stuck() -> Unavailable:
    return Unavailable(
        "the list is being written to: try again in a moment",
        headers={"Retry-After": "1"},
    )
