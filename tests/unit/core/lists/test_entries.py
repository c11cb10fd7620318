"""Rows as entries: ids that keys can be made of, facets that lead to them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import instants
from chalicelib.core.iocs.ioc import IocType, key_of
from chalicelib.core.lists import entries
from chalicelib.core.lists.listing import Filters
from chalicelib.core.lists.row import Row, from_json
from chalicelib.core.log.chains import chains_of
from chalicelib.core.log.head import ROWS
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.schema import is_name
from tests.factories import make_row

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
WORDS = ("energy", "Mirai", "c2", "botnet,ddos", "a\tb", "a\nb", "é", "")
SOME = st.lists(st.sampled_from(WORDS), max_size=3).map(tuple)
NAMES = ("urlhaus", "feodo", "openphish")
ROWS_OF = st.builds(
    make_row,
    TEXTS,
    st.sampled_from(IocType),
    tags=SOME,
    malware=SOME,
    sources=st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple),
    industries=st.sampled_from([(), ("energy",), ("energy", "water")]),
    confidence=st.sampled_from(["high", "medium", "low"]),
    category=st.sampled_from(["malware", "phishing"]),
)
FILTERS = st.builds(
    Filters,
    types=st.lists(st.sampled_from(IocType), max_size=2).map(tuple),
    categories=st.lists(st.sampled_from(["malware", "phishing"]), max_size=2).map(
        tuple
    ),
    confidences=st.lists(st.sampled_from(["high", "low"]), max_size=2).map(tuple),
    sources=st.lists(st.sampled_from(NAMES), max_size=2).map(tuple),
    tags=st.lists(st.sampled_from([w.casefold() for w in WORDS]), max_size=2).map(
        tuple
    ),
    industries=st.lists(st.sampled_from(["energy", "water"]), max_size=2).map(tuple),
)


@given(ROWS_OF)
def test_an_entry_holds_the_row_and_its_version(row: Row):
    entry = entries.to_entry(row)
    assert from_json(entry.data) == row
    assert entry.version == instants.to_text(row.modified)
    assert entry.id == entries.id_of(row.type, row.value)
    assert entries.key_in(entry.id) == key_of(row.type, row.value)


@given(TEXTS, st.sampled_from(IocType))
def test_any_value_makes_a_key_that_dynamodb_takes(value: str, kind: IocType):
    identifier = entries.id_of(kind, value)
    assert is_name(identifier)
    key = schema.card(ROWS, identifier)
    assert 1 <= len(key["sk"]["S"].encode()) <= 1_024
    assert schema.card_object(key) == identifier


@given(TEXTS, st.sampled_from(IocType))
def test_a_value_lies_where_its_text_is_looked_for(value: str, kind: IocType):
    key = schema.card(ROWS, entries.id_of(kind, value))
    start = entries.start_of(kind, value)
    assert key["sk"]["S"].startswith(start)
    if entries.place_of(kind, value):
        assert key["pk"]["S"] == schema.cards(str(kind), start)


@given(st.text("ßŉİ😀", min_size=150), st.sampled_from(IocType))
def test_long_values_are_cut_and_stay_apart(value: str, kind: IocType):
    one, other = entries.id_of(kind, value), entries.id_of(kind, value + "x" * 300)
    assert one != other
    assert is_name(one)
    assert is_name(other)


@given(ROWS_OF)
def test_no_facet_breaks_the_line_that_it_stands_in(row: Row):
    facets = entries.to_entry(row).facets
    assert len(facets) == len(set(facets))
    assert all(one and not {",", "\t", "\n"} & set(one) for one in facets)


@given(ROWS_OF, FILTERS)
def test_what_filters_take_has_the_facets_that_they_name(row: Row, filters: Filters):
    facets = entries.to_entry(row).facets
    named = entries.facets_of(filters)
    if filters.takes(row):
        assert all(not one.isdisjoint(facets) for one in named)
    elif not filters.tags:
        # Tags share facets; all others say the same as the row itself.
        assert any(one.isdisjoint(facets) for one in named)


@given(ROWS_OF)
def test_what_is_over_is_found_by_nothing(row: Row):
    over = make_row(row.value, row.type, tags=row.tags, revoked=True)
    facets = entries.to_entry(over).facets
    assert facets == (entries.REVOKED,)
    assert chains_of(facets, {}) == set()


def test_confidence_and_category_have_no_chain():
    for filters in (Filters(confidences=("high",)), Filters(categories=("malware",))):
        (named,) = entries.facets_of(filters)
        assert chains_of(named, {}) == set()
    for filters in (
        Filters(types=(IocType.URL,)),
        Filters(sources=("urlhaus",)),
        Filters(tags=("mirai",)),
        Filters(industries=("energy",)),
    ):
        (named,) = entries.facets_of(filters)
        assert chains_of(named, {}) == named
