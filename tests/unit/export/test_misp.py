"""MISP events and feeds, read by pymisp and by our own reader of MISP feeds."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import md5
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pymisp
import pytest
from pymisp.tools import feed_meta_generator
from pymisp.tools.attributevalidationtool import AttributeValidationTool

from chalicelib.core.iocs.ioc import IocType, Mention, key_of
from chalicelib.core.iocs.validity import day_of
from chalicelib.core.lists.row import Row
from chalicelib.export import EXPORTERS, misp_feed
from chalicelib.export.about import About
from chalicelib.export.misp_event import ORGC
from chalicelib.export.misp_feed import DayFacts, Part
from chalicelib.ingest.source import load
from tests.doubles.clock import START
from tests.factories import make_row
from tests.publishing import ALPHA, AMBER, DAY, value_of
from tests.support.feeds import opener, read

SHARED = Path(__file__).resolve().parents[4] / "shared/data/feeds/misp_feed_tweetfeed"
DOCUMENT = Path(__file__).resolve().parents[3] / "docs/formats/misp.md"
SCHEMA = Path(pymisp.__file__).parent / "data" / "schema-lax.json"
ORIGINS = {feed.id: feed for feed in (ALPHA, AMBER)}
TODAY = START // DAY
READER = next(one for one in load() if one.id == "circl-misp")


def about(made_at: int = START, **options: Any) -> About:
    return About(
        made_at=made_at,
        options=options,
        origins=ORIGINS,
        techniques={"T1059.001": "PowerShell"},
    )


def row(kind: IocType = IocType.IPV4, number: int = 7, **said: Any) -> Row:
    names = {"sources": ("alpha",), "id": f"{kind}-{number}"}
    return make_row(value_of(kind, number), kind, **(names | said))


EVERY_TYPE = [row(kind) for kind in IocType]
NETWORKS = [
    make_row("192.0.2.0/24", IocType.IPV4),
    make_row("2001:db8::/32", IocType.IPV6),
]


def rendered(rows: list[Row], **options: Any) -> dict[str, Any]:
    return json.loads(EXPORTERS["misp"].render(rows, about(**options)))["Event"]


def judge(text: str) -> pymisp.MISPEvent:
    """Let pymisp read an event, by its schema and by its table of types."""
    document = json.loads(text)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    event = pymisp.MISPEvent()
    event.load(text)
    written = document["Event"]["Attribute"]
    assert len(event.attributes) == len(written)
    for attribute, one in zip(event.attributes, written, strict=True):
        strict = pymisp.MISPAttribute(strict=True)
        strict.from_dict(**one)
        assert attribute.category == one["category"]
        assert attribute.first_seen <= attribute.last_seen
        tool = AttributeValidationTool
        assert tool.modifyBeforeValidation(one["type"], one["value"]) == one["value"]
        assert tool.validate(one["type"], one["value"]) is True
    for name in _uuids(document["Event"]):
        assert str(UUID(name)) == name
    return event


def _uuids(event: dict[str, Any]) -> list[str]:
    return [event["uuid"], *[one["uuid"] for one in event["Attribute"]]]


@pytest.mark.parametrize("role", ["src", "dst"])
def test_an_event_of_every_type_is_read_by_pymisp(role: str):
    rows = [*EVERY_TYPE, *NETWORKS]
    event = judge(EXPORTERS["misp"].render(rows, about(ip_role=role)))
    assert [(one.type, one.category, one.to_ids) for one in event.attributes] == [
        (f"ip-{role}", "Network activity", True),
        (f"ip-{role}", "Network activity", True),
        ("domain", "Network activity", True),
        ("url", "Network activity", True),
        ("email-src", "Payload delivery", True),
        ("md5", "Payload delivery", True),
        ("sha1", "Payload delivery", True),
        ("sha256", "Payload delivery", True),
        ("sha512", "Payload delivery", True),
        ("vulnerability", "External analysis", False),
        (f"ip-{role}", "Network activity", True),
        (f"ip-{role}", "Network activity", True),
    ]
    values = [one.value for one in rows if one.type is not IocType.TECHNIQUE]
    assert [one.value for one in event.attributes] == values
    assert EXPORTERS["misp"].skipped(rows, about()) == 1


def test_an_event_says_whose_it_is_and_when():
    event = rendered([row()])
    assert event["Orgc"] == ORGC
    assert event["date"] == "2025-11-21"
    assert event["timestamp"] == str(START // 1_000_000)
    assert event["info"] == "Taxiway IOCs: 1 of 2025-11-21"
    assert (event["analysis"], event["distribution"]) == ("2", "0")
    assert event["published"] is False
    (attribute,) = event["Attribute"]
    assert attribute["timestamp"] == str(START // 1_000_000)
    assert attribute["last_seen"] == "2025-11-21T16:00:00.000000+00:00"
    assert attribute["first_seen"] == "2025-11-20T16:00:00.000000+00:00"


@pytest.mark.parametrize(
    ("confidences", "level"),
    [
        (("low", "high"), "1"),
        (("low", "medium"), "2"),
        (("low",), "3"),
        ((), "4"),
    ],
)
def test_the_threat_level_is_that_of_the_surest(
    confidences: tuple[str, ...], level: str
):
    rows = [row(number=n, confidence=one) for n, one in enumerate(confidences)]
    assert rendered(rows)["threat_level_id"] == level


def test_what_is_unsure_or_over_is_not_meant_for_detection():
    rows = [
        row(number=1, confidence="high"),
        row(number=2, confidence="medium"),
        row(number=3, confidence="low"),
        row(number=4, revoked=True),
    ]
    marked = [one["to_ids"] for one in rendered(rows)["Attribute"]]
    assert marked == [True, True, False, False]


def test_a_comment_says_what_misp_has_no_field_for():
    story = Mention("story-1", "What happened", "https://news.example/1")
    many = tuple(f"s{number}" for number in range(8))
    link = ("https://x.example/1",)
    rows = [
        row(number=1, context="a line\nand another", references=link),
        row(number=2, context=None, references=()),
        row(number=3, article=story, sources=("alpha", "gone")),
        row(number=4, context="x" * 9_000, sources=many),
    ]
    comments = [one["comment"] for one in rendered(rows)["Attribute"]]
    assert comments[:3] == [
        "a line and another | confidence 85 | Alpha list | https://x.example/1",
        "confidence 85 | Alpha list",
        "botnet_cc: mirai | confidence 85 | Alpha list; gone | https://news.example/1",
    ]
    assert "s0; s1; s2; s3; s4; 3 more" in comments[3]
    assert len(comments[3]) < 700


def test_tags_are_bounded_each_once_and_never_a_marking_of_others():
    tags = ("Mirai", "mirai", "tlp:red", "TLP:White", " ", "\x00", "a\nb", "x" * 300)
    (attribute,) = rendered([row(tags=tags, malware=("mirai",))])["Attribute"]
    assert [one["name"] for one in attribute["Tag"]] == ["mirai", "a b", "x" * 100]
    many = tuple(f"tag {number}" for number in range(90))
    (attribute,) = rendered([row(tags=many)])["Attribute"]
    assert len(attribute["Tag"]) == 10


def test_techniques_are_clusters_of_the_galaxy():
    techniques = ("T1059.001", "T1071", "TA0011")
    (attribute,) = rendered([row(tags=(), techniques=techniques)])["Attribute"]
    assert [one["name"] for one in attribute["Tag"]] == [
        'misp-galaxy:mitre-attack-pattern="PowerShell - T1059.001"',
        'misp-galaxy:mitre-attack-pattern="T1071"',
        "TA0011",
    ]


def test_an_event_is_marked_as_closed_as_its_most_closed_attribute():
    closed = row(number=1, tlp="amber+strict", tags=())
    event = rendered([row(number=2, tags=()), closed])
    assert event["Tag"] == [{"name": "tlp:amber+strict", "colour": "#FFC000"}]
    tags = [[tag["name"] for tag in one["Tag"]] for one in event["Attribute"]]
    assert tags == [["tlp:clear"], []]
    technique = row(IocType.TECHNIQUE, tlp="red")
    assert rendered([row(), technique])["Tag"][0]["name"] == "tlp:clear"
    assert rendered([row(tlp="who knows")])["Tag"][0]["name"] == "tlp:red"


def test_the_same_rows_are_the_same_event_and_others_another():
    once = EXPORTERS["misp"].render(EVERY_TYPE, about())
    assert once == EXPORTERS["misp"].render(EVERY_TYPE, about())
    changed = [replace(EVERY_TYPE[0], modified=START + 1), *EVERY_TYPE[1:]]
    events = [
        rendered(EVERY_TYPE),
        rendered(EVERY_TYPE[1:]),
        rendered(changed),
        rendered(EVERY_TYPE, ip_role="dst"),
    ]
    every_uuid = [one for event in events for one in _uuids(event)]
    assert len(set(every_uuid)) == len(every_uuid)


def test_a_value_is_in_an_event_once_in_its_newest_version():
    old, new = row(confidence="low"), row(modified=START + 1)
    for rows in ([old, new], [new, old], [new, new]):
        (attribute,) = rendered(rows)["Attribute"]
        assert attribute["to_ids"] is True
        assert misp_feed.hashes_csv({Part(1): rows}).count("\n") == 1


def test_an_event_of_nothing_is_an_event_too():
    event = judge(EXPORTERS["misp"].render([], about(made_at=0)))
    assert event.attributes == []
    only = judge(EXPORTERS["misp"].render([row(IocType.TECHNIQUE)], about()))
    assert only.attributes == []


def test_what_is_first_seen_after_it_was_last_seen_is_put_right():
    judge(EXPORTERS["misp"].render([row(first_seen=START, last_seen=5)], about()))


def test_the_samples_in_the_documents_are_what_is_written():
    source = {one.id: one for one in load()}
    said = replace(about(), origins=source)
    one = make_row(id="5f1c2b6a-0000-5000-8000-000000000001", techniques=("T1059.001",))
    facts = {TODAY: DayFacts(1, START)}
    page = DOCUMENT.read_text()
    for text in (
        EXPORTERS["misp"].render([one], said),
        misp_feed.manifest_of(facts),
    ):
        assert json.dumps(json.loads(text), indent=2) in page


# The feed.

DAYS = {
    TODAY: [row(kind) for kind in IocType],
    TODAY - 1: [row(number=8, tlp="green"), row(number=9)],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Save the feed as a server would give it."""
    facts = {
        TODAY: DayFacts(11, START),
        TODAY - 1: DayFacts(2, START - DAY),
        TODAY - 2: DayFacts(0, START),
    }
    (tmp_path / "manifest.json").write_text(misp_feed.manifest_of(facts))
    (tmp_path / "hashes.csv").write_text(
        misp_feed.hashes_csv({Part(day): rows for day, rows in DAYS.items()})
    )
    for day, rows in DAYS.items():
        text = misp_feed.event_of(Part(day), rows, about(facts[day].changed_at))
        judge(text)
        (tmp_path / f"{misp_feed.event_uuid(Part(day))}.json").write_text(text)
    return tmp_path


