"""Cursors: they come back as they were, in the list that they are of."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.lists import cursor
from chalicelib.errors import InvalidRequest

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PLACES = st.lists(st.integers(-(2**62), 2**62) | TEXTS, max_size=4)


@given(PLACES, TEXTS)
def test_a_cursor_comes_back_as_it_was(place: list, of: str):
    text = cursor.encode(place, of)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", text)
    assert cursor.decode(text, of) == place


@given(PLACES, TEXTS, TEXTS)
def test_a_cursor_is_good_for_its_own_list_only(place: list, of: str, other: str):
    if of != other:
        with pytest.raises(InvalidRequest):
            cursor.decode(cursor.encode(place, of), other)


def test_a_letter_is_written_in_one_way_only():
    # This one begins with "-", which other alphabets of base64 write as "+".
    numbers = (cursor.encode([number], "iocs") for number in range(1_000))
    text = next(one for one in numbers if one.startswith("-"))
    with pytest.raises(InvalidRequest):
        cursor.decode(f"+{text[1:]}", "iocs")


@given(PLACES, st.data())
def test_a_cursor_with_a_slip_in_it_is_refused(place: list, data: st.DataObject):
    text = cursor.encode(place, "iocs")
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("aZ09-_ =+/.\n\0é"))
    wrong = text[:at] + letter + text[at + 1 :]
    if wrong != text:
        try:
            # The last letter has bits that say nothing.
            assert cursor.decode(wrong, "iocs") == place
            assert at == len(text) - 1
        except InvalidRequest:
            pass


@given(TEXTS)
def test_any_other_text_is_refused(text: str):
    with pytest.raises(InvalidRequest) as caught:
        cursor.decode(text, "iocs")
    assert caught.value.details == {"field": "cursor"}


@pytest.mark.parametrize(
    "text", ["", "=", "A", "A" * 8, "A" * 100_000, "AAAA====", "%"]
)
def test_odd_texts_are_refused(text: str):
    with pytest.raises(InvalidRequest):
        cursor.decode(text, "iocs")


@pytest.mark.parametrize(
    "body",
    [b"[1", b"5", b"{}", b"null", b"[[1]]", b"[1.5]", b"[NaN]", b"\xff", b"[" * 3_000],
)
def test_what_is_no_place_is_refused_though_its_check_sum_is_right(body: bytes):
    forged = base64.urlsafe_b64encode(cursor._check(body, "a list") + body).decode()
    with pytest.raises(InvalidRequest):
        cursor.decode(forged.rstrip("="), "a list")


def test_a_cursor_never_changes():
    # Clients keep them across deploys.
    text = "LaM1eG9dWzE3NjM3NDA4MDAwMDAwMDBd"
    assert cursor.encode([1_763_740_800_000_000], "iocs|newest") == text
