"""`make run`: every address of the IOC API answers with something out of its feeds."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import pytest

from tests.clients.conftest import Site
from tests.clients.pages import ROOT

LINES = {
    "v1/iocs?limit=3&format=ndjson": r'\{"id":.+\}',
    "v1/iocs?limit=3&format=csv": r"[0-9a-f-]{36},\w+,.+\r",
    "v1/iocs?limit=3&format=txt": r"\S+",
    "v1/articles?limit=3&format=ndjson": r'\{"id":.+\}',
    "v1/articles?limit=3&format=csv": r"[0-9a-f-]{36},.+\r",
    "v1/iocs/cef?limit=3": r"CEF:0\|Taxiway\|.+",
    "v1/iocs/cef?limit=3&format=syslog": r"<134>1 .+",
    "v1/iocs/openioc?limit=500": r" +<IndicatorItem .+",
    "v1/iocs/openioc?limit=500&version=1.1": r" +<IndicatorItem .+",
    "v1/iocs/sigma?limit=500": r"title: .+",
    "v1/iocs/sigma?limit=500&grouping=ioc": r"title: .+",
    "v1/iocs/blocklist?limit=3": r"\S+",
    "v1/iocs/blocklist?limit=3&format=edl-ip": r"[0-9.]+",
    "v1/iocs/blocklist?limit=3&format=edl-domain": r"[a-z0-9.-]+",
    "v1/iocs/blocklist?limit=3&format=edl-url": r"[a-z0-9.:-]+/\S*",
    "v1/iocs/blocklist?limit=3&format=guardduty": r"[0-9.]+",
    "v1/iocs/blocklist?limit=3&format=rpz": r"\S+ CNAME \.",
    "v1/iocs/blocklist?limit=3&format=suricata": r"alert .+",
    "v1/misp/hashes.csv": r"[0-9a-f]{32},[0-9a-f-]{36}",
}
"""What at least three lines of each answer look like."""

FULL = {
    "v1/iocs": ("data", "links.next"),
    "v1/iocs?type=ipv4,cve&confidence=high&category=vulnerability": ("data",),
    "v1/iocs?tag=lokibot&source=maltrail-lokibot": ("data",),
    "v1/iocs/search?q=starofliught.top": ("data.matches", "data.relatedIOCs"),
    "v1/iocs/search?q=starofliugt.top": ("data.matches",),
    "v1/iocs/search?q=hmcrog": ("data.matches",),
    "v1/lookup?ioc=hmcrogenics.com": ("data.risk.parts", "data.sources"),
    "v1/lookup?ioc=CVE-2024-57727": ("data.articles", "data.hunting.kql_query"),
    "v1/iocs/stats": (
        "data.totals.by_type",
        "data.totals.articles_by_category",
        "data.trend.last_24h.new",
        "data.top_mitre_techniques",
        "data.top_cves",
        "data.last_updated",
    ),
    "v1/articles?expand=iocs,mitre,cves&has_iocs=true": (
        "data.0.iocs",
        "data.0.mitre_techniques",
    ),
    "v1/articles?q=ransomware&severity=critical&cve_text_search=CVE-2024-57727": (
        "data.0.severity_score",
    ),
    "v1/articles?mitre_technique=T1566&sort=severity:desc": ("data",),
    "v1/feeds": ("data.0.name",),
    "v1/iocs/stix?limit=3": ("objects.4",),
    "v1/iocs/stix?limit=3&format=objects": ("4",),
    "v1/iocs/misp?limit=3": ("Event.Attribute.2",),
    "health": ("status",),
    "openapi.json": ("paths",),
}
"""What each answer has, and is not empty."""

FURTHER = {"v1/articles/{article_id}", "v1/misp/{event}", "v1/misp/manifest.json"}
ELSEWHERE = re.compile(r"taxii2/|v1/keys|v1/session|docs$")
"""What other tests ask the demo for, what operators do, and the page."""


def ask(site: Site, path: str, body: object = None) -> str:
    """Ask with the demo's reading key."""
    url = f"{site.ready.base_url}/{path}"
    headers = {"X-API-Key": str(site.ready.keys["read"])}
    data = None if body is None else json.dumps(body).encode()
    if data:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200
        return answer.read().decode()


def told(answer: Any, where: str) -> Any:
    """Find what stands at a place such as `data.0.name`."""
    for name in where.split("."):
        answer = answer[int(name)] if isinstance(answer, list) else answer[name]
    return answer


def test_no_path_is_left_out():
    described = json.loads((ROOT / "chalicelib/data/openapi.json").read_text())
    paths = {path.lstrip("/") for path in described["paths"]}
    asked = {path.partition("?")[0] for path in (*LINES, *FULL)} | FURTHER
    assert {path for path in paths if not ELSEWHERE.match(path)} == asked


@pytest.mark.parametrize("path", LINES)
def test_lines_are_there(site: Site, path: str):
    lines = ask(site, path).split("\n")
    assert len([one for one in lines if re.fullmatch(LINES[path], one)]) >= 3


@pytest.mark.parametrize("path", FULL)
def test_nothing_is_empty(site: Site, path: str):
    answer = json.loads(ask(site, path))
    assert [where for where in FULL[path] if not told(answer, where)] == []


def test_a_part_of_a_value_is_found_by_its_beginning_and_with_a_slip(site: Site):
    for text, way in (("hmcrog", "prefix"), ("starofliugt.top", "fuzzy")):
        found = json.loads(ask(site, f"v1/iocs/search?q={text}"))["data"]["matches"]
        assert found[0]["match"] == way


def test_many_values_are_looked_up_at_once(site: Site):
    values = ["hmcrogenics[.]com", "203.0.113.9", "CVE-2024-57727"]
    answer = json.loads(ask(site, "v1/lookup", {"iocs": values}))
    assert [one["found"] for one in answer["data"]] == [True, False, True]


def test_an_article_is_found_by_the_id_that_the_list_has(site: Site):
    (one, *_) = json.loads(ask(site, "v1/articles"))["data"]
    article = json.loads(ask(site, f"v1/articles/{one['id']}"))["data"]
    assert article["title"] == one["title"]


def test_each_event_of_the_manifest_has_attributes(site: Site):
    manifest = json.loads(ask(site, "v1/misp/manifest.json"))
    assert manifest
    for uuid in manifest:
        event = json.loads(ask(site, f"v1/misp/{uuid}.json"))["Event"]
        assert len(event["Attribute"]) > 3
