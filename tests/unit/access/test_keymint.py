"""API keys: made, recognised, hashed."""

from __future__ import annotations

import pytest

from chalicelib.access import keymint


def test_keys_are_well_formed_and_never_the_same():
    keys = {keymint.make() for _ in range(100)}
    assert len(keys) == 100
    assert all(keymint.is_well_formed(key) for key in keys)


def test_a_key_needs_no_encoding_anywhere_and_has_no_colon():
    assert keymint.make().replace("_", "").isalnum()


@pytest.mark.parametrize("position", range(0, 50, 7))
def test_one_wrong_letter_makes_a_key_malformed(position: int):
    key = keymint.make()
    other = "a" if key[position] != "a" else "b"
    assert not keymint.is_well_formed(key[:position] + other + key[position + 1 :])


@pytest.mark.parametrize(
    "text", ["", "twk_", "x", "twk_" + "a" * 46, "sk_live_" + "a" * 42, "twk_é" * 10]
)
def test_what_is_no_key_is_told_without_a_table(text: str):
    assert not keymint.is_well_formed(text)


def test_the_digest_says_nothing_of_the_key():
    key = keymint.make()
    digest = keymint.digest(key)
    assert len(digest) == 64
    assert key[4:12] not in digest
    assert digest == keymint.digest(key)
