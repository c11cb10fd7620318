"""Exports over HTTP: each read back by a reader that is not ours."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from io import StringIO
from typing import Any
from xml.etree import ElementTree as ET

import pycef
import pymisp
import pytest
import stix2
from chalice.test import HTTPResponse
from sigma.collection import SigmaCollection

from chalicelib.core.iocs.ioc import IocType, Sighting
from chalicelib.core.lists import entries
from chalicelib.core.log.head import ROWS
from tests.factories import NEVER, make_row
from tests.http.conftest import Service, sources
from tests.publishing import World, sighting, sightings

URLHAUS, FEODO, OPENPHISH = sources("urlhaus", "feodo", "openphish")
EVERY = (
    "stix",
    "stix?format=objects",
    "misp",
    "cef",
    "cef?format=syslog",
    "openioc",
    "openioc?version=1.1",
    "sigma",
    "sigma?grouping=ioc",
    "blocklist",
    "blocklist?format=edl-ip",
    "blocklist?format=edl-domain",
    "blocklist?format=edl-url",
    "blocklist?format=guardduty",
    "blocklist?format=rpz",
    "blocklist?format=suricata",
)


def get(service: Service, key: str, path: str, **headers: str) -> HTTPResponse:
    """Ask for an export."""
    given = {"Accept": "*/*"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return service.call("GET", f"/v1/iocs/{path}", key, headers=given)


def more(path: str, **parameters: object) -> str:
    """Add parameters to a path."""
    text = "&".join(f"{name}={value}" for name, value in parameters.items())
    return f"{path}{'&' if '?' in path else '?'}{text}"


@pytest.fixture
def full(world: World) -> World:
    """Some of each type."""
    for kind in IocType:
        world.publish(FEODO, *sightings(7, kind, malware="Emotet", tags=("c2",)))  # type: ignore[arg-type]
    return world


# The same for all


@pytest.mark.parametrize("path", EVERY)
def test_an_export_is_a_file_with_a_version(service: Service, full: World, path: str):
    key = service.key()
    answer = get(service, key, path)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    again = get(service, key, path, If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.body) == (304, b"")


@pytest.mark.parametrize("path", EVERY)
def test_an_export_of_nothing_is_still_one(service: Service, world: World, path: str):
    answer = get(service, service.key(), path)
    assert answer.status_code == 200
    assert "X-Next-Cursor" not in answer.headers


@pytest.mark.parametrize("path", EVERY)
def test_an_export_is_for_the_tier_that_has_it(service: Service, path: str):
    answer = get(service, service.key(tier="free"), path)
    assert answer.status_code == 403
    # The free tier has no such scope either, but a scope alone would not help.
    assert answer.json_body["error"]["code"] == "tier_required"
    assert answer.json_body["error"]["details"]["required"] == "pro"


@pytest.mark.parametrize("path", ["stix?limit=1001", "misp?limit=10001"])
def test_a_limit_has_an_end(service: Service, path: str):
    assert get(service, service.key(), path).status_code == 400


# Each whole by its cursor


READERS: dict[str, Callable[[HTTPResponse], list[str]]] = {
    "stix": lambda a: [
        one["id"]
        for one in a.json_body["objects"]
        if one["type"] not in {"identity", "marking-definition"}
    ],
    "misp": lambda a: [one["value"] for one in a.json_body["Event"]["Attribute"]],
    "cef": lambda a: a.body.decode().splitlines(),
    "cef?format=syslog": lambda a: a.body.decode().splitlines(),
    "openioc": lambda a: [
        node.text or ""
        for node in ET.fromstring(a.body).iter()
        if node.tag.endswith("}Content")
    ],
    "sigma?grouping=ioc": lambda a: [
        line for line in a.body.decode().splitlines() if line.startswith("id: ")
    ],
    "blocklist": lambda a: a.body.decode().split(),
}


@pytest.mark.parametrize("path", READERS)
def test_a_walk_by_cursor_has_all_of_it_once(service: Service, full: World, path: str):
    key, read = service.key(), READERS[path]
    whole = read(get(service, key, more(path, limit=1_000)))
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        place = {"cursor": cursor} if cursor else {}
        answer = get(service, key, more(path, limit=10, **place))
        assert answer.status_code == 200
        found += read(answer)
        cursor = answer.headers.get("X-Next-Cursor")
    assert found == whole
    assert len(set(found)) == len(found) > 20


def test_an_export_too_large_for_one_answer_goes_on_by_cursor(
    service: Service, world: World
):
    # Each of these has five characters in XML.
    query = "&" * 1_900
    rows = [
        make_row(f"http://h{n}.bad.example/?{query}", IocType.URL) for n in range(1_000)
    ]
    new = [entries.to_entry(row) for row in rows]
    assert len(list(world.log.append(ROWS, new, NEVER))) == 1_000
    key, path = service.key(), "openioc?limit=10000"
    found = answers = 0
    cursor: str | None = ""
    while cursor is not None:
        answer = get(service, key, more(path, cursor=cursor) if cursor else path)
        # Lambda takes 6 MB of JSON, in which each quote and line end has two bytes.
        assert len(json.dumps(answer.body.decode())) < 6_000_000
        found += answer.body.count(b"<IndicatorItem ")
        cursor = answer.headers.get("X-Next-Cursor")
        answers += 1
    assert found == 1_000
    assert answers > 1


# STIX


def test_the_objects_are_those_of_taxii(service: Service, full: World):
    answer = get(service, service.key(), "stix?limit=1000")
    exported = {one["id"]: one for one in answer.json_body["objects"]}
    stored = {
        one["id"]: one
        for one in full.objects()
        if one["type"] in {"indicator", "vulnerability", "attack-pattern"}
        and one["id"] in exported
    }
    assert len(stored) == 7 * len(IocType)
    assert {name: exported[name] for name in stored} == stored


def test_a_bundle_is_taken_by_stix2(service: Service, full: World):
    answer = get(service, service.key(), "stix")
    assert answer.headers["Content-Type"] == "application/stix+json;version=2.1"
    stix2.parse(answer.body.decode())


def test_the_media_type_is_the_one_that_is_asked_for(service: Service, full: World):
    key = service.key()
    answer = get(service, key, "stix", Accept="application/json")
    assert answer.headers["Content-Type"] == "application/json"
    answer = get(service, key, "sigma", Accept="application/yaml, */*;q=0.1")
    assert answer.headers["Content-Type"] == "application/yaml"


def test_identity_and_markings_can_be_left_out(service: Service, full: World):
    path = "stix?include_identity=false&include_markings=false&type=ipv4"
    answer = get(service, service.key(), path)
    kinds = {one["type"] for one in answer.json_body["objects"]}
    assert kinds == {"indicator"}


# The others


def test_cef_is_taken_by_a_cef_reader(service: Service, full: World):
    answer = get(service, service.key(), "cef?type=ipv4")
    for line in answer.body.decode().splitlines():
        event = pycef.parse(line)
        assert event["src"].startswith("198.51.")


def test_rules_are_taken_by_pysigma(service: Service, full: World):
    answer = get(service, service.key(), "sigma")
    assert not SigmaCollection.from_yaml(answer.body.decode()).errors
    # E-mail addresses, SHA-512, CVEs and techniques are in no log source; of the
    # URLs and addresses those are left out that are not in their canonical form.
    assert int(answer.headers["X-Skipped"]) == 4 * 7 + 7 + 1


def test_an_event_is_taken_by_pymisp(service: Service, full: World):
    event = pymisp.MISPEvent()
    event.from_dict(**get(service, service.key(), "misp?ip_role=dst").json_body)
    assert {"ip-dst", "domain", "sha512"} <= {one.type for one in event.attributes}


def test_an_event_has_the_clusters_of_misp(service: Service, world: World):
    said = sighting("x.bad.example", techniques=("T1059.001",))
    world.publish(FEODO, said)  # type: ignore[arg-type]
    event = get(service, service.key(), "misp").json_body["Event"]
    names = {tag["name"] for one in event["Attribute"] for tag in one["Tag"]}
    assert 'misp-galaxy:mitre-attack-pattern="PowerShell - T1059.001"' in names


def test_a_block_list_has_only_what_its_reader_takes(service: Service, full: World):
    key = service.key()
    lists = {
        "edl-ip": "198.51.0.0",
        "edl-domain": "host-0.bad.example",
        "guardduty": "198.51.0.0",
    }
    for name, value in lists.items():
        lines = get(service, key, f"blocklist?format={name}&limit=14").body.decode()
        assert value in lines.splitlines()
        assert "CVE-" not in lines


def long_said(count: int) -> list[Sighting]:
    """Say something of URLs whose rows have some 30 kB each."""
    said: dict[str, Any] = {
        "references": tuple(f"https://x.example/{n}?{'a' * 2_000}" for n in range(10)),
        "tags": tuple(str(n) + 60 * "\u00e9" for n in range(20)),
    }
    values = [f"http://{n}.bad.example/{'b' * 1_900}" for n in range(count)]
    return [sighting(one, IocType.URL, **said) for one in values]


def test_a_block_list_is_as_long_as_asked_however_long_its_rows_are(
    service: Service, world: World
):
    world.publish(FEODO, *long_said(300))  # type: ignore[arg-type]
    answer = get(service, service.key(), "blocklist?limit=300")
    assert len(answer.body.splitlines()) == 300
    assert "X-Next-Cursor" not in answer.headers


# The feed of MISP


def misp(service: Service, key: str, path: str, **headers: str) -> Any:
    given = {"Accept": "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return service.call("GET", f"/v1/misp/{path}", key, headers=given)


def test_misp_reads_each_day_as_an_event(service: Service, full: World):
    full.clock.advance(86_400)
    full.publish(OPENPHISH, *sightings(2, IocType.SHA1), sighting("new.bad.example"))  # type: ignore[arg-type]
    key = service.key()
    manifest = misp(service, key, "manifest.json").json_body
    assert len(manifest) == 2
    values: dict[str, list[str]] = {}
    for name, facts in manifest.items():
        loaded = pymisp.MISPEvent()
        answer = misp(service, key, f"{name}.json")
        loaded.from_dict(**answer.json_body)
        assert answer.json_body["Event"]["timestamp"] == facts["timestamp"]
        values[str(loaded.date)] = [one.value for one in loaded.attributes]
    newest = values[max(values)]
    assert "new.bad.example" in newest
    # Two that were there already have moved to the day on which they changed.
    assert len(newest) == 3


def test_the_hashes_lead_to_the_events(service: Service, full: World):
    key = service.key()
    (name,) = misp(service, key, "manifest.json").json_body
    text = misp(service, key, "hashes.csv").body.decode()
    wanted = hashlib.md5(b"host-0.bad.example", usedforsecurity=False).hexdigest()
    assert f"{wanted},{name}" in StringIO(text).read().splitlines()


def test_an_event_that_is_too_large_for_an_answer_lacks_its_oldest_rows(
    service: Service, world: World
):
    said = long_said(800)
    world.publish(FEODO, *said[:-1])  # type: ignore[arg-type]
    world.publish(FEODO, said[-1])  # type: ignore[arg-type]
    key = service.key()
    (name,) = misp(service, key, "manifest.json").json_body
    answer = misp(service, key, f"{name}.json")
    assert len(json.dumps(answer.body.decode())) < 6_000_000
    values = [one["value"] for one in answer.json_body["Event"]["Attribute"]]
    assert 0 < int(answer.headers["X-Skipped"]) == 800 - len(values)
    assert values[-1] == said[-1].value


def test_a_manifest_that_is_known_is_not_sent_again(service: Service, full: World):
    key = service.key()
    tag = misp(service, key, "manifest.json").headers["ETag"]
    assert misp(service, key, "manifest.json", If_None_Match=tag).status_code == 304


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("00000000-0000-4000-8000-000000000000.json", 404),
        ("manifest", 400),
        ("..%2Fmanifest.json", 400),
        ("a.json", 400),
    ],
)
def test_an_event_that_is_not_there(service: Service, name: str, status: int):
    assert misp(service, service.key(), name).status_code == status
