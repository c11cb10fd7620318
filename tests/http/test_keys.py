"""Keys over HTTP: for operators only, with an admin key or a session."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.access import keymint
from chalicelib.core.windows import DAY
from tests.http.conftest import Service

ROOT = "/taxii2/api"
JSON = {"Accept": "application/json", "Content-Type": "application/json"}


@pytest.fixture
def admin(service: Service) -> str:
    return service.key(name="ops", admin=True)


def ask(
    service: Service,
    method: str,
    path: str,
    key: str | None,
    body: Any = None,
    **headers: str,
) -> Any:
    text = b"" if body is None else json.dumps(body).encode()
    return service.call(method, path, key, headers={**JSON, **headers}, body=text)


def make(service: Service, admin: str, **body: Any) -> Any:
    return ask(service, "POST", "/v1/keys", admin, {"name": "sentinel", **body})


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json_body["error"]["code"]


# Making


def test_a_new_key_is_shown_once_with_its_limits(service: Service, admin: str):
    answer = make(service, admin, tier="pro", expires_in_days=30)
    assert answer.status_code == 201
    data = answer.json_body["data"]
    secret = data["key"]
    assert data["key_prefix"] == secret[:12]
    assert data["key_preview"].startswith(secret[:12])
    assert secret not in data["key_preview"]
    assert (data["tier"], data["rate_limit_per_minute"]) == ("pro", 1_000)
    assert data["rate_limit_per_day"] == 1_000_000
    assert data["expires_at"] > data["created_at"]
    assert (data["total_requests"], data["last_used_at"]) == (0, None)
    assert "store the key" in answer.json_body["meta"]["warning"].lower()
    assert service.call("GET", f"{ROOT}/", secret).status_code == 200
    for path in ("/v1/keys", f"/v1/keys/{data['id']}"):
        assert secret not in ask(service, "GET", path, admin).body.decode()


def test_a_new_key_has_its_twin_at_the_gateway(service: Service, admin: str):
    data = make(service, admin, tier="pro").json_body["data"]
    assert service.plans.twins[data["id"]] == "pro"
    ask(service, "DELETE", f"/v1/keys/{data['id']}", admin)
    assert service.plans.twins[data["id"]] is None


def test_no_key_is_made_while_the_gateway_takes_no_twin(service: Service, admin: str):
    service.plans.away = True
    answer = make(service, admin)
    assert error(answer) == (503, "unavailable")
    listed = ask(service, "GET", "/v1/keys", admin).json_body
    assert listed["meta"]["total"] == 1


def test_a_key_is_revoked_though_the_gateway_is_away(service: Service, admin: str):
    data = make(service, admin, tier="pro").json_body["data"]
    service.plans.away = True
    answer = ask(service, "DELETE", f"/v1/keys/{data['id']}", admin)
    assert answer.status_code == 200
    refused = service.call("GET", f"{ROOT}/", data["key"])
    assert error(refused) == (401, "invalid_api_key")


def test_an_admin_key_has_no_twin(service: Service, admin: str):
    assert admin
    assert service.plans.twins == {}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": None}, "name"),
        ({"name": 5}, "name"),
        ({"name": "line\nbreak"}, "name"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 366}, "expires_in_days"),
        ({"expires_in_days": -1}, "expires_in_days"),
        ({"expires_in_days": "30"}, "expires_in_days"),
        ({"expires_in_days": True}, "expires_in_days"),
        ({"expires_in_days": 1.5}, "expires_in_days"),
        ({"expires_in_days": 10**30}, "expires_in_days"),
        ({"tier": "gold"}, "tier"),
        ({"allowed_ips": ["nowhere"]}, "allowed_ips"),
        ({"allowed_ips": "192.0.2.1"}, "allowed_ips"),
        ({"grants": {"*": "x"}}, "grants"),
        ({"owner": ""}, "owner"),
        ({"admin": True}, "admin"),
        ({"scopes": ["read:everything"]}, "scopes"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_by_field(
    service: Service, admin: str, body: dict[str, Any], field: str
):
    answer = ask(service, "POST", "/v1/keys", admin, {"name": "sentinel"} | body)
    assert error(answer) == (400, "invalid_parameter")
    assert answer.json_body["error"]["details"]["field"] == field


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 50_000]
)
def test_a_body_that_is_no_object_is_refused(service: Service, admin: str, body: bytes):
    answer = service.call("POST", "/v1/keys", admin, headers=JSON, body=body)
    assert error(answer) == (400, "invalid_parameter")


def test_a_body_of_another_type_or_size_is_refused(service: Service, admin: str):
    form = service.call(
        "POST",
        "/v1/keys",
        admin,
        body=b"name=x",
        headers={**JSON, "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert error(form) == (415, "unsupported_media_type")
    large = make(service, admin, name="x" * 200_000)
    assert error(large) == (413, "payload_too_large")


def test_what_was_sent_is_not_repeated_in_the_error(service: Service, admin: str):
    answer = make(service, admin, expires_in_days="twk_secret_by_mistake")
    assert "twk_secret" not in answer.body.decode()


def test_a_grant_for_no_collection_is_refused(service: Service, admin: str):
    assert error(make(service, admin, grants={"nowhere": "r"})) == (404, "not_found")


def test_two_grants_for_one_collection_by_two_names_must_agree(
    service: Service, admin: str
):
    one = service.collection("Ours", alias="ours")
    torn = make(service, admin, grants={"ours": "r", one.id: "rw"})
    assert error(torn) == (400, "invalid_parameter")
    assert torn.json_body["error"]["details"]["field"] == "grants"
    agreed = make(service, admin, grants={"ours": "r", one.id: "r"})
    assert agreed.json_body["data"]["grants"] == {one.id: "r"}


def test_a_key_has_the_grants_it_was_made_with(service: Service, admin: str):
    ours, theirs = service.collection("Ours"), service.collection("Theirs")
    data = make(service, admin, grants={ours.id: "r"}).json_body["data"]
    assert data["grants"] == {ours.id: "r"}
    statuses = [
        service.call("GET", f"{ROOT}/collections/{one.id}/", data["key"]).status_code
        for one in (ours, theirs)
    ]
    assert statuses == [200, 404]


# How many


def test_an_owner_has_so_many_active_keys_of_a_tier(service: Service, admin: str):
    made = [make(service, admin).json_body["data"] for _ in range(3)]
    refused = make(service, admin)
    assert error(refused) == (409, "key_limit_reached")
    assert refused.json_body["error"]["details"]["limit"] == 3
    assert make(service, admin, owner="somebody else").status_code == 201
    assert make(service, admin, tier="pro").status_code == 201
    ask(service, "DELETE", f"/v1/keys/{made[0]['id']}", admin)
    assert make(service, admin).status_code == 201


def test_a_key_too_many_leaves_no_twin(service: Service, admin: str):
    for _ in range(3):
        make(service, admin)
    before = dict(service.plans.twins)
    assert error(make(service, admin))[0] == 409
    assert service.plans.twins == before


def test_an_expired_key_counts_no_more(service: Service, admin: str):
    for _ in range(3):
        make(service, admin, expires_in_days=1)
    service.clock.advance(86_401)
    assert make(service, admin).status_code == 201


def test_two_writers_at_once_do_not_pass_the_limit(service: Service, admin: str):
    make(service, admin)
    meanwhile: list[Any] = []

    def another(operation: str) -> None:
        if operation == "TransactWriteItems" and len(meanwhile) < 1:
            meanwhile.append(None)
            meanwhile[0] = make(service, admin)

    service.dynamo.before_call = another
    last = make(service, admin)
    assert sorted([meanwhile[0].status_code, last.status_code]) == [201, 201]
    assert error(make(service, admin)) == (409, "key_limit_reached")


def test_many_writers_at_once_make_exactly_what_is_allowed(
    service: Service, admin: str
):
    keys = service.container.keys
    from chalicelib.errors import Conflict
    from chalicelib.services.keys import NewKey

    def one(_: int) -> bool:
        try:
            keys.create(NewKey("x"), limited=True)
        except Conflict:
            return False
        return True

    assert admin
    with ThreadPoolExecutor(8) as pool:
        made = sum(pool.map(one, range(40)))
    assert made == 3
    assert len([key for key in keys.all() if not key.admin]) == 3


def test_the_command_line_is_not_held_to_the_number(service: Service):
    assert len({service.key(tier="free") for _ in range(5)}) == 5


# Looking and ending


def test_keys_are_listed_without_secrets_oldest_first(service: Service, admin: str):
    service.clock.advance(1)
    data = make(service, admin, owner="team a").json_body["data"]
    listed = ask(service, "GET", "/v1/keys", admin).json_body
    assert [one["name"] for one in listed["data"]] == ["ops", "sentinel"]
    assert listed["meta"]["total"] == 2
    assert listed["data"][1]["owner"] == "team a"
    assert listed["data"][0]["admin"] is True
    assert all("key" not in one for one in listed["data"])
    assert data["key"] not in json.dumps(listed)


def test_a_key_is_revoked_at_once_with_a_reason(service: Service, admin: str):
    data = make(service, admin).json_body["data"]
    path = f"/v1/keys/{data['id']}"
    gone = ask(service, "DELETE", path, admin, {"reason": "rotation"})
    assert gone.status_code == 200
    assert gone.json_body["success"] is True
    assert error(service.call("GET", f"{ROOT}/", data["key"]))[1] == "invalid_api_key"
    told = ask(service, "GET", path, admin).json_body["data"]
    assert told["revoked_reason"] == "rotation"
    assert told["revoked_at"] is not None
    again = ask(service, "DELETE", path, admin, {"reason": "other"})
    assert again.status_code == 200
    kept = ask(service, "GET", path, admin).json_body["data"]
    assert (kept["revoked_reason"], kept["revoked_at"]) == (
        "rotation",
        told["revoked_at"],
    )


def test_a_reason_may_be_a_parameter(service: Service, admin: str):
    data = make(service, admin).json_body["data"]
    path = f"/v1/keys/{data['id']}"
    assert ask(service, "DELETE", f"{path}?reason=left", admin).status_code == 200
    told = ask(service, "GET", path, admin).json_body["data"]
    assert told["revoked_reason"] == "left"


def test_a_reason_has_a_length(service: Service, admin: str):
    data = make(service, admin).json_body["data"]
    answer = ask(
        service, "DELETE", f"/v1/keys/{data['id']}", admin, {"reason": "x" * 501}
    )
    assert error(answer) == (400, "invalid_parameter")
    assert service.call("GET", f"{ROOT}/", data["key"]).status_code == 200


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("path", ["/v1/keys/none", "/v1/keys/none/usage"])
def test_a_key_that_is_not_there_is_not_found(
    service: Service, admin: str, method: str, path: str
):
    expected = 405 if (method, path[-5:]) == ("DELETE", "usage") else 404
    assert ask(service, method, path, admin).status_code == expected


def test_a_key_in_the_place_of_an_id_is_not_repeated(service: Service, admin: str):
    secret = service.key()
    answer = ask(service, "GET", f"/v1/keys/{secret}", admin)
    assert error(answer) == (404, "not_found")
    assert secret[keymint.SHOWN :] not in answer.body.decode()


# Usage


def test_usage_tells_what_a_key_did(service: Service, admin: str):
    service.clock.time = 20_600 * DAY + 3_600_000_000
    data = make(service, admin).json_body["data"]
    for _ in range(11):
        service.call("GET", f"{ROOT}/", data["key"])
    service.clock.advance(60)
    service.call("GET", f"{ROOT}/collections/none/", data["key"])
    answer = ask(service, "GET", f"/v1/keys/{data['id']}/usage?days=2", admin)
    usage = answer.json_body["data"]
    assert usage["key_id"] == data["id"]
    assert usage["window_days"] == 2
    assert usage["total_requests"] == 12
    assert usage["successful"] == 10
    assert usage["client_errors"] == 2
    assert usage["server_errors"] == 0
    assert usage["by_status"] == {"200": 10, "404": 1, "429": 1}
    assert usage["top_endpoints"][0]["count"] == 11
    assert usage["daily"][0] == {"date": "2026-05-27", "requests": 12, "errors": 2}
    assert len(usage["daily"]) == 2
    assert usage["rate_limit_peak_per_minute"] == 10
    assert sum(one["count"] for one in usage["rate_limit_hits_by_hour"]) == 1
    told = ask(service, "GET", f"/v1/keys/{data['id']}", admin).json_body["data"]
    assert told["total_requests"] == 12


@pytest.mark.parametrize("days", ["0", "91", "-1", "x", "1.5", "9" * 30])
def test_usage_is_of_one_to_ninety_days(service: Service, admin: str, days: str):
    data = make(service, admin).json_body["data"]
    answer = ask(service, "GET", f"/v1/keys/{data['id']}/usage?days={days}", admin)
    assert error(answer) == (400, "invalid_parameter")
    assert answer.json_body["error"]["details"]["field"] == "days"


def test_usage_that_cannot_be_written_fails_no_request(service: Service):
    key = service.key(tier="internal")
    service.call("GET", f"{ROOT}/", key)
    service.container.recorder.flush()

    def fail(operation: str) -> None:
        if operation == "UpdateItem":
            raise ConnectionError("no route to the table")

    service.dynamo.before_call = fail
    for _ in range(5):
        assert service.call("GET", f"{ROOT}/", key).status_code == 200


# Who


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/keys"),
        ("POST", "/v1/keys"),
        ("GET", "/v1/keys/x"),
        ("DELETE", "/v1/keys/x"),
        ("GET", "/v1/keys/x/usage"),
        ("POST", "/v1/session"),
    ],
)
def test_data_keys_and_nobody_are_refused(service: Service, method: str, path: str):
    assert error(ask(service, method, path, None)) == (401, "missing_api_key")
    for tier in ("free", "pro", "internal"):
        answer = ask(service, method, path, service.key(tier=tier, grants={"*": "rw"}))
        assert error(answer) == (403, "insufficient_scope")
    in_the_address = f"{path}?api_key={service.key(admin=True)}"
    assert error(ask(service, method, in_the_address, None))[0] == 401


def test_an_admin_key_reads_no_data(service: Service, admin: str):
    answer = service.call("GET", f"{ROOT}/", admin)
    assert error(answer) == (403, "insufficient_scope")


def test_a_revoked_admin_key_manages_nothing(service: Service):
    made, secret = service.made_key(admin=True)
    service.container.keys.revoke(made.id)
    assert error(make(service, secret)) == (401, "invalid_api_key")


def test_operators_routes_send_no_cors_headers(service: Service, admin: str):
    for method in ("GET", "OPTIONS"):
        answer = ask(service, method, "/v1/keys", admin)
        assert not [one for one in answer.headers if one.startswith("Access-Control")]


# Where from


def test_a_key_works_from_its_networks_only(service: Service, admin: str):
    here = make(service, admin, allowed_ips=["127.0.0.1"]).json_body["data"]
    there = make(service, admin, allowed_ips=["192.0.2.0/24"]).json_body["data"]
    assert here["allowed_ips"] == ["127.0.0.1/32"]
    assert service.call("GET", f"{ROOT}/", here["key"]).status_code == 200
    refused = service.call("GET", f"{ROOT}/", there["key"])
    assert error(refused) == (403, "address_not_allowed")
    assert refused.json_body["error"]["details"]["address"] == "127.0.0.1"


def test_a_forwarded_address_is_not_believed(service: Service, admin: str):
    data = make(service, admin, allowed_ips=["192.0.2.0/24"]).json_body["data"]
    headers = {"X-Forwarded-For": "192.0.2.1"}
    refused = service.call("GET", f"{ROOT}/", data["key"], headers=headers)
    assert refused.status_code == 403


def test_an_admin_key_keeps_to_its_networks(service: Service):
    key = service.key(admin=True, allowed_ips=["192.0.2.0/24"])
    assert error(ask(service, "GET", "/v1/keys", key)) == (403, "address_not_allowed")
