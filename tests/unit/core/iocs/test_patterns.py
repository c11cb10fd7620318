"""Patterns compare one thing with one value, whatever the value."""

from __future__ import annotations

import pytest
from stix2patterns.v21.pattern import Pattern

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.iocs.patterns import PATHS, pattern_of, quote
from tests.publishing import value_of


def test_only_quotes_and_backslashes_are_escaped():
    assert quote("a'b\\c\"d\ne") == "'a\\'b\\\\c\"d\ne'"


def test_each_type_is_compared_by_its_own_path():
    written = {kind: pattern_of(kind, "x") for kind in PATHS}
    assert written == {
        IocType.IPV4: "[ipv4-addr:value = 'x']",
        IocType.IPV6: "[ipv6-addr:value = 'x']",
        IocType.DOMAIN: "[domain-name:value = 'x']",
        IocType.URL: "[url:value = 'x']",
        IocType.EMAIL: "[email-addr:value = 'x']",
        IocType.MD5: "[file:hashes.MD5 = 'x']",
        IocType.SHA1: "[file:hashes.'SHA-1' = 'x']",
        IocType.SHA256: "[file:hashes.'SHA-256' = 'x']",
        IocType.SHA512: "[file:hashes.'SHA-512' = 'x']",
    }


@pytest.mark.parametrize("kind", PATHS)
def test_a_real_parser_takes_them(kind: IocType):
    ((comparison,),) = (
        Pattern(pattern_of(kind, value_of(kind, 7))).inspect().comparisons.values()
    )
    assert comparison[1] == "="


def test_what_is_no_indicator_has_no_pattern():
    for kind in (IocType.CVE, IocType.TECHNIQUE):
        with pytest.raises(KeyError):
            pattern_of(kind, "x")
