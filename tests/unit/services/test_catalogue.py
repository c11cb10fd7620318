"""Pages of lists where the log is slow, or goes on while it is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.access import tiers
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists import cursor
from chalicelib.core.lists.listing import Filters, Listing, RowPage
from chalicelib.errors import InvalidRequest
from chalicelib.services.catalogue import Asked, Catalogue
from tests.doubles.clock import START, FakeClock

PRO = tiers.load().of("pro")
ASKED = Asked("a list", Filters(), None, None, limit=10, newest_first=True)


class SlowRows:
    """A log in which next to nothing matches: each page has one row and takes 5 s.

    Others write to it in the meantime.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.read = 0

    def end(self) -> int:
        return START + self.read

    def page(self, listing: Listing) -> RowPage:
        self.clock.advance(5)
        self.read += 1
        place = listing.until - 1
        return RowPage([b"{}"], [place], place, more=True, end=self.end())

    def near(self, _kind: IocType, _text: str, _most: int) -> list[bytes]:
        return []


@pytest.fixture
def rows() -> SlowRows:
    return SlowRows(FakeClock())


@pytest.fixture
def catalogue(rows: SlowRows) -> Catalogue:
    return Catalogue(rows, rows.clock)


def test_an_offset_that_takes_too_long_names_the_cursor(catalogue: Catalogue):
    with pytest.raises(InvalidRequest, match="`cursor`") as caught:
        catalogue.page(replace(ASKED, offset=10_000), PRO)
    assert caught.value.details == {"field": "offset"}


def test_what_is_filled_ends_in_time_and_goes_on_by_cursor(catalogue: Catalogue):
    page = catalogue.filled(ASKED, PRO)
    assert 1 < len(page.rows) < 10
    assert len(page.rows) == len(page.positions) == len(set(page.positions))
    assert page.next


def test_what_comes_while_it_is_filled_is_of_the_next_version(
    catalogue: Catalogue, rows: SlowRows
):
    page = catalogue.filled(replace(ASKED, limit=2), PRO)
    assert (len(page.rows), rows.read) == (2, 2)
    assert page.end == START + 1 < catalogue.end()


@pytest.mark.parametrize("place", [[], ["x"], [1, 2]])
def test_a_cursor_with_another_shape_is_none_of_this_list(
    catalogue: Catalogue, place: list[str | int]
):
    forged = cursor.encode(place, ASKED.of)
    with pytest.raises(InvalidRequest) as caught:
        catalogue.page(replace(ASKED, cursor=forged), PRO)
    assert caught.value.details == {"field": "cursor"}
