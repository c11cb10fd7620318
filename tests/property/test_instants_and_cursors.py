"""Invariant 5: instants and positions survive the way out and in again."""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.core import instants
from chalicelib.core.log import cursor
from chalicelib.core.log.cursor import Cursor
from chalicelib.core.log.query import EVERY, LAST, Query, Versions
from chalicelib.errors import InvalidRequest
from tests.factories import make_entry, make_store
from tests.model import instant

MICROSECONDS = st.integers(0, instants.LATEST)
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
SECONDS = st.integers(0, 9_998 * 365 * 86_400)
DECIMALS = st.text("0123456789", max_size=12)
OFFSETS = st.integers(-1_439, 1_439)


@st.composite
def spellings(draw: st.DrawFn) -> str:
    moment = EARLIEST + timedelta(seconds=draw(SECONDS))
    decimals = draw(DECIMALS)
    minutes = draw(st.none() | OFFSETS)
    zone = "Z"
    if minutes is not None:
        moment = moment.astimezone(timezone(timedelta(minutes=minutes)))
        hours, rest = divmod(abs(minutes), 60)
        zone = f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"
    text = moment.replace(tzinfo=None).isoformat()
    return text + ("." + decimals if decimals else "") + zone


@given(microseconds=MICROSECONDS)
@example(0)
@example(instants.LATEST)
def test_microseconds_are_written_and_read_again(microseconds: int) -> None:
    text = instants.to_text(microseconds)
    assert len(text) == 27
    assert instants.to_microseconds(text) == microseconds


@given(one=spellings(), other=spellings())
def test_canonical_text_sorts_as_time_does(one: str, other: str) -> None:
    texts = instants.to_canonical(one), instants.to_canonical(other)
    times = instant(one), instant(other)
    assert (texts[0] < texts[1]) == (times[0] < times[1])
    assert (texts[0] == texts[1]) == (times[0] == times[1])


@given(text=spellings())
def test_canonical_text_is_read_as_the_same_instant(text: str) -> None:
    again = instants.to_canonical(text) + "Z"
    assert instants.to_canonical(again) + "Z" == again
    assert instant(again) == instant(text)


@given(microseconds=MICROSECONDS, more=st.text("0123456789", max_size=3))
def test_what_is_below_a_microsecond_is_cut(microseconds: int, more: str) -> None:
    text = instants.to_text(microseconds).replace("Z", more + "Z")
    assert instants.to_microseconds(text) == microseconds


def test_a_blank_in_a_query_string_was_a_plus() -> None:
    assert instants.to_microseconds("1970-01-01T01:00:00 01:00") == 0


def test_a_leap_second_is_the_instant_that_the_next_second_begins_with() -> None:
    assert instants.to_canonical("2016-12-31T23:59:60.5Z") == "2017-01-01T00:00:00.5"


@given(
    text=st.text(max_size=40)
    | st.from_regex(
        r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{0,9})?([Zz]|[+ -]\d\d:\d\d)?",
        fullmatch=True,
    )
)
@example("9999-12-31T23:59:60Z")
@example("0001-01-01T00:00:00+01:00")
@example("2020-13-01T00:00:00Z")
@example("2020-01-01T24:00:00Z")
@example("2020-01-01T00:00:00+24:00")
@example("٢٠٢٠-01-01T00:00:00Z")
def test_what_is_no_instant_is_a_value_error(text: str) -> None:
    for read in (instants.to_microseconds, instants.to_canonical):
        try:
            read(text)
        except ValueError:
            continue


NAMES = st.none() | st.frozensets(st.text(max_size=20), max_size=3)
QUERIES = st.builds(
    Query,
    ids=NAMES,
    types=NAMES,
    spec_versions=NAMES,
    versions=st.lists(
        st.just(EVERY)
        | st.just(LAST)
        | st.builds(
            Versions,
            first=st.booleans(),
            last=st.booleans(),
            exact=st.frozensets(
                st.sampled_from(["2020-01-01T00:00:00", "2021-01-01T00:00:00.5"])
            ),
        ).filter(lambda v: v.first or v.last or v.exact),
        max_size=2,
    ).map(tuple),
)
CURSORS = st.builds(
    Cursor,
    position=MICROSECONDS,
    collection=st.just("c"),
    added_after=MICROSECONDS,
    limit=st.none() | st.integers(1, 10**9),
    query=QUERIES,
)


@given(made=CURSORS)
def test_a_cursor_is_read_as_it_was_written(made: Cursor) -> None:
    text = cursor.encode(made)
    assert text.replace("-", "").replace("_", "").isalnum()
    assert cursor.decode(text, "c") == made
    assert cursor.decode(text, "another") is None


@given(made=CURSORS, data=st.data())
def test_a_cursor_with_a_fault_is_refused(made: Cursor, data: st.DataObject) -> None:
    text = cursor.encode(made)
    at = data.draw(st.integers(0, len(text) - 1))
    wrong = data.draw(st.sampled_from("Aa0_-"))
    try:
        found = cursor.decode(text[:at] + wrong + text[at + 1 :], "c")
    except InvalidRequest:
        return
    assert found in (made, None)


def _forged(json_text: str) -> str:
    json_text = json_text.replace("SHORT", f'"{cursor._short("c")}"')
    body = b"1" + zlib.compress(json_text.encode())
    return base64.urlsafe_b64encode(cursor._check(body) + body).decode()


@given(
    text=st.text(max_size=60)
    | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
)
def test_garbage_is_an_invalid_request_and_nothing_else(text: str) -> None:
    try:
        cursor.decode(text, "c")
    except InvalidRequest:
        return


@pytest.mark.parametrize(
    "state",
    [
        "[]",
        "7",
        "{}",
        "NaN",
        '{"c":SHORT}',
        '{"c":SHORT,"p":null}',
        '{"c":SHORT,"p":"1"}',
        '{"c":SHORT,"p":1.5}',
        '{"c":SHORT,"p":' + "9" * 30 + "}",
        '{"c":SHORT,"p":' + "9" * 5_000 + "}",
        '{"c":SHORT,"p":1e400}',
        '{"c":SHORT,"p":1,"n":0}',
        '{"c":SHORT,"p":1,"n":"x"}',
        '{"c":SHORT,"p":1,"i":7}',
        '{"c":SHORT,"p":1,"i":[7]}',
        '{"c":SHORT,"p":1,"v":7}',
        '{"c":SHORT,"p":1,"v":[7]}',
        '{"c":SHORT,"p":1,"v":[[7]]}',
        '{"c":SHORT,"p":1,"v":["x"]}',
        '{"c":SHORT,"p":1,"v":[["no instant"]]}',
        '{"c":SHORT,"p":1,"s":["x"]}',
        "[" * 100_000,
    ],
    ids=lambda state: state[:40],
)
def test_a_forged_state_is_an_invalid_request_or_does_no_harm(state: str) -> None:
    try:
        found = cursor.decode(_forged(state), "c")
    except InvalidRequest:
        return
    assert found is not None
    store = make_store()
    store.add(make_entry(1))
    store.page(found.query, after=found.position)


def test_a_negative_position_means_from_the_start() -> None:
    found = cursor.decode(_forged('{"c":SHORT,"p":-5}'), "c")
    assert found is not None
    assert found.position == 0


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_timestamp_in_base64_is_a_cursor_of_some_clients(encode: object) -> None:
    assert callable(encode)
    text = encode(b"2020-01-01T00:00:00.000001Z").decode()
    for spelled in (text, text.rstrip("=")):
        found = cursor.decode(spelled, "c")
        assert found is not None
        assert found.position == 1_577_836_800_000_001
