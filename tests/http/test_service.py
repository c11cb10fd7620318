"""What a caller sees of keys, errors, health and faults."""

from __future__ import annotations

import json
import logging

import pytest

from chalicelib.errors import NotFound
from tests.http.conftest import Service

ROOT = "/taxii2/api"
DAY = 86_400.0


def error_of(response) -> str:
    return json.loads(response.body)["error"]["code"]


def test_health_needs_no_key_and_speaks_rest(service: Service):
    response = service.call("GET", "/health", headers={"Accept": "*/*"})
    assert response.status_code == 200
    assert response.json_body == {"status": "ok", "stage": "dev"}
    assert response.headers["Content-Type"] == "application/json"


def test_a_rest_route_answers_errors_with_the_founding_object_alone(service: Service):
    response = service.call("DELETE", "/health", headers={"Accept": "*/*"})
    assert response.status_code == 405
    assert list(json.loads(response.body)) == ["error"]
    assert response.headers["Content-Type"] == "application/json"


def test_missing_invalid_revoked_and_expired_keys_are_told_apart(service: Service):
    path = f"{ROOT}/collections/"
    assert error_of(service.call("GET", path)) == "missing_api_key"
    assert error_of(service.call("GET", path, "nonsense")) == "invalid_api_key"
    key, secret = service.made_key(name="short", expires_in_days=1)
    assert service.call("GET", path, secret).status_code == 200
    service.clock.advance(DAY - 1)
    assert service.call("GET", path, secret).status_code == 200
    service.clock.advance(1)
    assert error_of(service.call("GET", path, secret)) == "expired_api_key"
    service.container.keys.revoke(key.id, "leaked")
    assert error_of(service.call("GET", path, secret)) == "invalid_api_key"


def test_revocation_works_at_once_and_the_first_one_stands(service: Service):
    key, secret = service.made_key(name="k")
    path = f"{ROOT}/collections/"
    assert service.call("GET", path, secret).status_code == 200
    first = service.container.keys.revoke(key.id, "first")
    assert service.call("GET", path, secret).status_code == 401
    service.clock.advance(5)
    assert service.container.keys.revoke(key.id, "second") == first


def test_a_well_formed_key_that_nobody_made_is_invalid(service: Service):
    from chalicelib.access import keymint

    response = service.call("GET", f"{ROOT}/collections/", keymint.make())
    assert error_of(response) == "invalid_api_key"


def test_a_made_up_key_asks_no_table(service: Service):
    service.dynamo.reset_counts()
    service.call("GET", f"{ROOT}/collections/", "twk_" + "x" * 46)
    assert service.dynamo.calls.total() == 0


def test_only_a_hash_of_the_key_is_kept(service: Service):
    secret = service.key()
    assert secret not in repr(service.dynamo.items)
    assert secret[12:] not in repr(service.dynamo.items)
    assert secret[:12] in repr(service.dynamo.items)


def test_a_key_has_the_scopes_of_its_tier(service: Service):
    service.key(tier="free")
    service.clock.advance(1)
    service.key(tier="pro")
    free, pro = (set(key.scopes) for key in service.container.keys.all())
    assert free == {"read:iocs", "read:articles"}
    assert free < pro
    assert "read:stix" in pro


def test_use_of_a_key_is_noted_once_an_hour(service: Service):
    made, secret = service.made_key()
    path = f"{ROOT}/"
    first = service.clock.now()
    for _ in range(3):
        service.call("GET", path, secret)
        service.clock.advance(1_000)
    assert service.container.keys.get(made.id).last_used == first
    service.clock.advance(1_000)
    service.call("GET", path, secret)
    assert service.container.keys.get(made.id).last_used == service.clock.now()


def test_no_key_and_no_query_string_is_logged(
    service: Service,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
):
    secret = service.key()
    ours = service.collection()
    path = f"{ROOT}/collections/{ours.id}/objects/"
    with caplog.at_level(logging.DEBUG):
        service.call("GET", f"{path}?api_key={secret}&limit=3")
        service.call("GET", path, secret)
        service.call("GET", path, headers={"X-API-Key": secret + "x"})
    captured = capsys.readouterr()
    text = caplog.text + captured.out + captured.err
    assert secret not in text
    assert "api_key=" not in text