def test_pymisp_writes_the_same_manifest_and_hashes_of_our_events(folder: Path):
    ours = json.loads((folder / "manifest.json").read_text())
    hashes = (folder / "hashes.csv").read_text()
    feed_meta_generator(folder)
    theirs = json.loads((folder / "manifest.json").read_text())
    assert {name: _as_texts(one) for name, one in ours.items()} == {
        name: _as_texts(one) for name, one in theirs.items()
    }
    # Counters know no levels: those are in the events.
    assert [one["Tag"] for one in ours.values()] == [[], []]
    assert {one["Tag"][0]["name"] for one in theirs.values()} == {
        "tlp:clear",
        "tlp:green",
    }
    assert sorted(hashes.split("\n")) == sorted(
        (folder / "hashes.csv").read_text().split("\n")
    )


def _as_texts(event: dict[str, Any]) -> dict[str, Any]:
    """Leave out tags, and how pymisp writes numbers."""
    return {
        key: str(one) if isinstance(one, int) else one
        for key, one in event.items()
        if key != "Tag"
    }


def test_our_own_reader_reads_the_feed_back(folder: Path):
    source = replace(READER, options={}, tlp="green")
    with (folder / "manifest.json").open("rb") as stream:
        found = read(stream, source, opener(folder))
    assert found.error is None
    assert found.reasons() == {"not meant for detection": 1}
    wanted = [
        (one.type, one.value)
        for day in sorted(DAYS, reverse=True)
        for one in DAYS[day]
        if one.type not in (IocType.CVE, IocType.TECHNIQUE)
    ]
    assert [(raw.kind, raw.value) for raw in found.raws] == wanted
    (said,) = {raw.said for raw in found.raws[:1]}
    assert (said.first_seen, said.last_seen) == (START - DAY, START)
    assert {"botnet", "mirai"} <= set(said.tags)
    assert "botnet_cc: mirai" in (said.context or "")


