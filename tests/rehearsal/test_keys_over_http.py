"""Keys over HTTP and by command: what is made has its twin, what is revoked is out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.support.deployment import PREFIX

if TYPE_CHECKING:
    from tests.rehearsal.support.deployment import Deployment

pytestmark = pytest.mark.rehearsal


@pytest.mark.parametrize("tier", ["free", "pro", "internal"])
def test_a_new_key_has_a_twin_in_the_plan_of_its_tier(deployed: Deployment, tier: str):
    key = deployed.new_key(tier)
    (twin,) = deployed.twins(key)
    assert (twin["value"], twin["enabled"]) == (key.id, True)
    assert f"{PREFIX}-{key.id}" in deployed.plan_keys(tier)
    assert key.secret not in str(twin)


def test_a_key_revoked_over_http_is_out_at_once(deployed: Deployment):
    key = deployed.new_key("pro")
    assert deployed.collections(key).status == 200
    path = f"/v1/keys/{key.id}"
    revoked = deployed.manage(path, "DELETE", {"reason": "rehearsal"})
    assert revoked.json["success"] is True
    answer = deployed.collections(key)
    assert (answer.status, answer.json["error_code"]) == (401, "invalid_api_key")
    assert [twin["enabled"] for twin in deployed.twins(key)] == [False]
    assert deployed.manage(path).json["data"]["revoked_reason"] == "rehearsal"


def test_a_key_revoked_by_command_is_out_at_once(deployed: Deployment):
    key = deployed.new_key("pro")
    assert deployed.collections(key).status == 200
    deployed.project.taxiway("keys", "revoke", key.id)
    assert deployed.collections(key).status == 401
    assert [twin["enabled"] for twin in deployed.twins(key)] == [False]


def test_the_secret_is_shown_once(deployed: Deployment):
    key = deployed.new_key("free")
    told = deployed.manage(f"/v1/keys/{key.id}")
    listed = deployed.manage("/v1/keys")
    assert key.secret.encode() not in told.body + listed.body
    assert (
        told.json["data"]["key_prefix"]
        == key.secret[: len(told.json["data"]["key_prefix"])]
    )


def test_a_session_manages_keys_and_a_change_needs_its_token(deployed: Deployment):
    opened = deployed.manage("/v1/session", "POST", {})
    assert opened.status == 201, opened.body
    flags = opened.headers["set-cookie"]
    for flag in ("HttpOnly", "Secure", "SameSite=Strict"):
        assert flag in flags
    cookie = {"Cookie": flags.partition(";")[0]}
    assert deployed.ask("/v1/keys", **cookie).status == 200
    body, json_type = b'{"name":"by session"}', {"Content_Type": "application/json"}
    forged = deployed.ask("/v1/keys", "POST", body, **cookie, **json_type)
    assert forged.status == 403
    token = opened.json["data"]["csrf_token"]
    meant = deployed.ask(
        "/v1/keys", "POST", body, X_CSRF_Token=token, **cookie, **json_type
    )
    assert meant.status == 201, meant.body


def test_usage_tells_what_a_key_did(deployed: Deployment):
    key = deployed.new_key("pro")
    for _ in range(3):
        deployed.collections(key)
    told = deployed.manage(f"/v1/keys/{key.id}/usage?days=1").json["data"]
    assert told["total_requests"] == 3
    assert told["by_status"] == {"200": 3}
    assert told["daily"][0]["requests"] == 3
