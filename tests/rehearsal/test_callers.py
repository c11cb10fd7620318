"""Who is let in, by which way, and what the others are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.support.deployment import TAXII, Deployment, Key
from tests.rehearsal.support.project import STAGE

if TYPE_CHECKING:
    from tests.rehearsal.support.http import Answer

pytestmark = pytest.mark.rehearsal

COLLECTIONS = "/taxii2/api/collections/"


def check_refusal(answer: Answer, code: str) -> None:
    assert answer.status == 401
    assert answer.headers["content-type"] == TAXII
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert "Bearer" in answer.headers["www-authenticate"]
    assert answer.headers["access-control-allow-origin"] == "*"
    said = answer.json
    assert said["error_code"] == said["error"]["code"] == code
    assert said["http_status"] == "401"
    assert said["title"]
    assert said["description"] == said["error"]["message"]
    request = answer.headers["x-amzn-requestid"]
    assert said["error_id"] == said["error"]["request_id"] == f"req_{request}"


def ways(key: Key) -> dict[str, tuple[str, dict[str, str]]]:
    return {
        "basic": ("", key.basic),
        "bearer": ("", key.bearer),
        "token": ("", {"Authorization": f"Token {key.secret}"}),
        "header": ("", {"X_API_Key": key.secret}),
        "parameter": (f"?api_key={key.secret}", {}),
    }


@pytest.mark.parametrize("way", ["basic", "bearer", "token", "header", "parameter"])
def test_a_key_works_whichever_way_it_is_presented_and_counts_once(
    deployed: Deployment, way: str
):
    key = deployed.new_key("pro")
    query, headers = ways(key)[way]
    answer = deployed.ask(COLLECTIONS + query, **headers)
    assert answer.status == 200, answer.body
    assert answer.headers["x-ratelimit-limit"] == "1000"
    assert answer.headers["x-ratelimit-remaining"] == "999"
    # The gateway counts it under its plan, by the UUID of the key.
    (twin,) = deployed.twins(key)
    usage = deployed.aws.client("apigateway").get_usage(
        usagePlanId=deployed.plan("pro")["id"],
        keyId=twin["id"],
        startDate="2020-01-01",
        endDate="2020-01-02",
    )
    assert usage["items"][twin["id"]][0][0] == 1


def test_without_a_key_the_gateway_says_how_to_send_one(deployed: Deployment):
    check_refusal(deployed.ask(COLLECTIONS), "missing_api_key")


def test_an_unknown_key_is_refused_before_the_handler(deployed: Deployment):
    answer = deployed.ask(COLLECTIONS, Authorization="Bearer " + "x" * 40)
    check_refusal(answer, "invalid_api_key")
    assert "x-request-id" not in answer.headers


def test_the_id_of_a_key_opens_nothing(deployed: Deployment, pro: Key):
    check_refusal(deployed.ask(COLLECTIONS, X_API_Key=pro.id), "invalid_api_key")


def test_a_key_of_another_stage_is_unknown(deployed: Deployment):
    python = deployed.project.folder / ".venv/bin/python"
    run = deployed.project.run
    run(python, "-m", "taxiway", "provision", "--stage", "dev")
    made = run(
        python, "-m", "taxiway", "keys", "create", "x", "--stage", "dev", "--json"
    )
    answer = deployed.ask(COLLECTIONS, X_API_Key=made.json["key"])
    check_refusal(answer, "invalid_api_key")


def test_an_expired_key_is_refused_and_makes_no_work(deployed: Deployment):
    key = deployed.new_key("pro", expires_in_days=1)
    assert deployed.collections(key).status == 200
    expire(deployed, key)
    check_refusal(deployed.collections(key), "expired_api_key")
    assert key.id not in deployed.project.taxiway("provision").out


def expire(deployed: Deployment, key: Key) -> None:
    """Let the day be over: move the end that is written in the table."""
    table = deployed.aws.client("dynamodb")
    name = f"taxiway-{STAGE}-keys"
    for item in table.scan(TableName=name)["Items"]:
        if item.get("id", {}).get("S") == key.id and "ex" in item:
            table.put_item(TableName=name, Item=item | {"ex": {"N": "1000000"}})
            return
    pytest.fail("the key's item has no end: did the table change?")


def test_a_key_is_used_from_where_it_may_be_and_a_header_moves_nobody(
    deployed: Deployment,
):
    here = deployed.new_key("pro", allowed_ips=["127.0.0.0/8"])
    elsewhere = deployed.new_key("pro", allowed_ips=["203.0.113.0/24"])
    assert deployed.collections(here).status == 200
    answer = deployed.ask(
        COLLECTIONS, X_Forwarded_For="203.0.113.9", **elsewhere.bearer
    )
    assert answer.status == 403
    assert "x-amzn-errortype" not in answer.headers


def test_a_caller_cannot_write_its_own_context(deployed: Deployment):
    free = deployed.new_key("free")
    answer = deployed.ask(
        COLLECTIONS,
        "GET",
        None,
        caller='{"tier":"internal"}',
        X_Amzn_Apigateway_Authorizer='{"tier":"internal"}',
        **free.bearer,
    )
    assert answer.headers["x-ratelimit-limit"] == "10"


def test_an_operator_s_key_manages_and_reads_nothing(deployed: Deployment, pro: Key):
    assert deployed.manage("/v1/keys").status == 200
    assert deployed.ask(COLLECTIONS, **deployed.admin.bearer).status == 403
    assert deployed.ask("/v1/keys", **pro.bearer).status == 403
    assert deployed.ask("/v1/keys").status == 401
