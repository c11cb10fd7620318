from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.core.iocs.ioc import IocType
from chalicelib.ingest.formats.stix_pattern import NotPlain, values

HASH = "a" * 64


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("[domain-name:value='a.example']", [(IocType.DOMAIN, "a.example")]),
        ("[ ipv4-addr:value = '192.0.2.0/24' ]", [(IocType.IPV4, "192.0.2.0/24")]),
        ("[ipv6-addr:value = '2001:db8::1']", [(IocType.IPV6, "2001:db8::1")]),
        (f"[file:hashes.'SHA-256' = '{HASH}']", [(IocType.SHA256, HASH)]),
        (f"[file:hashes.SHA256='{HASH}']", [(IocType.SHA256, HASH)]),
        ("[file:hashes.MD5 = 'x']", [(IocType.MD5, "x")]),
        ("[x509-certificate:hashes.'SHA-1' = 'x']", [(IocType.SHA1, "x")]),
        (
            "[email-message:from_ref.value = 'a@b.example']",
            [(IocType.EMAIL, "a@b.example")],
        ),
        (
            "[url:value = 'one' OR url:value = 'two']",
            [(IocType.URL, "one"), (IocType.URL, "two")],
        ),
        (
            "([url:value = 'one']) OR [ipv4-addr:value = 'two']",
            [(IocType.URL, "one"), (IocType.IPV4, "two")],
        ),
        (
            "[url:value IN ('one', 'two')]",
            [(IocType.URL, "one"), (IocType.URL, "two")],
        ),
        (r"[url:value = 'it\'s \\ it']", [(IocType.URL, r"it's \ it")]),
        ("[url:value = '']", [(IocType.URL, "")]),
    ],
)
def test_a_plain_pattern_gives_its_values(pattern: str, found):
    assert values(pattern) == found


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("[url:value = 'a' AND url:value = 'b']", "pattern with AND"),
        ("[url:value = 'a'] FOLLOWEDBY [url:value = 'b']", "pattern with FOLLOWEDBY"),
        ("[url:value = 'a'] WITHIN 5 SECONDS", "pattern with WITHIN"),
        ("[file:name = 'a.exe']", "pattern on file:name"),
        ("[file:hashes.SSDEEP = 'a']", "pattern on file:hashes.SSDEEP"),
        ("[url:value != 'a']", "pattern compares by !="),
        ("[url:value LIKE '%a']", "pattern compares by LIKE"),
        ("[url:value = 5]", "pattern compares by ="),
        ("[url:value = 'a'", "pattern with open brackets"),
        ("[url:value = 'a']]", "pattern with open brackets"),
        ("[url:value IN 'a']", "pattern is not understood"),
        ("[url:value IN ('a' 'b')]", "pattern is not understood"),
        ("[url:value IN (5)]", "pattern is not understood"),
        ("[NOT url:value = 'a']", "pattern is not understood"),
        ("url:value = 'a'", "pattern is not understood"),
        ("", "pattern is not understood"),
        ("[", "pattern is not understood"),
        ("[url:value = 'open", "pattern compares by ="),
        ("[" + "x" * 70_000, "pattern is too long"),
        ("[url:value = '" + "\\'" * 20_000, "pattern compares by ="),
    ],
)
def test_a_pattern_that_says_more_is_refused_with_the_reason(pattern: str, why: str):
    with pytest.raises(NotPlain) as error:
        values(pattern)
    assert str(error.value) == why


PARTS = st.sampled_from(
    (
        *("[", "]", "(", ")", " ", "=", ",", "'", "\\", "OR", "IN", "AND", "5", "é"),
        *("url:value", "'a'", "file:hashes.", "file:hashes.'SHA-256'"),
    )
)


@given(st.lists(PARTS, max_size=25).map("".join))
@example("[url:value IN")
@example("[url:value IN(")
@example("[url:value IN('a'")
@example("[url:value =")
def test_no_pattern_crashes_it(pattern: str):
    try:
        found = values(pattern)
    except NotPlain:
        return
    assert found


@given(st.text(max_size=40))
def test_a_quoted_value_comes_back_as_it_was(value: str):
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    assert values(f"[url:value = '{quoted}']") == [(IocType.URL, value)]
