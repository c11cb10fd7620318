"""Rows: what goes in comes out, and what exports make of them is the same object."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import instants
from chalicelib.core.iocs import stix
from chalicelib.core.iocs.ioc import Ioc, IocType, Mention, SeenBy
from chalicelib.core.lists.row import (
    Row,
    from_json,
    row_of,
    to_document,
    to_ioc,
    to_json,
)
from tests.doubles.clock import START
from tests.factories import make_row
from tests.publishing import ALPHA, AMBER, BETA, Feed, value_of

NEWS = Feed(id="news-site", name="A news site", category="news", reliability=50)
ORIGINS = {feed.id: feed for feed in (ALPHA, BETA, AMBER, NEWS)}
GONE = "a-source-that-is-gone"

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SOME = st.lists(TEXTS, max_size=3).map(tuple)
TIMES = st.integers(0, instants.LATEST)
# STIX writes milliseconds, and so are versions.
VERSIONS = st.integers(0, START).map(lambda one: one // 1_000 * 1_000)
MENTIONS = st.none() | st.builds(Mention, TEXTS, TEXTS, TEXTS)
ROWS = st.builds(
    Row,
    id=TEXTS,
    type=st.sampled_from(IocType),
    value=TEXTS,
    confidence=st.sampled_from(["high", "medium", "low"]),
    score=st.integers(0, 100),
    first_seen=TIMES,
    last_seen=TIMES,
    created=TIMES,
    modified=TIMES,
    sources=SOME,
    feed=TEXTS,
    category=TEXTS,
    origin=st.sampled_from(["feed", "article"]),
    article=MENTIONS,
    valid_until=st.none() | TIMES,
    context=st.none() | TEXTS,
    tags=SOME,
    malware=SOME,
    techniques=SOME,
    references=SOME,
    industries=SOME,
    tlp=st.sampled_from(["clear", "green", "amber"]),
    revoked=st.booleans(),
    life=st.integers(1, 9),
)
SEEN = st.builds(
    SeenBy, first=TIMES, last=TIMES, confidence=st.integers(0, 95), until=st.none()
)
IOCS = st.builds(
    lambda kind, number, sources, **rest: Ioc(
        type=kind, value=value_of(kind, number), sources=sources, **rest
    ),
    st.sampled_from(IocType),
    st.integers(0, 3),
    st.dictionaries(st.sampled_from([*ORIGINS, GONE]), SEEN, min_size=1, max_size=4),
    first_seen=TIMES,
    last_seen=TIMES,
    confidence=st.integers(0, 95),
    created=VERSIONS,
    modified=VERSIONS,
    tags=SOME,
    malware=SOME,
    techniques=st.sampled_from([(), ("T1059.001",), ("TA0011", "T1071")]),
    references=SOME,
    context=st.none() | TEXTS,
    valid_until=st.none() | TIMES,
    revoked=st.booleans(),
    life=st.integers(1, 3),
    article=MENTIONS,
)


@given(ROWS)
def test_a_row_comes_back_as_it_was(row: Row):
    written = to_json(row)
    assert from_json(written) == row
    assert b"\n" not in written
    assert json.loads(written) == to_document(row)


@given(IOCS)
def test_a_row_leads_to_the_same_object_as_its_record(ioc: Ioc):
    row = from_json(to_json(row_of(ioc, ORIGINS)))
    assert stix.object_of(to_ioc(row), ORIGINS) == stix.object_of(ioc, ORIGINS)
    assert stix.links_of(to_ioc(row)) == stix.links_of(ioc)
    assert f"{stix.id_of(ioc).partition('--')[0]}--{row.id}" == stix.id_of(ioc)


@given(IOCS)
def test_the_row_of_what_a_row_leads_to_says_the_same(ioc: Ioc):
    row = row_of(ioc, ORIGINS)
    again = row_of(to_ioc(row), ORIGINS)
    # Which source says most is lost with what each of them said.
    leading = {"feed", "category", "origin"}
    for one in fields(Row):
        if one.name not in leading:
            assert getattr(again, one.name) == getattr(row, one.name)


def ioc_of(**given: Any) -> Ioc:
    usual: dict[str, Any] = {
        "type": IocType.DOMAIN,
        "value": "bad.example",
        "first_seen": START,
        "last_seen": START,
        "sources": {"alpha": SeenBy(START, START, confidence=60)},
        "confidence": 60,
        "created": START,
        "modified": START,
    }
    return Ioc(**(usual | given))


def seen(confidence: int, first: int = START) -> SeenBy:
    return SeenBy(first, START + 1, confidence=confidence)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ({"alpha": seen(60), "beta": seen(61)}, "beta"),
        ({"alpha": seen(60), "beta": seen(60, START - 1)}, "beta"),
        ({"beta": seen(60), "alpha": seen(60)}, "alpha"),
    ],
    ids=["the surest", "the first of the equally sure", "by name"],
)
def test_the_source_that_says_most_gives_name_and_category(sources, expected):
    row = row_of(ioc_of(sources=sources), ORIGINS)
    assert (row.feed, row.category) == (
        ORIGINS[expected].name,
        ORIGINS[expected].category,
    )
    assert row.sources == tuple(sorted(sources))


def test_what_articles_say_comes_from_articles():
    mention = Mention("id-1", "A title", "https://news.example/1")
    ioc = ioc_of(sources={"news-site": seen(50)}, article=mention)
    row = row_of(ioc, ORIGINS)
    assert (row.origin, row.category) == ("article", "news")
    source = to_document(row)["source"]
    assert source["article_id"] == "id-1"
    assert source["article_title"] == "A title"
    assert source["article_url"] == "https://news.example/1"


def test_a_source_that_is_read_no_more_is_named_by_its_id():
    row = row_of(ioc_of(sources={GONE: seen(50)}), ORIGINS)
    assert (row.feed, row.category, row.origin) == (GONE, "retired", "feed")
    assert row.tlp == "amber"


def test_industries_are_those_among_the_tags():
    row = row_of(ioc_of(tags=("Banking", "energy", "mirai")), ORIGINS)
    assert row.industries == ("energy", "financial-services")
    assert row.tags == ("Banking", "energy", "mirai")


def test_each_life_has_an_id_of_its_own():
    ids = {row_of(ioc_of(life=life), ORIGINS).id for life in (1, 2, 3)}
    assert len(ids) == 3


def test_a_document_shows_what_the_api_documents():
    shown = to_document(make_row())
    assert shown["first_seen"] == "2025-11-20T16:00:00.000000Z"
    assert shown["confidence"] == "high"
    assert shown["source"]["reference_url"] == "https://urlhaus.abuse.ch/url/1/"
    assert shown["source"]["article_id"] is None
    assert shown["valid_until"] is None
    bare = to_document(replace(make_row(), references=()))
    assert bare["source"]["reference_url"] is None
