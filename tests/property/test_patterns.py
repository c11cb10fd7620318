"""Whatever a value holds, a parser of patterns reads it back."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st
from stix2patterns.v21.pattern import Pattern

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.iocs.patterns import PATHS, pattern_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
NASTY = st.text("'\\[]= \"\nxAND", max_size=20)


@given(st.sampled_from(sorted(PATHS)), TEXTS | NASTY)
@example(IocType.URL, "\\")
@example(IocType.URL, "\\' OR url:value = '")
@example(IocType.URL, "']")
def test_a_value_comes_back_and_nothing_more(kind: IocType, value: str):
    found = Pattern(pattern_of(kind, value)).inspect()
    assert not found.observation_ops
    assert not found.qualifiers
    ((comparisons,),) = [found.comparisons.values()]
    ((_, operator, constant),) = comparisons
    assert operator == "="
    assert re.sub(r"\\(.)", r"\1", constant[1:-1], flags=re.DOTALL) == value
