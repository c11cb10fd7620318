"""Nobody takes more than their tier, and everybody is told what is left."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core.windows import DAY, MINUTE
from tests.factories import make_id
from tests.http.conftest import Service

ROOT = "/taxii2/api"
LIMITS = ("limit", "remaining", "reset")


def left(answer: Any) -> tuple[int, ...]:
    return tuple(int(answer.headers[f"X-RateLimit-{name.title()}"]) for name in LIMITS)


@pytest.fixture
def free(service: Service) -> str:
    service.clock.time = 20_600 * DAY + 15_000_000
    return service.key(tier="free")


def test_every_answer_says_what_is_left(service: Service, free: str):
    end = 20_600 * 86_400 + 60
    answer = service.call("GET", f"{ROOT}/", free)
    assert answer.status_code == 200
    assert left(answer) == (10, 9, end)
    assert answer.headers["RateLimit-Limit"] == "10"
    assert answer.headers["RateLimit-Remaining"] == "9"
    assert answer.headers["RateLimit-Reset"] == "45"
    assert answer.headers["RateLimit-Policy"] == "10;w=60, 1000;w=86400"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (f"{ROOT}/collections/nowhere/", {}, 404),
        (f"{ROOT}/", {"Accept": "text/html"}, 406),
        (f"{ROOT}/status/none/", {}, 404),
    ],
)
def test_errors_say_it_too(
    service: Service, free: str, path: str, headers: dict[str, str], status: int
):
    answer = service.call("GET", path, free, headers=headers)
    assert answer.status_code == status
    assert left(answer)[:2] == (10, 9)


def test_objects_count_two_and_a_half_read_or_added(service: Service, free: str):
    path = f"{ROOT}/collections/{service.collection().id}/objects/"
    for method, remaining in (("GET", 7), ("POST", 5), ("HEAD", 2)):
        assert left(service.call(method, path, free))[:2] == (10, remaining)


def test_who_has_some_left_but_too_few_is_told_so(service: Service, free: str):
    path = f"{ROOT}/collections/{service.collection().id}/objects/"
    for _ in range(9):
        service.call("GET", f"{ROOT}/", free)
    refused = service.call("GET", path, free)
    assert refused.status_code == 429
    assert left(refused)[:2] == (10, 1)
    message = refused.json_body["error"]["message"]
    assert message.startswith("too few of the 10 requests of this minute are left: ")


def test_the_eleventh_request_of_a_minute_is_refused(service: Service, free: str):
    for _ in range(10):
        assert service.call("GET", f"{ROOT}/", free).status_code == 200
    refused = service.call("GET", f"{ROOT}/", free)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "45"
    assert left(refused)[:2] == (10, 0)
    error = refused.json_body["error"]
    assert error["code"] == "rate_limit_exceeded"
    assert error["details"]["window"] == "minute"
    assert refused.json_body["http_status"] == "429"
    service.clock.advance(45)
    assert service.call("GET", f"{ROOT}/", free).status_code == 200


def test_the_day_is_named_when_it_is_used_up(service: Service, free: str):
    for minute in range(100):
        for _ in range(10):
            assert service.call("GET", f"{ROOT}/", free).status_code == 200, minute
        service.clock.advance(60)
    refused = service.call("GET", f"{ROOT}/", free)
    assert refused.status_code == 429
    assert refused.json_body["error"]["details"]["window"] == "day"
    left_of_the_day = 86_400 - 15 - 6_000
    assert refused.headers["Retry-After"] == str(left_of_the_day)
    assert left(refused) == (1_000, 0, 20_601 * 86_400)


def test_objects_count_two_and_a_half_requests(service: Service, free: str):
    collection = service.collection(tier="free")
    path = f"{ROOT}/collections/{collection.id}/objects/"
    answers = [service.call("GET", path, free) for _ in range(5)]
    assert [one.status_code for one in answers] == [200] * 4 + [429]
    assert left(answers[0])[:2] == (10, 7)


def test_an_internal_key_is_not_limited(service: Service):
    key = service.key(tier="internal")
    answers = [service.call("GET", f"{ROOT}/", key) for _ in range(50)]
    assert {one.status_code for one in answers} == {200}
    assert not any(name.startswith("X-RateLimit") for name in answers[0].headers)
    assert not [place for place in service.dynamo.items if "RATE" in place[1]]


def test_open_routes_count_for_nobody(service: Service, free: str):
    for path in ("/taxii2/", "/health"):
        answer = service.call("GET", path, free, headers={"Accept": "*/*"})
        assert answer.status_code == 200
    assert not [place for place in service.dynamo.items if "RATE" in place[1]]


def test_a_counter_that_is_away_lets_requests_pass_and_is_counted(
    service: Service, free: str, capsys: pytest.CaptureFixture[str]
):
    def fail(operation: str) -> None:
        if operation == "UpdateItem":
            raise ConnectionError("no route to the table")

    service.dynamo.before_call = fail
    for _ in range(20):
        assert service.call("GET", f"{ROOT}/", free).status_code == 200
    counted = [
        line
        for line in capsys.readouterr().out.splitlines()
        if '"rate_limit_unavailable"' in line and "_aws" in line
    ]
    assert len(counted) == 20
    service.dynamo.before_call = lambda _: None
    service.clock.advance(6)
    assert "X-RateLimit-Limit" in service.call("GET", f"{ROOT}/", free).headers


def test_a_counter_that_is_away_is_not_asked_again_at_once(service: Service, free: str):
    service.call("GET", f"{ROOT}/", free)
    asked = []

    def fail(operation: str) -> None:
        asked.append(operation)
        if operation == "UpdateItem":
            raise ConnectionError("no route to the table")

    service.dynamo.before_call = fail
    service.call("GET", f"{ROOT}/", free)
    first = len(asked)
    service.call("GET", f"{ROOT}/", free)
    assert "UpdateItem" in asked[:first]
    # Usage is written by a thread of its own; a request itself reads its key only.
    assert [one for one in asked[first:] if one == "GetItem"] == ["GetItem"]


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_pages_of_other_origins_may_read_data_answers(service: Service, method: str):
    answer = service.call(method, f"{ROOT}/", service.key())
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-RateLimit-Remaining" in answer.headers["Access-Control-Expose-Headers"]


def test_a_preflight_needs_no_key(service: Service):
    answer = service.call("OPTIONS", f"{ROOT}/")
    assert answer.status_code == 204
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


# Look-back and which tier reads


def added(service: Service, collection: Any, number: int) -> list[str]:
    writer = service.key(tier="internal", grants={"*": "rw"})
    objects = [
        {
            "type": "indicator",
            "spec_version": "2.1",
            "id": make_id(service.clock.now() + one),
            "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:00.000Z",
            "pattern": "[ipv4-addr:value = '192.0.2.1']",
            "pattern_type": "stix",
            "valid_from": "2026-01-01T00:00:00Z",
        }
        for one in range(number)
    ]
    assert service.add(collection, writer, *objects).status_code == 202
    return [one["id"] for one in objects]


def read(service: Service, collection: Any, key: str, query: str = "") -> Any:
    path = f"{ROOT}/collections/{collection.id}/objects/{query}"
    return service.call("GET", path, key)


def test_a_free_key_sees_one_day_back(service: Service, free: str):
    collection = service.collection(tier="free")
    added(service, collection, 2)
    service.clock.advance(20 * 3_600)
    (late,) = added(service, collection, 1)
    service.clock.advance(5 * 3_600)
    for query in ("", "?added_after=1970-01-01T00:00:00Z"):
        answer = read(service, collection, free, query)
        assert [one["id"] for one in answer.json_body["objects"]] == [late]
        seen = answer.headers["X-Effective-Added-After"]
        assert seen.endswith(("+00:00", "Z"))
        assert answer.headers["X-TAXII-Date-Added-First"] > seen


def test_added_after_inside_the_look_back_is_echoed_as_it_is(
    service: Service, free: str
):
    collection = service.collection(tier="free")
    service.clock.advance(3_600)
    answer = read(service, collection, free, "?added_after=2026-05-27T00:30:00Z")
    assert answer.headers["X-Effective-Added-After"] == "2026-05-27T00:30:00.000000Z"


def test_manifest_versions_and_object_keep_to_the_look_back(
    service: Service, free: str
):
    collection = service.collection(tier="free")
    (old,) = added(service, collection, 1)
    service.clock.advance(25 * 3_600)
    base = f"{ROOT}/collections/{collection.id}"
    manifest = service.call("GET", f"{base}/manifest/", free)
    versions = service.call("GET", f"{base}/objects/{old}/versions/", free)
    one = service.call("GET", f"{base}/objects/{old}/", free)
    assert manifest.json_body["objects"] == []
    assert versions.json_body["versions"] == []
    assert one.json_body["objects"] == []


def test_an_internal_key_sees_everything(service: Service):
    collection = service.collection()
    added(service, collection, 1)
    service.clock.advance(800 * 86_400)
    answer = read(service, collection, service.key(tier="internal"))
    assert len(answer.json_body["objects"]) == 1
    assert "X-Effective-Added-After" not in answer.headers


def test_a_cursor_does_not_reach_behind_the_look_back(service: Service):
    collection = service.collection(tier="free")
    ids = added(service, collection, 3)
    pro = service.key(tier="pro")
    cursor = read(service, collection, pro, "?limit=1").json_body["next"]
    service.clock.advance(25 * 3_600)
    free = service.key(tier="free")
    assert read(service, collection, free, f"?next={cursor}").json_body["objects"] == []
    rest = read(service, collection, pro, f"?next={cursor}&limit=9").json_body[
        "objects"
    ]
    assert [one["id"] for one in rest] == ids[1:]


def test_a_free_page_has_a_hundred_objects(service: Service, free: str):
    collection = service.collection(tier="free")
    added(service, collection, 120)
    answer = read(service, collection, free, "?limit=5000")
    assert len(answer.json_body["objects"]) == 100
    assert answer.json_body["more"] is True
    pro = read(service, collection, service.key(tier="pro"), "?limit=5000")
    assert len(pro.json_body["objects"]) == 120


def test_a_cursor_of_a_free_key_goes_on_at_the_pace_of_a_pro_one(
    service: Service, free: str
):
    collection = service.collection(tier="free")
    added(service, collection, 250)
    cursor = read(service, collection, free).json_body["next"]
    rest = read(service, collection, service.key(tier="pro"), f"?next={cursor}")
    assert len(rest.json_body["objects"]) == 150


@pytest.mark.parametrize(
    "what", ["objects/", "manifest/", "objects/x/", "objects/x/versions/"]
)
def test_a_free_key_is_told_which_tier_reads(service: Service, free: str, what: str):
    collection = service.collection()
    answer = service.call("GET", f"{ROOT}/collections/{collection.id}/{what}", free)
    assert answer.status_code == 403
    error = answer.json_body["error"]
    assert error["code"] == "tier_required"
    assert error["details"]["required"] == "pro"


def test_a_free_key_sees_that_a_pro_collection_is_there(service: Service, free: str):
    collection = service.collection()
    one = service.call("GET", f"{ROOT}/collections/{collection.id}/", free)
    (listed,) = service.call("GET", f"{ROOT}/collections/", free).json_body[
        "collections"
    ]
    assert one.json_body["can_read"] is listed["can_read"] is False


def test_a_grant_goes_before_the_tier(service: Service):
    collection = service.collection()
    key = service.key(tier="free", grants={collection.id: "r"})
    assert read(service, collection, key).status_code == 200


def test_the_tier_of_a_collection_can_be_changed(service: Service, free: str):
    collection = service.collection()
    added(service, collection, 1)
    service.container.collections.set_tier(collection.id, "free")
    assert read(service, collection, free).status_code == 200
    service.clock.advance(1)
    added(service, collection, 1)
    assert len(read(service, collection, free).json_body["objects"]) == 2
    service.container.collections.set_tier(collection.id, None)
    assert read(service, collection, free).status_code == 403


def test_a_key_whose_tier_is_gone_is_refused(service: Service):
    made, secret = service.made_key()
    (place,) = [place for place in service.dynamo.items if place[1].startswith("KEY#")]
    service.dynamo.items[place]["tr"]["S"] = "gold"
    answer = service.call("GET", f"{ROOT}/", secret)
    assert answer.status_code == 403
    assert json.loads(answer.body)["error"]["code"] == "tier_required"
    assert made.tier == "pro"


def test_a_minute_is_counted_by_the_clock_and_not_by_the_first_request(
    service: Service, free: str
):
    service.clock.time += 44_000_000
    for _ in range(10):
        service.call("GET", f"{ROOT}/", free)
    service.clock.advance(1)
    assert service.clock.now() % MINUTE == 0
    assert service.call("GET", f"{ROOT}/", free).status_code == 200
