"""Invariant 4: text in, the same values out, wherever the text was cut."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.core.log.entry import escaped_size
from chalicelib.core.log.stix_object import InvalidObject, read_header
from chalicelib.core.log.stix_text import StixText, compact, objects_in
from chalicelib.errors import InvalidRequest

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.one_of(
    st.integers(),
    st.integers(-(2**80), 2**80),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
    ),
    max_leaves=12,
)
EXACT = '{"big":123456789012345678901234567890,"dec":1.10,"huge":1e400,"e":1E+2,"u":"\\u00e9\\/\\ud83d\\ude00"}'
BLANKS = st.text(" \t\n\r", max_size=3)


def reader(text: str, size: int) -> Any:
    """Give text as a file would, never more than `size` characters."""
    at = 0

    def read(most: int) -> str:
        nonlocal at
        piece = text[at : at + min(size, most)]
        at += len(piece)
        return piece

    return read


def parse(text: str, size: int = 1 << 16, **options: bool) -> list[StixText]:
    """Read all objects."""
    return list(objects_in(reader(text, size), **options))


def same(one: Any, other: Any) -> bool:
    """Compare values; floats and integers apart."""
    return json.dumps(one) == json.dumps(other)


@given(
    values=st.lists(VALUES, max_size=4),
    size=st.integers(1, 9),
    ascii_only=st.booleans(),
)
@example(values=[1.5, 1e-7, -0.0, 10], size=1, ascii_only=True)
@example(values=[1.5, 1e22, 12], size=2, ascii_only=True)
def test_elements_are_given_back_value_for_value_however_they_are_read(
    *, values: list[Any], size: int, ascii_only: bool
) -> None:
    body = json.dumps({"objects": values}, ensure_ascii=ascii_only, indent=1)
    found = parse(body, size, wrapped=True)

    assert all(
        same(json.loads(one.text), value)
        for one, value in zip(found, values, strict=True)
    )
    assert [one.text for one in found] == [
        json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))
        for value in values
    ]


@given(size=st.integers(1, 40))
def test_every_digit_and_escape_stays_as_it_was(size: int) -> None:
    (found,) = parse(
        '{"more": 1.50, "objects": [ ' + EXACT + " ] }", size, wrapped=True
    )
    assert found.text == EXACT


@given(value=VALUES, blank=BLANKS)
def test_white_space_is_dropped_between_tokens_only(value: Any, blank: str) -> None:
    separators = ("," + blank, blank + ":" + blank)
    spaced = json.dumps(value, separators=separators, ensure_ascii=False)
    assert compact(spaced) == json.dumps(
        value, separators=(",", ":"), ensure_ascii=False
    )


def test_text_that_is_cut_anywhere_is_refused_and_what_came_before_was_given() -> None:
    whole = (
        '\ufeff {"type":"bundle","objects":[{"a":[1,"x\\n"]},-1.5e3,{"b":true}],"n":1}'
    )
    assert len(parse(whole)) == 3
    for end in range(1, len(whole) - 1):
        for size in (1, 7, 1_000):
            given_so_far: list[StixText] = []
            with pytest.raises(InvalidRequest):
                given_so_far.extend(objects_in(reader(whole[:end], size)))
            assert len(given_so_far) <= 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        '"x"',
        "null",
        '{"objects":{}}',
        '{"objects":[]} x',
        '{"objects":[NaN]}',
        '{"objects":[Infinity]}',
        '{"objects":[-Infinity]}',
        '{"objects":[{"a":NaN}]}',
        '{"objects":[1,]}',
        '{"objects":[01]}',
        '{"objects":[1.]}',
        '{"objects":[.5]}',
        '{"objects":[1e]}',
        '{"objects":["\n"]}',
        '{"objects":[],"objects":[]}',
        "{objects:[]}",
        '{"objects":[{"a":1}',
        '{"objects":' + "[" * 100_000,
        '{"objects":[' + '{"a":' * 100_000,
        '{"x":' + "[" * 100_000,
    ],
    ids=lambda text: text[:24],
)
def test_what_is_no_json_with_objects_is_refused(text: str) -> None:
    for size in (1, 1 << 16) if len(text) < 100 else (1 << 16,):
        with pytest.raises(InvalidRequest):
            parse(text, size, wrapped=True)


@given(
    text=st.text('{}[]",:01.eE+-"\\ntrufalsou bjec', max_size=60),
    size=st.integers(1, 9),
)
def test_no_text_at_all_raises_anything_else(text: str, size: int) -> None:
    try:
        found = parse(text, size)
    except InvalidRequest:
        return
    assert found or isinstance(json.loads(text), dict | list)


def _header_problem(text: str) -> str:
    (found,) = parse('{"objects":[' + text + "]}", wrapped=True)
    with pytest.raises(InvalidObject) as problem:
        read_header(found)
    return str(problem.value)


GOOD_ID = "indicator--00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('{"type":"indicator","id":"%s","x":"\\ud800"}', "surrogate"),
        ('{"type":"indicator","id":"%s","\\udc00":1}', "surrogate"),
        ('{"type":"indicator","id":"%s","x":' + "[" * 120 + "]" * 120 + "}", "nested"),
        ('{"type":"indicator","id":"indicator--7"}%.0s', "id"),
        ('{"type":"tool","id":"%s"}', "begin"),
        ('{"type":"Indicator","id":"%s"}', "type"),
        ('{"type":"bundle","id":"%s"}', "bundle"),
        ('{"type":"indicator","id":"%s","modified":7}', "modified"),
        (
            '{"type":"indicator","id":"%s","modified":"9999-12-31T23:59:60Z"}',
            "modified",
        ),
        (
            '{"type":"indicator","id":"%s","modified":"0001-01-01T00:00:00+01:00"}',
            "modified",
        ),
        (
            '{"type":"indicator","id":"%s","modified":"2020-01-01T00:00:00.'
            + "1" * 5_000
            + 'Z"}',
            "modified",
        ),
        ('{"type":"indicator","id":"%s","spec_version":2.1}', "spec_version"),
        ("[7]%.0s", "object"),
    ],
    ids=lambda text: text[:40],
)
def test_an_object_that_cannot_be_kept_says_why(text: str, word: str) -> None:
    assert word in _header_problem(text % GOOD_ID)


def test_a_number_beyond_a_double_is_kept_as_it_is() -> None:
    (found,) = parse('{"objects":[' + EXACT + "]}")
    assert isinstance(found.parsed, dict)
    assert math.isinf(found.parsed["huge"])
    assert found.text == EXACT


@given(value=VALUES)
@settings(max_examples=200)
def test_the_size_inside_a_json_string_is_told_to_the_byte(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert escaped_size(text.encode()) == len(json.dumps(text)) - 2
