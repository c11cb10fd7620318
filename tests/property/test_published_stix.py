"""Whatever a feed says: what is written of it is STIX 2.1."""

from __future__ import annotations

import json

import stix2
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stix2validator import ValidationOptions, validate_string

from chalicelib.core.iocs import merge, stix, stix_report
from chalicelib.core.iocs.ioc import IocType, Said, Sighting
from tests.doubles.clock import START
from tests.publishing import ALPHA, AMBER, story, value_of

ORIGINS = {feed.id: feed for feed in (ALPHA, AMBER)}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
WEB = TEXTS.map(lambda text: f"https://{text}") | TEXTS
SAID = st.builds(
    Said,
    first_seen=st.none() | st.integers(0, START * 2),
    last_seen=st.none() | st.integers(0, START * 2),
    confidence=st.none() | st.integers(-5, 500),
    tags=st.lists(TEXTS, max_size=3).map(tuple),
    malware=st.none() | TEXTS,
    techniques=st.lists(st.sampled_from(["T1059", "T1059.001", "TA0011"])).map(tuple),
    references=st.lists(WEB, max_size=3).map(tuple),
    context=st.none() | TEXTS,
)


def judge(written: dict) -> None:
    text = json.dumps(written)
    result = validate_string(text, ValidationOptions(version="2.1"))
    assert result.is_valid, [str(error) for error in result.errors]
    stix2.parse(text, allow_custom=False)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(IocType), SAID)
@example(IocType.URL, Said(malware="\x00", references=("https://[", "http://a b")))
@example(IocType.IPV4, Said(malware="   ", tags=(" ", "\n"), context=" "))
def test_what_is_said_of_a_value_becomes_stix(kind: IocType, said: Said):
    ioc = None
    for feed in (ALPHA, AMBER):
        one = Sighting(kind, value_of(kind, 7), said)
        ioc = merge.merge(ioc, one, feed, START)
    assert ioc
    judge(stix.object_of(ioc, ORIGINS))
    for what, name in stix.links_of(ioc):
        judge(stix.named(what, name))
        judge(stix.relationship(ioc, stix.named_id(what, name), ORIGINS))


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, WEB, st.lists(TEXTS, max_size=3).map(tuple))
@example("", "", "", ())
def test_whatever_an_article_says_becomes_stix(title, summary, url, names):
    article = story(
        title=title, summary=summary, url=url, tags=names, malware=names, actors=names
    )
    things = stix_report.things_in(article)
    refs = [one["id"] for one in things]
    for one in (*things, stix_report.report_of(article, ALPHA, refs, START)):
        judge(one)
