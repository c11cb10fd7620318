"""What a feed is asked for once it was read to its end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.ingest import source as sources
from chalicelib.ingest.incremental import since

ROWS = {one.id: one for one in sources.load()}
NOON = 1_787_918_400_000_000
"""2026-08-28T12:00:00Z"""


@pytest.mark.parametrize(
    ("source", "name", "value"),
    [
        ("circl-misp", "since", 1_787_918_400 - 86_400),
        ("cisa-csaf-ot", "since", "2026-08-27"),
        ("upstream-taxii", "added_after", "2026-08-27T12:00:00.000000Z"),
    ],
)
def test_a_feed_of_documents_is_asked_from_a_day_before_its_last_run(
    source: str, name: str, value: object
):
    asked = since(ROWS[source], NOON)
    assert asked.options[name] == value
    assert replace(asked, options=ROWS[source].options) == ROWS[source]


def test_a_taxii_collection_is_asked_so_in_its_address():
    asked = since(ROWS["upstream-taxii"], NOON)
    assert "added_after=2026-08-27T12%3A00%3A00.000000Z" in asked.first_url


@pytest.mark.parametrize("source", ["circl-misp", "cisa-csaf-ot", "upstream-taxii"])
def test_a_first_run_asks_for_all_that_the_row_allows(source: str):
    assert since(ROWS[source], None) is ROWS[source]


def test_a_list_is_always_asked_for_as_a_whole():
    assert since(ROWS["tor-exits"], NOON) is ROWS["tor-exits"]
