"""Every object that we write is STIX 2.1, says independent software."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import stix2
from stix2validator import ValidationOptions, validate_string

from chalicelib.core.iocs import marking, merge, stix, stix_report
from chalicelib.core.iocs.ioc import Ioc, IocType
from chalicelib.core.iocs.patterns import PATHS
from tests.doubles.clock import START
from tests.publishing import (
    ALPHA,
    AMBER,
    BETA,
    DAY,
    LIST,
    Feed,
    sighting,
    story,
    value_of,
)

ORIGINS = {feed.id: feed for feed in (ALPHA, AMBER, BETA, LIST)}
EVERYTHING_SAID: dict[str, Any] = {
    "first_seen": START - 3 * DAY,
    "tags": ("tag one", "ünïcode"),
    "malware": 'Emotet\'s "loader" \\ 2',
    "techniques": ("T1071.001", "TA0011", "T1059", "T1003"),
    "references": (
        "https://x.example/a?b=[c]&d=%5B",
        "http://[broken",
        "no address",
        "https://x.example/with blank",
    ),
    "context": "a line\nand another",
}
USUAL_WARNINGS = ("not a valid UUIDv4 ID", "has a URL but no hash")


def ioc_of(kind: IocType, *feeds: Feed, **said: Any) -> Ioc:
    ioc = None
    for feed in feeds or (ALPHA,):
        ioc = merge.merge(ioc, sighting(value_of(kind, 7), kind, **said), feed, START)
    assert ioc
    return ioc


def objects() -> Iterator[dict[str, Any]]:
    """One of everything that is ever published."""
    yield stix.identity()
    yield from map(marking.marking_definition, marking.LEVELS)
    for kind in ("malware", "intrusion-set"):
        yield stix.named(kind, "Some name")
    for technique in ("T1059", "T1059.001"):
        yield stix.named("attack-pattern", technique)
    for kind in IocType:
        plain, full = ioc_of(kind), ioc_of(kind, ALPHA, AMBER, LIST, **EVERYTHING_SAID)
        lost = replace(plain, sources={"gone": plain.sources["alpha"]})
        for ioc in (
            plain,
            full,
            lost,
            replace(full, revoked=True),
            replace(full, life=2),
        ):
            yield stix.object_of(ioc, ORIGINS)
    for name, target in stix.links_of(ioc_of(IocType.URL, **EVERYTHING_SAID)):
        ioc = ioc_of(IocType.URL, **EVERYTHING_SAID)
        yield stix.relationship(ioc, stix.named_id(name, target), ORIGINS)
    for article in (story(), story(title="ü" * 300, summary="", tags=("a",))):
        yield stix_report.report_of(
            article, ALPHA, [stix.id_of(ioc_of(IocType.CVE))], START
        )
        yield stix_report.report_of(article, BETA, [], START)


def problems(written: dict[str, Any]) -> list[str]:
    """What the validator of OASIS has against an object, bar two habits of ours.

    Ids of version 5 are allowed and right here; nobody has hashes of web pages.
    """
    result = validate_string(json.dumps(written), ValidationOptions(version="2.1"))
    found = [str(error) for error in getattr(result, "errors", None) or []]
    found += [
        str(warning)
        for warning in result.warnings
        if not any(usual in str(warning) for usual in USUAL_WARNINGS)
    ]
    return found if result.is_valid or found else ["invalid"]


def name(written: dict[str, Any]) -> str:
    return str(written["type"])


SAMPLE = list({one["type"]: one for one in objects()}.values())


@pytest.mark.parametrize("written", SAMPLE, ids=name)
def test_the_validator_has_nothing_against_one_of_each_type(written):
    assert problems(written) == []


@pytest.mark.slow
@pytest.mark.parametrize("written", list(objects()), ids=name)
def test_the_validator_has_nothing_against_anything(written):
    assert problems(written) == []


def test_the_validator_would_object():
    wrong = stix.object_of(ioc_of(IocType.URL), ORIGINS) | {"pattern": "[url:value"}
    assert problems(wrong)


@pytest.mark.parametrize("written", list(objects()), ids=name)
def test_stix2_reads_it_back_as_it_was(written):
    parsed = stix2.parse(written, allow_custom=False)
    # It leaves out the decimals of some times where they are zero.
    text = json.dumps(written).replace(".000Z", "Z")
    assert json.loads(parsed.serialize().replace(".000Z", "Z")) == json.loads(text)


def test_properties_stand_in_the_order_of_the_specification():
    written = stix.object_of(
        replace(ioc_of(IocType.IPV4, **EVERYTHING_SAID), revoked=True), ORIGINS
    )
    assert list(written) == [
        "type",
        "spec_version",
        "id",
        "created_by_ref",
        "created",
        "modified",
        "revoked",
        "labels",
        "confidence",
        "external_references",
        "object_marking_refs",
        "name",
        "description",
        "indicator_types",
        "pattern",
        "pattern_type",
        "pattern_version",
        "valid_from",
        "valid_until",
        "kill_chain_phases",
    ]


def test_an_indicator_says_all_that_the_record_does():
    written = stix.object_of(
        ioc_of(IocType.IPV4, ALPHA, BETA, **EVERYTHING_SAID), ORIGINS
    )
    assert written["labels"] == [
        'Emotet\'s "loader" \\ 2',
        "malware",
        "tag one",
        "ünïcode",
    ]
    assert written["confidence"] == 90
    assert written["valid_from"] == "2025-11-18T16:00:00.000Z"
    assert written["valid_until"] == "2025-12-19T00:00:00.000Z"
    assert written["kill_chain_phases"] == [
        {"kill_chain_name": "mitre-attack", "phase_name": "command-and-control"}
    ]
    names = [one["source_name"] for one in written["external_references"]]
    assert names[:2] == ["Alpha list", "Beta list"]
    assert names.count("mitre-attack") == 4
    assert written["external_references"][0] == {
        "source_name": "Alpha list",
        "description": "Alpha project",
        "url": "https://alpha.example/list.txt",
    }


def test_an_indicator_without_context_says_who_lists_it():
    about = {
        stix.object_of(ioc_of(IocType.IPV4, *feeds), ORIGINS)["description"]
        for feeds in ((ALPHA, BETA), (BETA, ALPHA))
    }
    assert about == {"Listed by Alpha list, Beta list"}


def test_ids_never_change():
    # Consumers hold on to them: another id for the same value is another object.
    assert stix.id_of(ioc_of(IocType.IPV4)) == (
        "indicator--859b6d87-89ba-545a-8bdd-1d1ccc98a3c0"
    )
    assert stix.IDENTITY_ID == "identity--9cb0d7a1-b17f-5088-b0c3-b98cb1ed1ced"


def test_each_life_of_a_value_has_an_id_of_its_own():
    ioc = ioc_of(IocType.IPV4)
    assert stix.id_of(ioc) == stix.id_of(replace(ioc, modified=ioc.modified + 1_000))
    assert stix.id_of(ioc) != stix.id_of(replace(ioc, life=2))


def test_the_strictest_marking_of_all_sources_holds():
    marks = {
        stix.object_of(ioc_of(IocType.URL, *feeds), ORIGINS)["object_marking_refs"][0]
        for feeds in ((AMBER, ALPHA), (ALPHA, AMBER), (AMBER,))
    }
    assert marks == {marking.marking_id("amber")}
    assert marking.strictest(["clear", "WHITE", "green"]) == "green"
    assert marking.strictest(["clear", "never heard of"]) == "red"
    assert marking.strictest([]) == "clear"


def test_the_type_of_an_indicator_follows_from_its_sources():
    tor = replace(ALPHA, category="tor")
    ioc = ioc_of(IocType.IPV4, tor)
    written = stix.object_of(ioc, {"alpha": tor})
    assert written["indicator_types"] == ["anonymization"]
    assert stix.object_of(ioc, {})["indicator_types"] == ["malicious-activity"]


def test_links_are_few_and_families_come_first():
    ioc = ioc_of(IocType.URL, **EVERYTHING_SAID)
    kinds = [kind for kind, _ in stix.links_of(ioc)]
    assert kinds == ["malware", "attack-pattern"]
    assert stix.links_of(ioc_of(IocType.CVE, **EVERYTHING_SAID)) == []


def test_a_family_is_one_object_however_it_is_written():
    assert stix.named_id("malware", "EMOTET") == stix.named_id("malware", "Emotet")


def test_a_technique_is_one_object_whether_seen_or_pointed_to():
    ioc = ioc_of(IocType.TECHNIQUE)
    assert stix.id_of(ioc) == stix.named_id("attack-pattern", ioc.value)
    assert stix.object_of(ioc, ORIGINS)["created"] == stix.BEGINNING


def versions() -> Iterator[Ioc]:
    for kind in IocType:
        for feeds in ((ALPHA,), (ALPHA, BETA), (LIST,)):
            for said in (
                {},
                {"tags": ("a",)},
                {"malware": "M"},
                {"techniques": ("T1059",)},
                {"references": ("https://x.example/",)},
                {"context": "c"},
                {"first_seen": START - DAY},
                {"last_seen": START - 10},
                {"confidence": 5},
            ):
                yield ioc_of(kind, *feeds, **said)


def test_what_is_material_is_what_the_object_says():
    for kind in IocType:
        some = [ioc for ioc in versions() if ioc.type is kind]
        for one in some:
            for other in some:
                differs = stix.object_of(one, ORIGINS) != stix.object_of(other, ORIGINS)
                assert merge.is_material(one, other) == differs


def test_all_that_is_no_indicator_has_no_pattern():
    for kind in set(IocType) - set(PATHS):
        assert "pattern" not in stix.object_of(ioc_of(kind), ORIGINS)