def test_a_manifest_has_the_newest_day_first_and_no_empty_ones(folder: Path):
    manifest = json.loads((folder / "manifest.json").read_text())
    assert list(manifest) == [
        misp_feed.event_uuid(Part(TODAY)),
        misp_feed.event_uuid(Part(TODAY - 1)),
    ]
    assert manifest[misp_feed.event_uuid(Part(TODAY))] == {
        "info": "Taxiway IOCs 2025-11-21",
        "date": "2025-11-21",
        "timestamp": str(START // 1_000_000),
        "threat_level_id": "4",
        "analysis": "2",
        "Orgc": ORGC,
        "Tag": [],
    }


def test_a_manifest_has_the_fields_that_other_feeds_have():
    if not SHARED.is_dir():
        pytest.skip("no other feed here")
    other = json.loads((SHARED / "manifest.json").read_text())
    ours = json.loads(misp_feed.manifest_of({TODAY: DayFacts(1, START)}))
    (event,) = ours.values()
    for one in other.values():
        assert set(one) - {"distribution"} == set(event)
        for key in event:
            assert type(one[key]) is type(event[key])


def test_hashes_are_those_that_misp_looks_values_up_by():
    text = misp_feed.hashes_csv(
        {Part(5): [make_row("192.0.2.1"), row(IocType.TECHNIQUE)]}
    )
    assert text == f"{md5(b'192.0.2.1').hexdigest()},{misp_feed.event_uuid(Part(5))}\n"


def test_what_moves_to_another_day_is_another_attribute():
    uuids = set()
    for day in (TODAY, TODAY - 1):
        event = json.loads(misp_feed.event_of(Part(day), [row()], about()))["Event"]
        uuids.update(_uuids(event))
    assert len(uuids) == 4


def test_the_day_of_an_event_is_found_and_of_others_there_is_none():
    name = misp_feed.event_uuid(Part(TODAY))
    days = {TODAY: DayFacts(1, 0), TODAY - 1: DayFacts(1, 0)}
    assert misp_feed.part_of_event(name, days) == Part(TODAY)
    assert misp_feed.part_of_event(name.upper(), days) == Part(TODAY)
    assert misp_feed.part_of_event(name, {TODAY - 1: DayFacts(1, 0)}) is None
    assert misp_feed.part_of_event("../manifest", days) is None


def test_a_large_day_has_several_events_and_each_row_is_in_one():
    count = 4 * misp_feed.MOST_ROWS - 1
    parts = misp_feed.parts_of(TODAY, count)
    assert len(parts) == 4
    assert len({misp_feed.event_uuid(part) for part in parts}) == 4
    for number in range(300):
        key = key_of(IocType.DOMAIN, f"host-{number}.example")
        (mine,) = [part for part in parts if part.has(key)]
        assert misp_feed.part_of(TODAY, count, key) == mine
    manifest = json.loads(misp_feed.manifest_of({TODAY: DayFacts(count, 0)}))
    assert manifest.keys() == {misp_feed.event_uuid(part) for part in parts}
    infos = {one["info"].partition("(")[2] for one in manifest.values()}
    assert infos == {"1 of 4)", "2 of 4)", "3 of 4)", "4 of 4)"}
    assert day_of(START) == TODAY


def test_a_feed_of_nothing_is_empty():
    assert misp_feed.manifest_of({}) == "{}"
    assert misp_feed.hashes_csv({}) == ""
    event = judge(misp_feed.event_of(Part(TODAY), [], about()))
    assert event.attributes == []
    assert event.published
