"""STIX exports, read by OASIS's validator and by stix2."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stix2
from stix2validator import ValidationOptions, validate_string

from chalicelib.core.iocs import marking, stix
from chalicelib.core.iocs.ioc import IocType, Mention
from chalicelib.core.lists.row import Row, from_json, row_of, to_ioc, to_json
from chalicelib.export import EXPORTERS
from chalicelib.export.about import About
from tests.doubles.clock import START
from tests.factories import make_row
from tests.publishing import ALPHA, AMBER, BETA, World, sighting, value_of

ORIGINS = {feed.id: feed for feed in (ALPHA, AMBER, BETA)}
HOSTILE: dict[str, Any] = {
    "context": "=cmd|' /C calc'!A1\n]]> \"quoted\" \\ 'apostrophe' ' OR 1=1 \u2028 \U0001f600",
    "tags": ("=1+1", 'a"b', "c|d", "]]>", "tab\there"),
    "malware": ('Emotet\'s "loader" \\ 2',),
    "techniques": ("T1071.001", "TA0011"),
    "references": ("http://[broken", "no address", "https://x.example/a b"),
}


def about(**options: Any) -> About:
    return About(made_at=START, options=options, origins=ORIGINS)


def row(kind: IocType, *sources: str, **said: Any) -> Row:
    names = {"sources": sources or ("alpha",)}
    return make_row(value_of(kind, 7), kind, **(names | HOSTILE | said))


def rendered(rows: list[Row], **options: Any) -> Any:
    return json.loads(EXPORTERS["stix"].render(rows, about(**options)))


EVERY_TYPE = [row(kind) for kind in IocType]


def judge(bundle: dict[str, Any]) -> None:
    text = json.dumps(bundle)
    result = validate_string(text, ValidationOptions(version="2.1"))
    assert result.is_valid, [str(error) for error in result.errors]
    stix2.parse(text, allow_custom=False)


def test_a_bundle_of_every_type_is_stix():
    bundle = rendered(EVERY_TYPE)
    judge(bundle)
    assert list(bundle) == ["type", "id", "objects"]
    kinds = [one["type"] for one in bundle["objects"]]
    assert kinds == [
        "identity",
        "marking-definition",
        *["indicator"] * 9,
        "vulnerability",
        "attack-pattern",
    ]


@pytest.mark.parametrize("level", marking.LEVELS)
def test_a_bundle_with_another_marking_is_stix(level: str):
    rows = [row(IocType.URL), row(IocType.CVE, "alpha", "amber")]
    judge(rendered(rows, tlp=level))


def test_objects_are_those_of_the_collections():
    world = World()
    said = {
        one: HOSTILE[one] for one in ("context", "tags", "techniques", "references")
    }
    seen = [sighting(value_of(kind, 7), kind, **said) for kind in IocType]
    world.publish(ALPHA, *seen)
    world.publish(AMBER, *seen[:3])
    rows = [row_of(world.record(one), ORIGINS) for one in seen]
    rows = [from_json(to_json(one)) for one in rows]
    there = {one["id"]: one for one in world.objects()}
    exported = rendered(rows)["objects"][3:]
    assert len(exported) == len(seen)
    for one in exported:
        assert one == there[one["id"]]


def test_nothing_is_referred_to_that_a_bundle_lacks():
    objects = rendered([row(IocType.IPV4), row(IocType.URL, "amber")])["objects"]
    there = {one["id"] for one in objects}
    for one in objects:
        assert one.get("created_by_ref", stix.IDENTITY_ID) in there
        assert set(one.get("object_marking_refs", ())) <= there


def test_identity_and_markings_can_be_left_out():
    def kinds(**options: Any) -> list[str]:
        return [
            one["type"] for one in rendered([row(IocType.IPV4)], **options)["objects"]
        ]

    assert kinds(include_identity=False) == ["marking-definition", "indicator"]
    assert kinds(include_markings=False) == ["identity", "indicator"]
    assert kinds(include_identity=False, include_markings=False) == ["indicator"]
    judge(rendered([row(IocType.IPV4)], include_identity=False, include_markings=False))


@pytest.mark.parametrize("options", [{}, {"tlp": "red"}, {"include_identity": False}])
def test_objects_alone_are_the_objects_of_the_bundle(options: dict[str, Any]):
    alone = rendered(EVERY_TYPE, format="objects", **options)
    assert alone == rendered(EVERY_TYPE, format="bundle", **options)["objects"]


@pytest.mark.parametrize(
    ("sources", "asked", "given"),
    [
        (("alpha",), None, "clear"),
        (("alpha",), "amber", "amber"),
        (("alpha",), "amber+strict", "amber+strict"),
        (("alpha", "amber"), None, "amber"),
        (("alpha", "amber"), "clear", "amber"),
        (("alpha", "amber"), "red", "red"),
        (("a source that is gone",), "green", "amber"),
    ],
)
def test_a_marking_is_made_stricter_and_never_looser(
    sources: tuple[str, ...], asked: str | None, given: str
):
    options = {"tlp": asked} if asked else {}
    bundle = rendered([row(IocType.DOMAIN, *sources)], **options)
    assert bundle["objects"][-1]["object_marking_refs"] == [marking.marking_id(given)]
    used = [
        one["id"] for one in bundle["objects"] if one["type"] == "marking-definition"
    ]
    assert used == [marking.marking_id(given)]


def test_each_marking_is_there_once_from_open_to_closed():
    rows = [row(IocType.URL, "amber"), row(IocType.IPV4), row(IocType.DOMAIN, "amber")]
    names = [one.get("name") for one in rendered(rows)["objects"][1:3]]
    assert names == ["TLP:WHITE", "TLP:AMBER"]


def test_the_same_rows_are_the_same_bytes_and_others_another_bundle():
    text = EXPORTERS["stix"].render(EVERY_TYPE, about())
    assert text == EXPORTERS["stix"].render(EVERY_TYPE, about())
    ids = {
        rendered(EVERY_TYPE)["id"],
        rendered(EVERY_TYPE[1:])["id"],
        rendered(EVERY_TYPE, tlp="red")["id"],
        rendered([])["id"],
    }
    assert len(ids) == 4


def test_no_rows_are_a_bundle_too():
    bundle = rendered([])
    judge(bundle)
    assert [one["type"] for one in bundle["objects"]] == ["identity"]
    assert rendered([], include_identity=False) == bundle
    assert rendered([], include_markings=False) == bundle
    assert rendered([], format="objects", include_identity=False) == []


def test_what_came_back_is_a_new_indicator_and_what_went_is_revoked():
    again = row(IocType.IPV4, life=2, created=START, first_seen=START - 10**13)
    gone = row(IocType.DOMAIN, revoked=True, valid_until=START + 1)
    story = Mention("story-1", "What happened", "https://news.example/1")
    bundle = rendered([again, gone, row(IocType.URL, article=story)])
    judge(bundle)
    ids = {one["id"] for one in bundle["objects"]}
    assert stix.id_of(to_ioc(row(IocType.IPV4))) not in ids
    assert [one.get("revoked") for one in bundle["objects"][2:]] == [None, True, None]
