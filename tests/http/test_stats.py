"""Statistics over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from chalice.test import HTTPResponse

from chalicelib.api.schemas.statistics import StatsAnswer
from chalicelib.core.iocs.ioc import IocType
from chalicelib.ingest import source
from tests.doubles.clock import START
from tests.http.conftest import Service, sources
from tests.publishing import World, sightings, story

URLHAUS, KREBS = sources("urlhaus", "krebs")


def get(
    service: Service, key: str, query: str = "", method: str = "GET", **headers: str
) -> HTTPResponse:
    headers = {"Accept": "application/json"} | headers
    return service.call(method, f"/v1/iocs/stats{query}", key, headers=headers)


@pytest.fixture
def full(world: World) -> World:
    world.publish(URLHAUS, *sightings(3), *sightings(2, IocType.IPV4))  # type: ignore[arg-type]
    article = story(cves=("CVE-2025-1000",), techniques=("T1566",))
    world.publisher.publish_article(KREBS, article, START, float("inf"))  # type: ignore[arg-type]
    return world


def test_all_numbers_are_told(service: Service, full: World):
    answer = get(service, service.key())
    assert answer.status_code == 200
    StatsAnswer.model_validate(answer.json_body)
    data = answer.json_body["data"]
    assert set(data) == {
        "totals",
        "trend",
        "feed_health",
        "top_mitre_techniques",
        "top_cves",
        "last_updated",
    }
    totals = data["totals"]
    assert totals["iocs"] == 7
    assert totals["by_type"] == {"cve": 1, "domain": 3, "ipv4": 2, "mitre_attack": 1}
    assert totals["by_source"] == {URLHAUS.name: 5, KREBS.name: 2}
    assert totals["by_category"] == {"malware": 5, "news": 2}
    assert totals["articles"] == 1
    assert data["trend"]["last_7d"][-1] == {
        "date": "2025-11-21",
        "new": 7,
        "updated": 0,
        "revoked": 0,
        "articles": 1,
    }
    assert data["top_mitre_techniques"] == [
        {"id": "T1566", "name": "Phishing", "articles": 1}
    ]
    assert data["top_cves"] == [{"id": "CVE-2025-1000", "articles": 1}]
    on = [one.id for one in source.load() if one.enabled]
    assert [one["id"] for one in data["feed_health"]] == on
    assert {one["status"] for one in data["feed_health"]} == {"degraded"}


def test_it_is_of_this_moment(service: Service, full: World):
    service.clock.advance(90)
    headers = get(service, service.key()).headers
    assert headers["X-Cache-Updated-At"] == "2025-11-21T16:01:30.000000Z"
    assert headers["X-Cache-Age-Seconds"] == "0"
    assert headers["X-Cache-Stale"] == "false"
    exposed = headers["Access-Control-Expose-Headers"]
    assert "X-Cache-Updated-At" in exposed


def test_what_has_not_changed_is_not_sent_again(service: Service, full: World):
    key = service.key()
    etag = get(service, key).headers["ETag"]
    service.clock.advance(60)
    same = get(service, key, **{"If-None-Match": etag})
    assert (same.status_code, same.body) == (304, b"")
    assert same.headers["ETag"] == etag
    full.publish(URLHAUS, *sightings(9))  # type: ignore[arg-type]
    other = get(service, key, **{"If-None-Match": etag})
    assert other.status_code == 200
    assert other.headers["ETag"] != etag


def test_it_asks_for_the_tier_pro(service: Service):
    answer = get(service, service.key(tier="free"))
    assert answer.status_code == 403
    error = answer.json_body["error"]
    assert (error["code"], error["details"]) == ("tier_required", {"required": "pro"})
    assert get(service, service.key(tier="internal")).status_code == 200


@pytest.mark.parametrize("name", ["days", "type", "q", "limit", "format"])
def test_it_has_no_parameters(service: Service, name: str):
    answer = get(service, service.key(), f"?{name}=1")
    error: Any = answer.json_body["error"]
    assert (answer.status_code, error["code"]) == (400, "invalid_parameter")
    assert error["details"]["field"] == name
