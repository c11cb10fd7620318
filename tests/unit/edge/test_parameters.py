"""Declared parameters: whatever is not as declared is an error that says what is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import instants
from chalicelib.edge.parameters import (
    Parameter,
    choice,
    flag,
    instant,
    number,
    read,
    text,
    whole,
    words,
)
from chalicelib.errors import InvalidRequest

ALL: tuple[Parameter, ...] = (
    text("q", "What.", least=2, most=8),
    choice("level", "Level.", ("high", "low"), aliases=("severity",)),
    words(
        "type",
        "Types.",
        choices=("ipv4", "mitre_attack"),
        spellings={"mitre-attack": "mitre_attack"},
    ),
    words("tag", "Tags.", most=3),
    whole("limit", "Items.", 1, 100, default=30),
    number("score", "Least.", 0, 10),
    flag("full", "All.", default=True),
    instant("since", "From."),
)


@dataclass(frozen=True)
class Case:
    name: str
    given: str
    read: Any


GOOD = [
    Case("q", "ab", "ab"),
    Case("q", "ab'\"|=\n", "ab'\"|=\n"),
    Case("level", "high", "high"),
    Case("type", "ipv4", ("ipv4",)),
    Case("type", " ipv4 , mitre-attack,ipv4", ("ipv4", "mitre_attack")),
    Case("type", "mitre-attack,mitre_attack", ("mitre_attack",)),
    Case("tag", "Ö, =cmd", ("Ö", "=cmd")),
    Case("limit", "1", 1),
    Case("limit", "100", 100),
    Case("score", "7", 7.0),
    Case("score", "9.25", 9.25),
    Case("score", "1e-05", 0.00001),
    Case("full", "false", False),
    Case("full", "0", False),
    Case("full", "True", True),
    Case("since", "1970-01-01T00:00:01Z", 1_000_000),
    Case("since", "1970-01-02", 86_400_000_000),
    Case("since", "1970-01-01T01:00:00+01:00", 0),
]
BAD = {
    "q": ("", "a", "a" * 9),
    "level": ("", "HIGH", "high,low", " high"),
    "type": ("", ",", "ipv4,", "ipv4,,ipv4", "ipv5", "ipv4,ipv5", "ipv4\n", "ipv4," * 20 + "ipv4"),
    "tag": ("", " ", " , ", "a,", "a,b,c,d", "a,a,a,a", "x" * 2_049),
    "limit": ("", "0", "101", "-1", "1.0", "1e1", " 1", "\uff11", "9" * 30, "one", "1\n"),
    "score": ("", "-0.1", "10.01", "nan", "inf", "1e400", "0x1", ".5", "1_0"),
    "full": ("", "yes", "2", "truefalse"),
    "since": ("", "yesterday", "2026", "2026-13-01", "2026-02-30", "2026-01-01T00:00:00", "99999-01-01"),
}  # fmt: skip


@pytest.mark.parametrize("case", GOOD, ids=lambda case: f"{case.name}={case.given!r}")
def test_what_is_as_declared_is_read(case: Case):
    assert read(ALL, {case.name: [case.given]})[case.name] == case.read


@pytest.mark.parametrize(
    ("name", "given"), [(name, one) for name, many in BAD.items() for one in many]
)
def test_what_is_not_is_refused_by_name_with_what_is_allowed(name: str, given: str):
    with pytest.raises(InvalidRequest) as caught:
        read(ALL, {name: [given]})
    assert caught.value.details == {"field": name}
    assert caught.value.message.startswith(f"`{name}` ")


def test_what_is_not_given_is_its_default():
    assert read(ALL, {}) == {
        "q": None, "level": None, "type": None, "tag": None,
        "limit": 30, "score": None, "full": True, "since": None,
    }  # fmt: skip


def test_a_misspelt_parameter_is_refused_with_those_that_there_are():
    with pytest.raises(InvalidRequest) as caught:
        read(ALL, {"sincee": ["2026-01-01"]})
    assert caught.value.details == {"field": "sincee"}
    assert "`since`" in caught.value.message
    with pytest.raises(InvalidRequest, match="there is no parameters"):
        read((), {"x": ["1"]})
    with pytest.raises(InvalidRequest) as caught:
        read(ALL, {"x" * 5_000: ["1"]})
    assert len(caught.value.message) < 500


def test_a_key_in_the_address_is_no_parameter():
    assert read((), {"api_key": ["twk_x"]}) == {}


def test_a_parameter_stands_once():
    with pytest.raises(InvalidRequest, match="`limit` may be given once"):
        read(ALL, {"limit": ["1", "1"]})


def test_an_alias_is_the_same_parameter():
    assert read(ALL, {"severity": ["low"]})["level"] == "low"
    with pytest.raises(
        InvalidRequest, match="`level` and `severity` are one: give either"
    ):
        read(ALL, {"severity": ["low"], "level": ["low"]})
    with pytest.raises(InvalidRequest) as caught:
        read(ALL, {"severity": ["none"]})
    assert caught.value.details == {"field": "severity"}


def test_a_required_parameter_is_missed_with_its_meaning():
    ioc = text("ioc", "The value to look up.", required=True, aliases=("value",))
    with pytest.raises(InvalidRequest, match="`ioc` is missing: The value to look up"):
        read((ioc,), {})
    assert read((ioc,), {"value": ["x"]}) == {"ioc": "x"}


@given(st.integers())
def test_whole_numbers_are_those_between_the_ends(number: int):
    limit = whole("limit", "Items.", -5, 7)
    query = {"limit": [str(number)]}
    if -5 <= number <= 7:
        assert read((limit,), query) == {"limit": number}
    else:
        with pytest.raises(InvalidRequest):
            read((limit,), query)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_as_json_writes_them(number_given: float):
    score = number("score", "Least.", 0, 10)
    query = {"score": [repr(number_given)]}
    if 0 <= number_given <= 10:
        assert read((score,), query) == {"score": number_given}
    else:
        with pytest.raises(InvalidRequest):
            read((score,), query)


@given(st.integers(min_value=0, max_value=instants.LATEST))
def test_times_are_read_as_they_are_written(microseconds: int):
    query = {"since": [instants.to_text(microseconds)]}
    assert read(ALL, query)["since"] == microseconds


@given(st.sampled_from(ALL), st.text(max_size=40))
def test_whatever_is_given_is_read_or_refused(parameter: Parameter, given: str):
    # Anything else than this error would fail the test.
    with suppress(InvalidRequest):
        read((parameter,), {parameter.name: [given]})


def test_lists_of_words_survive_their_commas():
    found = read(ALL, {"tag": ["a,b,c"]})["tag"]
    assert read(ALL, {"tag": [",".join(found)]})["tag"] == found