def test_a_fault_of_ours_is_an_error_resource_without_its_stack(
    service: Service, caplog: pytest.LogCaptureFixture
):
    secret = service.key()
    ours = service.collection()
    head = next(
        item
        for (_, pk, _), item in service.dynamo.items.items()
        if pk.startswith("HEAD#")
    )
    head["f"] = {"S": "no json"}
    with caplog.at_level(logging.CRITICAL):
        response = service.call("GET", f"{ROOT}/collections/{ours.id}/", secret)
    body = json.loads(response.body)
    assert response.status_code == 500
    assert body["error"]["code"] == "internal_error"
    assert body["error"]["request_id"] == response.headers["X-Request-Id"]
    assert "Traceback" not in response.body.decode()
    assert "JSON" not in response.body.decode()


def test_urls_are_made_from_the_request(service: Service):
    response = service.call(
        "GET",
        "/taxii2/",
        headers={"X-Forwarded-Proto": "https", "Host": "intel.example"},
    )
    assert response.json_body["default"] == "https://intel.example/taxii2/api/"
    hostile = service.call("GET", "/taxii2/", headers={"Host": "a.b/c?<script>"})
    assert hostile.json_body["default"] == "http://localhost/taxii2/api/"


def test_grants_are_exactly_what_the_key_has(service: Service):
    one = service.collection("One")
    service.collection("Other", alias="other")
    secret = service.key(grants={one.id: "r", "other": "w"})
    listed = service.call("GET", f"{ROOT}/collections/", secret).json_body
    assert {
        (each["title"], each["can_read"], each["can_write"])
        for each in listed["collections"]
    } == {("One", True, False), ("Other", False, True)}
    path = f"{ROOT}/collections/{{}}/objects/"
    assert service.call("GET", path.format(one.id), secret).status_code == 200
    assert (
        error_of(service.call("GET", path.format("other"), secret))
        == "insufficient_scope"
    )
    stranger = service.key(grants={one.id: "rw"})
    assert error_of(service.call("GET", path.format("other"), stranger)) == "not_found"


def test_a_status_is_seen_by_those_who_may_use_its_collection(service: Service):
    one, other = service.collection("One"), service.collection("Other")
    writer = service.key(grants={one.id: "w"})
    status = service.add(one, writer, {}).json_body
    path = f"{ROOT}/status/{status['id']}/"
    assert service.call("GET", path, writer).json_body == status
    stranger = service.key(grants={other.id: "rw"})
    assert service.call("GET", path, stranger).status_code == 404
    service.clock.advance(2 * DAY + 1)
    assert service.call("GET", path, writer).status_code == 404


@pytest.mark.parametrize("name", ["a" * 3_000, "%01", "%ED%A0%80", "x#y"])
def test_what_can_be_no_status_is_not_found(service: Service, name: str):
    response = service.call("GET", f"{ROOT}/status/{name}/", service.key())
    assert response.status_code == 404
    assert error_of(response) == "not_found"


def test_a_key_that_can_not_be_is_not_found(service: Service):
    with pytest.raises(NotFound):
        service.container.keys.revoke("a" * 3_000)


def test_a_collection_without_any_leaves_the_list_out(service: Service):
    assert service.call("GET", f"{ROOT}/collections/", service.key()).json_body == {}


def test_a_throttled_table_is_a_503_that_says_when_to_come_back(service: Service):
    secret = service.key()
    ours = service.collection()
    service.dynamo.faults.random_faults = ("throttled",)
    service.dynamo.faults.share = 1.0
    response = service.call("GET", f"{ROOT}/collections/{ours.id}/objects/", secret)
    assert response.status_code == 503
    assert error_of(response) == "unavailable"
    assert int(response.headers["Retry-After"]) > 0


def indicator(number: int) -> dict[str, object]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--00000000-0000-4000-8000-{number:012d}",
        "created": "2026-01-01T00:00:00Z",
        "modified": "2026-01-01T00:00:00Z",
        "pattern": "[ipv4-addr:value = '192.0.2.1']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
    }
