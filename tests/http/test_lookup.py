"""Lookup over HTTP: one value with all that is known, and many in short."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from chalice.test import HTTPResponse

from chalicelib.api.schemas.lookup import LookupAnswer, LookupInShort, LookupRefused
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.iocs.values import normalise
from tests.doubles.clock import START
from tests.http.conftest import Service, sources
from tests.publishing import World, sighting, story, value_of

URLHAUS, FEODO, KREBS, OPENPHISH = sources("urlhaus", "feodo", "krebs", "openphish")
JSON = {"Accept": "application/json", "Content-Type": "application/json"}


def get(service: Service, key: str, query: str) -> HTTPResponse:
    return service.call("GET", f"/v1/lookup?{query}", key, headers=JSON)


def look(service: Service, value: str, more: str = "") -> Any:
    query = f"ioc={quote(value, safe='')}{more}"
    answer = get(service, service.key(tier="internal"), query)
    assert answer.status_code == 200, answer.body
    return answer.json_body["data"]


def post(service: Service, body: Any, key: str | None = None, **headers: str) -> Any:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    key = key or service.key(tier="internal")
    return service.call("POST", "/v1/lookup", key, headers=JSON | headers, body=text)


def problem(answer: HTTPResponse) -> tuple[int, str, Any]:
    error = answer.json_body["error"]
    return answer.status_code, error["code"], error.get("details", {}).get("field")


@pytest.fixture
def full(world: World) -> World:
    one = sighting(
        "203.0.113.9",
        IocType.IPV4,
        tags=("Mirai", "elf"),
        malware="Mirai",
        techniques=("T1071",),
        references=("https://urlhaus.abuse.ch/url/1/",),
        context="malware_download",
    )
    world.publish(URLHAUS, one)
    world.publish(FEODO, sighting("203.0.113.9", IocType.IPV4))
    return world


def test_all_that_is_known_is_told(service: Service, full: World):
    answer = get(service, service.key(), "ioc=203.0.113.9")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json_body["meta"] == {
        "generated_at": "2025-11-21T16:00:00.000000Z",
        "feed_version": "1.0",
        "source": "Taxiway",
    }
    data = answer.json_body["data"]
    assert data["found"] is True
    assert (data["ioc_value"], data["ioc_type"]) == ("203.0.113.9", "ipv4")
    assert data["confidence"] == "high"
    assert 0 < data["confidence_score"] <= 95
    assert data["first_seen"] == data["last_seen"] == "2025-11-21T16:00:00.000000Z"
    assert (data["total_occurrences"], data["reporting_sources"]) == (2, 2)
    assert data["threat_type"] == "c2"
    assert (data["malware_family"], data["malware_families"]) == ("Mirai", ["Mirai"])
    assert {"Mirai", "elf"} <= set(data["tags"])
    assert data["mitre_techniques"] == [
        {
            "id": "T1071",
            "name": "Application Layer Protocol",
            "url": "https://attack.mitre.org/techniques/T1071/",
        }
    ]
    assert (data["active"], data["revoked"]) == (True, False)
    assert data["valid_until"] > data["last_seen"]
    assert data["matched_network"] is None
    assert data["networks"] == data["articles"] == []


def test_the_risk_is_told_with_its_parts(service: Service, full: World):
    risk = look(service, "203.0.113.9")["risk"]
    assert risk["level"] == "critical"
    assert risk["formula"] == "1"
    assert risk["cap"] is None
    assert [part["name"] for part in risk["parts"]] == [
        "confidence",
        "sources",
        "recency",
        "severity",
    ]
    total = sum(part["value"] * part["weight"] for part in risk["parts"]) / 100
    assert abs(risk["score"] - total) <= 0.5


def test_the_sources_are_told_the_surest_first(service: Service, full: World):
    told = {one["source_id"]: one for one in look(service, "203.0.113.9")["sources"]}
    assert told["urlhaus"] == {
        "source_id": "urlhaus",
        "source_feed": URLHAUS.name,
        "source_category": "malware",
        "reference_url": "https://urlhaus.abuse.ch/url/1/",
        "first_seen": "2025-11-21T16:00:00.000000Z",
        "last_seen": "2025-11-21T16:00:00.000000Z",
        "occurrence_count": 1,
        "confidence": told["urlhaus"]["confidence"],
        "confidence_score": told["urlhaus"]["confidence_score"],
        "listed": told["urlhaus"]["listed"],
        "context": told["urlhaus"]["context"],
    }
    assert told["feodo"]["reference_url"] is None
    assert told["feodo"]["context"].startswith("c2")
    scores = [one["confidence_score"] for one in told.values()]
    assert scores == sorted(scores, reverse=True)


def test_the_only_source_has_the_context_of_the_record(service: Service, world: World):
    world.publish(OPENPHISH, sighting("evil.example", context="a login page"))
    data = look(service, "evil.example")
    assert data["context"] == data["sources"][0]["context"] == "a login page"
    world.publish(OPENPHISH, sighting("plain.example", tags=("bank",)))
    context = look(service, "plain.example")["sources"][0]["context"]
    assert context.startswith("phishing")
    assert "bank" in context


def test_a_source_that_is_gone_keeps_its_id(service: Service, world: World):
    world.publish(URLHAUS, sighting("evil.example"))
    (place,) = [one for one in service.dynamo.items if one[1].startswith("IOC#")]
    item = service.dynamo.items[place]
    item["d"]["S"] = item["d"]["S"].replace('"urlhaus"', '"former"')
    (source,) = look(service, "evil.example")["sources"]
    assert (source["source_feed"], source["source_category"]) == ("former", "retired")
    assert source["context"] is None
    assert look(service, "evil.example")["threat_type"] is None


@pytest.mark.parametrize("kind", tuple(IocType))
def test_what_is_not_known_is_200_with_queries(service: Service, kind: IocType):
    value = "http://bad.example/a?b=1" if kind is IocType.URL else value_of(kind, 1)
    data = look(service, value)
    hunting = data.pop("hunting")
    own = data.pop("mitre_techniques")
    assert data == {
        "found": False,
        "ioc_value": value,
        "ioc_type": str(kind),
        "matched_network": None,
        "confidence": None,
        "confidence_score": None,
        "first_seen": None,
        "last_seen": None,
        "threat_type": None,
        "malware_family": None,
        "context": None,
        "valid_until": None,
        "total_occurrences": 0,
        "reporting_sources": 0,
        "malware_families": [],
        "tags": [],
        "active": False,
        "revoked": False,
        "risk": None,
        "sources": [],
        "networks": [],
        "articles": [],
    }
    assert set(hunting) == {
        "detection_guidance",
        "splunk_query",
        "kql_query",
        "esql_query",
    }
    assert all(isinstance(text, str) for text in hunting.values())
    assert [one["id"] for one in own] == ([value] if kind is IocType.TECHNIQUE else [])


def test_a_tactic_is_named(service: Service):
    data = look(service, "TA0001")
    assert (data["found"], data["ioc_type"]) == (False, "mitre_attack")
    assert data["mitre_techniques"] == [
        {
            "id": "TA0001",
            "name": "Initial Access",
            "url": "https://attack.mitre.org/tactics/TA0001/",
        }
    ]


def test_the_articles_that_mention_it_are_told(service: Service, world: World):
    article = story(id="a-1", title="Patch now", cves=("CVE-2025-1000",))
    world.publisher.publish_article(KREBS, article, START, float("inf"))
    data = look(service, "cve-2025-1000")
    assert data["found"] is True
    assert data["articles"] == [
        {
            "id": "a-1",
            "title": "Patch now",
            "url": "https://news.example/1",
            "published_at": "2025-11-20T16:00:00.000000Z",
        }
    ]


def test_an_address_is_found_by_its_network(service: Service, world: World):
    (drop,) = sources("spamhaus-drop-v4")
    world.publish(drop, sighting("198.51.100.0/24", IocType.IPV4))
    data = look(service, "198.51.100.7")
    assert data["found"] is True
    assert data["ioc_value"] == "198.51.100.7"
    assert data["matched_network"] == "198.51.100.0/24"
    assert data["networks"] == [
        {
            "network": "198.51.100.0/24",
            "confidence": data["confidence"],
            "confidence_score": data["confidence_score"],
            "first_seen": data["first_seen"],
            "last_seen": data["last_seen"],
            "sources": ["spamhaus-drop-v4"],
        }
    ]
    assert "198.51.100.7" in data["hunting"]["splunk_query"]


@pytest.mark.parametrize(
    "query",
    [
        "ioc=203.0.113.9",
        "value=203.0.113.9",
        "ioc=203[.]0[.]113[.]9",
        "ioc=203.0.113.9&type=ipv4",
        "ioc=%20203.0.113.9%3A443%20",
    ],
)
def test_it_is_asked_in_several_ways(service: Service, full: World, query: str):
    answer = get(service, service.key(), query.replace("[", "%5B").replace("]", "%5D"))
    assert answer.json_body["data"]["found"] is True


@pytest.mark.parametrize("spelt", ["mitre_attack", "mitre-attack"])
def test_techniques_are_spelt_in_two_ways(service: Service, spelt: str):
    data = look(service, "T1059", f"&type={spelt}")
    assert data["ioc_type"] == "mitre_attack"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "ioc"),
        ("ioc=", "ioc"),
        ("ioc=a.example&ioc=b.example", "ioc"),
        ("ioc=a.example&value=a.example", "ioc"),
        ("value=", "value"),
        ("ioc=nonsense", "ioc"),
        ("value=nonsense", "ioc"),
        (f"ioc={'a' * 2_049}", "ioc"),
        (f"ioc={'%F0%9F%98%80' * 2_048}", "ioc"),
        ("ioc=0177.0.0.1", "ioc"),
        ("ioc=%00", "ioc"),
        ("ioc=%ED%A0%80", "ioc"),
        ("ioc=xn--a", "ioc"),
        ("ioc=evil.example&type=sha256", "ioc"),
        ("ioc=evil.example&type=", "type"),
        ("ioc=evil.example&type=host", "type"),
        ("ioc=evil.example&type=ipv4,domain", "type"),
        ("ioc=evil.example&type=domain&type=domain", "type"),
        ("ioc=evil.example&verbose=1", "verbose"),
        ("q=evil.example", "q"),
    ],
)
def test_what_makes_no_sense_is_named(service: Service, query: str, field: str):
    answer = get(service, service.key(), query)
    assert problem(answer) == (400, "invalid_parameter", field)


def test_any_tier_may_look_anything_up(service: Service, full: World):
    service.clock.advance(20 * 86_400)
    answer = get(service, service.key(tier="free"), "ioc=203.0.113.9")
    assert answer.json_body["data"]["found"] is True
    assert answer.headers["X-RateLimit-Remaining"] == "9"


def test_credentials_in_a_url_are_part_of_it(service: Service, world: World):
    url = "https://user:pass@evil.example/x?a=b"
    world.publish(URLHAUS, sighting(url, IocType.URL))
    assert look(service, "hxxps://user:pass@EVIL[.]example:443/x?a=b")["found"] is True
    assert look(service, "https://evil.example/x?a=b")["found"] is False


def test_answers_are_as_openapi_tells(service: Service, full: World):
    article = story(iocs=(sighting("203.0.113.9", IocType.IPV4),))
    full.publisher.publish_article(KREBS, article, START, float("inf"))
    key = service.key(tier="internal")
    for value in ("203.0.113.9", "evil.example", "TA0001"):
        LookupAnswer.model_validate(get(service, key, f"ioc={value}").json_body)
    body = {"iocs": ["203.0.113.9", "x", "a.example"], "expand": ["articles"]}
    for one in post(service, body, key).json_body["data"]:
        absent = {"networks": [], "articles": []} if one["found"] is not None else {}
        told = LookupRefused if one["found"] is None else LookupInShort
        told.model_validate(absent | one)


# Many


def test_many_are_told_in_short_and_in_order(service: Service, full: World):
    texts = ["203[.]0[.]113[.]9", "nonsense", "198.51.100.1", "T1059"]
    answer = post(service, {"iocs": texts})
    assert answer.status_code == 200
    data = answer.json_body["data"]
    assert [one["ioc"] for one in data] == texts
    assert [one["found"] for one in data] == [True, None, False, False]
    assert data[1]["error"]["code"] == "invalid_parameter"
    assert data[1]["error"]["message"].startswith("the value is no value of any type")
    first = data[0]
    assert first["risk"] == {"score": first["risk"]["score"], "level": "critical"}
    assert first["sources"] == ["feodo", "urlhaus"]
    assert first["mitre_techniques"] == ["T1071"]
    assert not {"hunting", "articles", "networks"} & set(first)
    counts = {
        name: answer.json_body["meta"][name] for name in ("total", "found", "errors")
    }
    assert counts == {"total": 4, "found": 1, "errors": 1}


def test_values_is_another_name_for_iocs(service: Service, full: World):
    (one,) = post(service, {"values": ["203.0.113.9"]}).json_body["data"]
    assert one["found"] is True


def test_articles_and_networks_come_when_asked(service: Service, full: World):
    body = {"iocs": ["203.0.113.9", "evil.example"], "expand": ["articles", "networks"]}
    for one in post(service, body).json_body["data"]:
        assert one["articles"] == one["networks"] == []


def test_a_bad_value_is_an_error_of_its_own(service: Service, full: World):
    texts = ["", "a" * 3_000, "\x00", "203.0.113.9", " ", "\u202e", "=cmd|'x'!A0"]
    data = post(service, {"iocs": texts}).json_body["data"]
    assert [one["found"] for one in data] == [None, None, None, True, None, None, None]
    assert [one["ioc"] for one in data] == texts


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "iocs"),
        ({"iocs": []}, "iocs"),
        ({"iocs": "evil.example"}, "iocs"),
        ({"iocs": None}, "iocs"),
        ({"iocs": [1]}, "iocs.0"),
        ({"iocs": [None]}, "iocs.0"),
        ({"iocs": [["evil.example"]]}, "iocs.0"),
        ({"iocs": ["a.example"] * 1_001}, "iocs"),
        ({"iocs": ["a.example"], "values": ["b.example"]}, "values"),
        ({"iocs": ["a.example"], "expand": ["sources"]}, "expand.0"),
        ({"iocs": ["a.example"], "expand": "articles"}, "expand"),
        ({"iocs": ["a.example"] * 101, "expand": ["articles"]}, "expand"),
        ({"iocs": ["a.example"], "verbose": True}, "verbose"),
        (["a.example"], ""),
        (b"{", ""),
        (b'{"iocs": ["\\ud800.example"]}', ""),
        (b'{"iocs": ["a.example", "\xff"]}', ""),
    ],
    ids=lambda one: str(one)[:40],
)
def test_a_bad_body_is_named(service: Service, body: Any, field: str):
    assert problem(post(service, body)) == (400, "invalid_parameter", field)


def test_a_body_is_json_and_of_a_size(service: Service):
    answer = post(service, b"a.example", **{"Content-Type": "text/plain"})
    assert problem(answer)[:2] == (415, "unsupported_media_type")
    answer = post(service, b" " * 1_000_001)
    assert problem(answer)[:2] == (413, "payload_too_large")


def test_a_query_with_a_body_is_refused(service: Service):
    key = service.key()
    answer = service.call(
        "POST", "/v1/lookup?ioc=a.example", key, headers=JSON, body=b"{}"
    )
    assert problem(answer) == (400, "invalid_parameter", "ioc")


def test_many_count_ten_requests(service: Service):
    key = service.key(tier="free")
    answer = post(service, {"iocs": ["evil.example"]}, key)
    assert answer.status_code == 200
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert post(service, {"iocs": ["evil.example"]}, key).status_code == 429


def test_the_largest_answer_fits_into_one_of_lambda(service: Service, world: World):
    long = "http://evil.example/" + "\u00e9" * 160 + "?"
    texts = [f"{long}{number:04}" for number in range(1_000)]
    said = {
        "tags": tuple(f"tag-{number:02}-{'x' * 30}" for number in range(20)),
        "context": "c" * 500,
        "malware": "Some family of malware",
        "techniques": tuple(f"T10{number}" for number in range(10, 20)),
    }
    canonical = [normalise(IocType.URL, text) for text in texts]
    world.publish(URLHAUS, *(sighting(one, IocType.URL, **said) for one in canonical))
    answer = post(service, json.dumps({"iocs": texts}, ensure_ascii=False).encode())
    assert answer.status_code == 200
    assert answer.json_body["meta"]["found"] == 1_000
    assert len(answer.body) < 6_000_000


def test_what_one_answer_does_not_carry_is_to_be_asked_for_in_parts(
    service: Service, world: World
):
    tags = tuple(f"{number} {60 * 'ä'}" for number in range(20))
    world.publish(URLHAUS, sighting("evil.example", tags=tags, context=500 * "ä"))
    answer = post(service, {"iocs": ["evil.example"] * 1_000})
    assert problem(answer) == (413, "payload_too_large", "iocs")
    answer = post(service, {"iocs": ["evil.example"] * 250})
    assert answer.json_body["meta"]["found"] == 250


def test_a_key_without_the_scope_is_refused(service: Service):
    made, secret = service.made_key()
    (place,) = [one for one in service.dynamo.items if one[1].startswith("KEY#")]
    item = service.dynamo.items[place]
    assert made.scopes
    text = json.dumps(item)
    assert "read:iocs" in text
    service.dynamo.items[place] = json.loads(text.replace("read:iocs", "read:other"))
    for answer in (
        get(service, secret, "ioc=a.example"),
        post(service, {"iocs": ["a.example"]}, secret),
    ):
        assert answer.status_code == 403
        assert answer.json_body["error"]["code"] == "insufficient_scope"
        assert answer.json_body["error"]["details"] == {"required": "read:iocs"}


def test_nobody_looks_up_without_a_key(service: Service):
    answer = service.call("GET", "/v1/lookup?ioc=a.example", headers=JSON)
    assert problem(answer)[:2] == (401, "missing_api_key")
