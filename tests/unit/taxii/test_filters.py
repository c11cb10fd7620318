"""Query parameters of TAXII, and what of them is an error."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from chalicelib.core.log.cursor import Cursor, decode, encode
from chalicelib.core.log.query import Query, Versions
from chalicelib.errors import InvalidRequest
from chalicelib.taxii.filters import MOST, read_filters, read_selection

HERE = "11111111-1111-4111-8111-111111111111"
THERE = "22222222-2222-4222-8222-222222222222"


def read(**parameters: str):
    names = {"id": "match[id]", "type": "match[type]", "version": "match[version]"}
    named = {names.get(name, name): [value] for name, value in parameters.items()}
    return read_filters(named, HERE)


def test_nothing_asks_for_the_first_thousand():
    filters = read_filters({}, HERE)
    asked = filters.request()
    assert (asked.after, asked.limit, asked.query) == (0, 1000, Query())


def test_lists_are_split_at_commas_and_blanks_are_dropped():
    filters = read(type="malware, tool,", id="a--1,b--2")
    assert filters.query.types == {"malware", "tool"}
    assert filters.query.ids == {"a--1", "b--2"}


@pytest.mark.parametrize("text", ["10000000", "9" * 31])
def test_a_limit_above_the_most_is_cut_in_silence(text: str):
    assert read(limit=text).request().limit == MOST


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.000000000Z",
        "2026-01-01T01:00:00+01:00",
        "2026-01-01T01:00:00 01:00",
    ],
)
def test_added_after_takes_any_precision_and_offset(text: str):
    assert read(added_after=text).position == 1_767_225_600_000_000


@pytest.mark.parametrize("text", ["", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z"])
def test_added_after_without_a_use_is_the_beginning(text: str):
    assert read(added_after=text).position == 0


@dataclass(frozen=True)
class Bad:
    name: str
    values: tuple[str, ...]


@pytest.mark.parametrize(
    "bad",
    [
        *(
            Bad("limit", (text,))
            for text in ("", "0", "00", "-1", "1.5", "abc", "1e3", "٣", "+5")
        ),
        *(
            Bad("added_after", (text,))
            for text in (
                "yesterday",
                "2020-13-45T00:00:00Z",
                "2020-01-01",
                "0",
                "9999-12-31T23:59:59-01:00",
            )
        ),
        *(
            Bad("match[version]", (text,))
            for text in ("latest", "all,last", "last,last", "first,", "2020")
        ),
        *(
            Bad("next", (text,))
            for text in ("garbage", "no-such-cursor", "A" * 20_000, "%00", "é")
        ),
        Bad("added_after", ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")),
        Bad("match[type]", ("malware", "tool")),
        Bad("limit", ("1", "1")),
        Bad("next", ("a", "b")),
    ],
    ids=lambda bad: f"{bad.name}={','.join(bad.values)[:30]}",
)
def test_what_makes_no_sense_is_refused_by_name(bad: Bad):
    with pytest.raises(InvalidRequest) as caught:
        read_filters({bad.name: bad.values}, HERE)
    assert caught.value.details["field"] == bad.name


def test_a_cursor_brings_its_filters_its_limit_and_its_position():
    first = read_filters(
        {
            "match[type]": ["malware"],
            "limit": ["7"],
            "added_after": ["1970-01-01T00:00:05Z"],
        },
        HERE,
    )
    token = first.next(9_000_000, HERE)
    again = read_filters({"next": [token]}, HERE)
    assert again.position == 9_000_000
    assert again.added_after == 5_000_000
    assert again.limit == 7
    assert again.query == first.query


def test_a_cursor_and_parameters_both_hold():
    token = encode(
        Cursor(9_000_000, HERE, query=Query(types=frozenset({"malware", "tool"})))
    )
    both = read_filters(
        {
            "next": [token],
            "match[type]": ["tool,identity"],
            "added_after": ["1970-01-01T00:00:20Z"],
            "limit": ["3"],
        },
        HERE,
    )
    assert both.position == 20_000_000
    assert both.query.types == {"tool"}
    assert both.limit == 3


def test_the_cursor_of_another_collection_says_nothing_here():
    token = encode(
        Cursor(9_000_000, THERE, limit=2, query=Query(types=frozenset({"tool"})))
    )
    filters = read_filters(
        {"next": [token], "added_after": ["1970-01-01T00:00:01Z"]}, HERE
    )
    assert (filters.position, filters.limit, filters.query) == (
        1_000_000,
        None,
        Query(),
    )
    assert decode(token, THERE) is not None


def test_a_selection_names_versions_by_keyword_and_instant():
    query = read_selection(
        {
            "match[version]": ["first,2020-01-01T00:00:00.000Z"],
            "match[spec_version]": ["2.0"],
        }
    )
    assert query.spec_versions == {"2.0"}
    assert query.versions == (
        Versions(first=True, exact=frozenset({"2020-01-01T00:00:00"})),
    )


def test_unknown_parameters_are_let_pass():
    filters = read_filters(
        {"match[foo]": ["x"], "api_key": ["k"], "match[match[type]]": ["y"]}, HERE
    )
    assert filters.query == Query()
