"""Whatever sources say: exports are read back by others as they were meant."""

from __future__ import annotations

import csv
import json
from io import StringIO

import jsonschema
import pymisp
import stix2
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pymisp.tools.attributevalidationtool import AttributeValidationTool
from stix2validator import ValidationOptions, validate_string

from chalicelib.core.iocs import marking
from chalicelib.core.iocs.ioc import IocType, Mention
from chalicelib.core.iocs.values import InvalidValue, normalise
from chalicelib.core.lists.row import Row, from_json
from chalicelib.export import EXPORTERS, misp_feed
from chalicelib.export.about import About
from tests.doubles.clock import START
from tests.factories import make_row
from tests.publishing import ALPHA, AMBER, value_of

ORIGINS = {feed.id: feed for feed in (ALPHA, AMBER)}
SCHEMA = json.loads((pymisp.abstract.resources_path / "schema-lax.json").read_text())
HOSTILE = st.sampled_from(
    [
        "=cmd|' /C calc'!A1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '"', "'", "\\", "|",
        "]]>", "<b>", "a\nb", "a;b", "a,b", "\x00", "\u2028", "\u202e", "\U0001f600", "tlp:red",
        'misp-galaxy:mitre-attack-pattern="x"', "* | delete", "') or 1=1 --", "!!python/x",
    ]
)  # fmt: skip
TEXTS = HOSTILE | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
TIMES = st.integers(0, START * 2)
LATER = st.integers(START, START * 2)
SOME = st.lists(TEXTS, max_size=3).map(tuple)


def about(**options: str) -> About:
    return About(made_at=START, options=options, origins=ORIGINS)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    kind = draw(st.sampled_from(IocType))
    first, last = sorted((draw(TIMES), draw(TIMES)))
    created, modified = sorted((draw(LATER), draw(LATER)))
    article = draw(
        st.none() | st.builds(Mention, TEXTS, TEXTS, st.just("https://n.example/1"))
    )
    return make_row(
        value_of(kind, draw(st.integers(0, 999))),
        kind,
        score=draw(st.integers(0, 95)),
        confidence=draw(st.sampled_from(["high", "medium", "low"])),
        first_seen=first,
        last_seen=last,
        created=created,
        modified=modified,
        sources=draw(st.sampled_from([("alpha",), ("alpha", "amber"), ("gone",)])),
        feed=draw(TEXTS),
        category=draw(TEXTS),
        article=article,
        context=draw(st.none() | TEXTS),
        tags=draw(SOME),
        malware=draw(SOME),
        techniques=draw(st.lists(st.sampled_from(["T1059", "TA0011"])).map(tuple)),
        references=draw(SOME),
        tlp=draw(st.sampled_from(marking.LEVELS)),
        revoked=draw(st.booleans()),
        life=draw(st.integers(1, 3)),
    )


LISTS = st.lists(rows(), max_size=4)


@given(row=rows(), value=TEXTS)
def test_a_csv_reader_finds_every_cell_and_no_formula(row: Row, value: str):
    row = make_row(value, feed=row.feed, category=row.category, tags=row.tags)
    text = EXPORTERS["csv"].render([row], about())
    header, line = csv.reader(StringIO(text, newline=""), strict=True)
    assert len(header) == len(line) == 10
    written = dict(zip(header, line, strict=True))
    for cell in (*line, *line[-1].split(";")):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    for name, was in (
        ("value", value),
        ("source_feed", row.feed),
        ("category", row.category),
    ):
        assert written[name] in (was, f"'{was}")


@given(LISTS)
def test_json_lines_give_every_row_back(some: list[Row]):
    lines = EXPORTERS["ndjson"].render(some, about()).split("\n")
    assert lines.pop() == ""
    assert [from_json(line.encode()) for line in lines] == some


@given(st.lists(TEXTS))
def test_plain_text_gives_every_value_once(values: list[str]):
    some = [make_row(value) for value in values]
    lines = EXPORTERS["txt"].render(some, about()).splitlines()
    missing = [one for one in values if one not in lines]
    assert len(missing) == EXPORTERS["txt"].skipped(some, about())
    assert lines == list(dict.fromkeys(one for one in values if one in lines))


@settings(max_examples=40, deadline=None)
@given(LISTS, st.none() | st.sampled_from(marking.LEVELS))
def test_a_stix_bundle_is_valid_and_no_marking_is_loosened(
    some: list[Row], asked: str | None
):
    options = {"tlp": asked} if asked else {}
    text = EXPORTERS["stix"].render(some, about(**options))
    result = validate_string(text, ValidationOptions(version="2.1"))
    assert result.is_valid, [str(error) for error in result.errors]
    stix2.parse(text, allow_custom=False)
    levels = {marking.marking_id(level): level for level in marking.LEVELS}
    written = json.loads(text)["objects"][-len(some) :] if some else []
    for row, one in zip(some, written, strict=True):
        (ref,) = one["object_marking_refs"]
        least = {"alpha": "clear"}.get("".join(row.sources), "amber")
        assert levels[ref] == marking.strictest([least, asked or "clear"])


@settings(deadline=None)
@given(LISTS)
def test_pymisp_reads_whatever_is_said(some: list[Row]):
    for text in (
        EXPORTERS["misp"].render(some, about()),
        misp_feed.event_of(misp_feed.Part(7), some, about()),
    ):
        document = json.loads(text)
        jsonschema.validate(document, SCHEMA)
        event = pymisp.MISPEvent()
        event.load(text)
        assert event.to_feed()["Event"]["Orgc"] == document["Event"]["Orgc"]
        for attribute in event.attributes:
            assert attribute.first_seen <= attribute.last_seen
            names = [tag.name for tag in attribute.tags]
            assert all(name.isprintable() and len(name) <= 255 for name in names)
            assert len({name.casefold() for name in names}) == len(names)
            assert "\n" not in attribute.comment


ANY_VALUE = st.one_of(
    st.tuples(st.sampled_from(IocType), TEXTS),
    st.tuples(st.just(IocType.URL), TEXTS.map("http://bad.example/{}".format)),
    st.tuples(st.just(IocType.DOMAIN), TEXTS.map("{}.bad.example".format)),
    st.tuples(st.just(IocType.EMAIL), TEXTS.map("{}@bad.example".format)),
    st.tuples(st.just(IocType.IPV4), st.ip_addresses(v=4).map(str)),
    st.tuples(st.just(IocType.IPV6), st.ip_addresses(v=6).map(str)),
)


@settings(deadline=None)
@given(ANY_VALUE)
@example((IocType.IPV4, "192.0.2.0/24"))
@example((IocType.IPV4, "192.0.2.1/32"))
@example((IocType.IPV6, "2001:DB8::/48"))
@example((IocType.DOMAIN, "b\u00fccher.example.com"))
@example((IocType.URL, "http://bad.example/a'b\\c?[d]=|e"))
@example((IocType.URL, "http://bad.example/=cmd|' /C calc'!A0"))
@example((IocType.EMAIL, "a+b'c@bad.example"))
def test_misp_takes_our_values_as_they_are(said: tuple[IocType, str]):
    kind, text = said
    try:
        value = normalise(kind, text)
    except InvalidValue:
        return
    event = json.loads(EXPORTERS["misp"].render([make_row(value, kind)], about()))
    for one in event["Event"]["Attribute"]:
        tool = AttributeValidationTool
        assert tool.modifyBeforeValidation(one["type"], value) == value
        assert tool.validate(one["type"], value) is True
