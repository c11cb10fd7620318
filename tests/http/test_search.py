"""Search over HTTP."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from chalice.test import HTTPResponse

from chalicelib.api.schemas.iocs import SearchAnswer
from chalicelib.core.iocs.ioc import IocType
from tests.doubles.clock import START
from tests.http.conftest import Service, sources
from tests.publishing import World, sighting, sightings, story

URLHAUS, KREBS = sources("urlhaus", "krebs")


def get(service: Service, query: str, **options: Any) -> HTTPResponse:
    key = service.key(**({"tier": "internal"} | options))
    headers = {"Accept": "application/json"}
    return service.call("GET", f"/v1/iocs/search?{query}", key, headers=headers)


def find(service: Service, text: str, more: str = "") -> Any:
    answer = get(service, f"q={quote(text, safe='')}{more}")
    assert answer.status_code == 200, answer.body
    return answer.json_body["data"]


def test_a_value_is_found_with_what_is_related(service: Service, world: World):
    many = tuple(sighting(f"host-{number}.example") for number in range(3))
    article = story(iocs=many)
    world.publisher.publish_article(KREBS, article, START, float("inf"))
    answer = get(service, "q=host-1[.]example".replace("[", "%5B").replace("]", "%5D"))
    assert answer.status_code == 200
    assert set(answer.json_body["meta"]) == {"generated_at", "feed_version", "source"}
    SearchAnswer.model_validate(answer.json_body)
    data = answer.json_body["data"]
    assert data["found"] is True
    assert data["query"] == "host-1[.]example"
    assert [one["value"] for one in data["matches"]] == ["host-1.example"]
    assert {one["value"] for one in data["relatedIOCs"]} == {
        "host-0.example",
        "host-2.example",
    }
    assert data["meta"] == {
        "total_matches": 1,
        "related_count": 2,
        "search_time_ms": 0,
    }


def test_a_match_is_an_ioc_as_lists_show_it(service: Service, world: World):
    world.publish(URLHAUS, sighting("198.51.100.7", IocType.IPV4))
    (match,) = find(service, "198.51.100.7")["matches"]
    assert (match.pop("match"), match.pop("similarity")) == ("exact", 1.0)
    key = service.key(tier="internal")
    listed = service.call("GET", "/v1/iocs", key, headers={"Accept": "*/*"})
    assert [match] == listed.json_body["data"]


def test_nothing_found_is_200(service: Service):
    data = find(service, "evil.example")
    assert data["found"] is False
    assert data["matches"] == data["relatedIOCs"] == []
    assert data["meta"]["total_matches"] == 0


def test_related_can_be_left_out(service: Service, world: World):
    world.publish(URLHAUS, *sightings(5, malware="Emotet"))
    assert len(find(service, "host-1.bad.example")["relatedIOCs"]) == 4
    data = find(service, "host-1.bad.example", "&include_related=false")
    assert data["relatedIOCs"] == []


def test_matches_are_limited(service: Service, world: World):
    world.publish(URLHAUS, *sightings(120))
    assert len(find(service, "host-")["matches"]) == 20
    assert len(find(service, "host-", "&limit=100")["matches"]) == 100
    assert len(find(service, "host-", "&limit=1")["matches"]) == 1


@pytest.mark.parametrize("spelt", ["mitre_attack", "mitre-attack"])
def test_a_type_narrows_it_down(service: Service, world: World, spelt: str):
    world.publish(
        URLHAUS, sighting("T1059", IocType.TECHNIQUE), sighting("t1059.example")
    )
    data = find(service, "t10", f"&type={spelt}")
    assert [one["value"] for one in data["matches"]] == ["T1059"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "q"),
        ("q=", "q"),
        ("q=a", "q"),
        (f"q={'a' * 2_049}", "q"),
        ("q=aa&q=bb", "q"),
        ("q=aa&type=", "type"),
        ("q=aa&type=file", "type"),
        ("q=aa&limit=0", "limit"),
        ("q=aa&limit=101", "limit"),
        ("q=aa&limit=-1", "limit"),
        ("q=aa&limit=1.5", "limit"),
        ("q=aa&limit=ten", "limit"),
        ("q=aa&limit=1&limit=2", "limit"),
        ("q=aa&limit=99999999999999999999", "limit"),
        ("q=aa&include_related=maybe", "include_related"),
        ("q=aa&include_related=", "include_related"),
        ("q=aa&offset=1", "offset"),
        ("ioc=evil.example", "ioc"),
    ],
    ids=lambda one: one[:30],
)
def test_what_makes_no_sense_is_named(service: Service, query: str, field: str):
    answer = get(service, query)
    error = answer.json_body["error"]
    assert (answer.status_code, error["code"]) == (400, "invalid_parameter")
    assert error["details"]["field"] == field


@pytest.mark.parametrize(
    "text",
    [
        "\x00\x00",
        "\ud7ff\ud7ff",
        "'; --",
        "[.]" * 600,
        "a" * 2_048,
        "%%",
        "\U0001f600" * 9,
    ],
)
def test_odd_texts_are_searched_too(service: Service, world: World, text: str):
    world.publish(URLHAUS, *sightings(3))
    assert find(service, text)["found"] is False


def test_any_tier_may_search(service: Service, world: World):
    world.publish(URLHAUS, sighting("evil.example"))
    service.clock.advance(20 * 86_400)
    answer = get(service, "q=evil.example", tier="free")
    assert answer.json_body["data"]["found"] is True
    assert answer.headers["X-RateLimit-Remaining"] == "9"


def test_matches_that_an_answer_does_not_carry_are_left_out(
    service: Service, world: World
):
    references = tuple(f"https://x.example/{n}?{2_000 * 'ä'}" for n in range(10))
    world.publish(URLHAUS, *sightings(60, IocType.URL, references=references))
    answer = get(service, "q=host-&type=url&limit=100")
    assert len(json.dumps(answer.body.decode())) < 6_000_000
    data = answer.json_body["data"]
    assert 10 < len(data["matches"]) == data["meta"]["total_matches"] < 60
