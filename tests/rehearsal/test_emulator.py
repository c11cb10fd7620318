"""What the rehearsal takes the emulator's word for, seen on an API of two functions."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.support.http import ask
from tests.rehearsal.support.small_api import (
    SmallApi,
    function,
    role,
    small_api,
    zipped,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.rehearsal.support.aws import Aws

pytestmark = pytest.mark.rehearsal

PATIENT = """
import pathlib, time

def handle(event, context):
    pathlib.Path(event["begun"]).touch()
    while not pathlib.Path(event["go_on"]).exists():
        time.sleep(0.01)
    return "old"
"""


@pytest.fixture(scope="module")
def made(aws: Aws) -> tuple[SmallApi, dict[str, Any]]:
    return small_api(aws)


@pytest.fixture
def api(made: tuple[SmallApi, dict[str, Any]]) -> Iterator[SmallApi]:
    """Give the API as it was made, and make it so again afterwards."""
    yield made[0]
    made[0].put(made[1])
    made[0].deploy()


@pytest.fixture
def gateway(aws: Aws) -> Any:
    return aws.client("apigateway")


@pytest.fixture
def plan(api: SmallApi, gateway: Any) -> Iterator[str]:
    made = gateway.create_usage_plan(
        name="small",
        apiStages=[{"apiId": api.id, "stage": "api"}],
        throttle={"rateLimit": 100, "burstLimit": 100},
        quota={"limit": 100, "period": "DAY"},
    )
    yield made["id"]
    patch_plan(gateway, made["id"], "remove", "/apiStages", f"{api.id}:api")
    gateway.delete_usage_plan(usagePlanId=made["id"])


def new_key(gateway: Any, name: str, plan: str | None) -> str:
    made = gateway.create_api_key(
        name=name, enabled=True, value=f"key-of-{name}-and-long-enough"
    )
    if plan:
        gateway.create_usage_plan_key(
            usagePlanId=plan, keyId=made["id"], keyType="API_KEY"
        )
    return made["id"]


def patch_plan(gateway: Any, plan: str, op: str, path: str, value: str) -> None:
    patch = {"op": op, "path": path, "value": value}
    gateway.update_usage_plan(usagePlanId=plan, patchOperations=[patch])


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def test_a_function_sees_its_zip_and_the_sdk_and_no_more(api: SmallApi):
    seen = ask(f"{api.url}/open").json
    assert seen["pydantic"] is False
    assert {"PYTHONPATH", "LOG_LEVEL", "AUTH"}.isdisjoint(seen["environment"])


def test_the_event_says_who_calls_and_not_who_claims_to(api: SmallApi):
    answer = ask(f"{api.url}/open?a=1", X_Forwarded_For="203.0.113.9")
    event = answer.json["event"]
    context = event["requestContext"]
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert event["headers"]["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"
    assert context["path"] == f"/_aws/execute-api/{api.id}/api/open"
    assert context["domainName"] == "127.0.0.1"
    assert answer.headers["x-amzn-requestid"] == context["requestId"]
    assert answer.headers["x-amzn-remapped-www-authenticate"] == "Basic"


def test_an_edit_is_served_when_it_is_deployed(
    api: SmallApi, made: tuple[SmallApi, dict[str, Any]]
):
    paths = {"/other": made[1]["paths"]["/open"]}
    api.put({**made[1], "paths": paths})
    assert ask(f"{api.url}/open").status == 200
    api.deploy()
    assert ask(f"{api.url}/open").status == 403
    assert ask(f"{api.url}/other").status == 200


def test_overwriting_forgets_what_the_definition_leaves_out(
    api: SmallApi, made: tuple[SmallApi, dict[str, Any]], gateway: Any
):
    assert gateway.get_rest_api(restApiId=api.id)["apiKeySource"] == "AUTHORIZER"
    named = ("swagger", "info", "paths", "securityDefinitions")
    api.put({name: made[1][name] for name in named})
    assert gateway.get_rest_api(restApiId=api.id)["apiKeySource"] == "HEADER"
    responses = gateway.get_gateway_responses(restApiId=api.id)["items"]
    assert all(one["defaultResponse"] for one in responses)
    assert len(gateway.get_authorizers(restApiId=api.id)["items"]) == 1


def test_a_refusal_speaks_with_the_authorizer_s_words(api: SmallApi):
    answer = ask(f"{api.url}/closed")
    assert answer.status == 401
    assert answer.headers["x-left"] == "7"
    assert answer.headers["www-authenticate"] == "Basic"
    assert answer.json == {"code": "bad_key", "id": answer.headers["x-id"]}


def test_an_authorizer_that_fails_tells_nothing(api: SmallApi):
    answer = ask(f"{api.url}/closed", x_key="broken")
    assert answer.status == 500
    assert b"secret" not in answer.body


def test_a_function_that_fails_tells_nothing(api: SmallApi):
    answer = ask(f"{api.url}/open?fail=1")
    assert answer.status >= 500
    assert b"secret" not in answer.body


def test_the_plan_counts_the_key_that_the_authorizer_names(
    api: SmallApi, gateway: Any, plan: str
):
    key = new_key(gateway, "ann", plan)
    named = {"x_key": "key-of-ann-and-long-enough"}
    answer = ask(f"{api.url}/closed", **named)
    context = answer.json["event"]["requestContext"]
    assert (answer.status, context["identity"]["apiKeyId"]) == (200, key)
    assert context["authorizer"]["left"] == "7"
    assert context["authorizer"]["id"] == context["requestId"]

    patch_plan(gateway, plan, "replace", "/quota/limit", "2")
    assert ask(f"{api.url}/closed", **named).status == 200
    assert ask(f"{api.url}/closed", **named).status == 429
    used = gateway.get_usage(
        usagePlanId=plan, startDate="2020-01-01", endDate="2020-01-02"
    )
    assert used["items"] == {key: [[2, 0]]}


def test_a_disabled_key_and_one_without_a_plan_are_refused(
    api: SmallApi, gateway: Any, plan: str
):
    key = new_key(gateway, "bob", plan)
    new_key(gateway, "cat", None)
    assert ask(f"{api.url}/closed", x_key="key-of-bob-and-long-enough").status == 200
    assert ask(f"{api.url}/closed", x_key="key-of-cat-and-long-enough").status == 403
    patch = {"op": "replace", "path": "/enabled", "value": "false"}
    gateway.update_api_key(apiKey=key, patchOperations=[patch])
    assert gateway.get_api_key(apiKey=key)["enabled"] is False
    assert ask(f"{api.url}/closed", x_key="key-of-bob-and-long-enough").status == 403


def test_a_patch_changes_what_it_names(api: SmallApi, gateway: Any, plan: str):
    patch_plan(gateway, plan, "replace", "/throttle/rateLimit", "0.5")
    found = gateway.get_usage_plan(usagePlanId=plan)
    assert found["throttle"] == {"rateLimit": 0.5, "burstLimit": 100}
    assert [one["apiId"] for one in found["apiStages"]] == [api.id]
    assert found["quota"]["limit"] == 100


def test_what_aws_refuses_is_refused(api: SmallApi, gateway: Any, plan: str):
    key = new_key(gateway, "dan", plan)
    stage = {"apiId": api.id, "stage": "api"}
    other = gateway.create_usage_plan(name="other", apiStages=[stage])["id"]
    joined = {"usagePlanId": other, "keyId": key, "keyType": "API_KEY"}
    assert (
        refusal(gateway.delete_usage_plan, usagePlanId=other) == "BadRequestException"
    )
    assert refusal(gateway.create_usage_plan_key, **joined) == "ConflictException"
    taken = {"name": "eve", "value": "key-of-dan-and-long-enough"}
    assert refusal(gateway.create_api_key, **taken) == "ConflictException"
    lost = {"apiId": api.id, "stage": "lost"}
    wrong = {"name": "wrong", "apiStages": [lost]}
    assert refusal(gateway.create_usage_plan, **wrong) == "NotFoundException"
    patch_plan(gateway, other, "remove", "/apiStages", f"{api.id}:api")
    gateway.delete_usage_plan(usagePlanId=other)


def test_sizes_are_those_of_aws(api: SmallApi):
    large = b"x" * (11 * 1024 * 1024)
    assert ask(f"{api.url}/open", "POST", large).status == 413
    assert ask(f"{api.url}/open?size={7 * 1024 * 1024}").status >= 500
    packed = ask(f"{api.url}/open?size=4096", Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in ask(f"{api.url}/open?size=4096").headers


@pytest.fixture
def logs_role(gateway: Any) -> Iterator[Callable[[str], None]]:
    """Set the role of the account, which is everybody's, and put it back."""

    def put(value: str) -> None:
        change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": value}
        gateway.update_account(patchOperations=[change])

    before = gateway.get_account().get("cloudwatchRoleArn", "")
    put("")
    yield put
    put(before)


def test_access_logs_need_a_role_and_a_group(
    api: SmallApi, aws: Aws, gateway: Any, logs_role: Callable[[str], None]
):
    group = "/aws/apigateway/small"
    arn = f"arn:aws:logs:{aws.region}:000000000000:log-group:{group}"
    patches = [
        {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": arn},
        {
            "op": "replace",
            "path": "/accessLogSettings/format",
            "value": "$context.requestId $context.status $context.authorizer.principalId",
        },
    ]
    where = {"restApiId": api.id, "stageName": "api", "patchOperations": patches}
    assert refusal(gateway.update_stage, **where) == "BadRequestException"
    logs_role("arn:aws:iam::0:role/x")
    aws.client("logs").create_log_group(logGroupName=group)
    gateway.update_stage(**where)
    answer = ask(f"{api.url}/open")
    events = aws.client("logs").filter_log_events(logGroupName=group)["events"]
    assert [one["message"] for one in events] == [
        f"{answer.headers['x-amzn-requestid']} 200 -"
    ]


def test_a_method_is_throttled_by_its_own_setting(api: SmallApi, gateway: Any):
    here = {"restApiId": api.id, "stageName": "api"}
    patches = [
        {"op": "replace", "path": f"/~1open/GET/throttling/{name}", "value": value}
        for name, value in (("rateLimit", "0.001"), ("burstLimit", "1"))
    ]
    gateway.update_stage(**here, patchOperations=patches)
    assert "~1open/GET" in gateway.get_stage(**here)["methodSettings"]
    statuses = [ask(f"{api.url}/open").status for _ in range(2)]
    assert (statuses, ask(f"{api.url}/open", "POST").status) == ([200, 429], 200)
    gateway.update_stage(
        **here, patchOperations=[{"op": "remove", "path": "/~1open/GET"}]
    )


def test_a_call_that_runs_while_the_code_changes_runs_to_its_end(
    aws: Aws, tmp_path: Path
):
    client = aws.client("lambda")
    arn = function(aws, "patient", PATIENT, role(aws, "small"))
    begun, go_on = tmp_path / "begun", tmp_path / "go_on"

    def call() -> str:
        told = json.dumps({"begun": str(begun), "go_on": str(go_on)})
        return str(json.load(client.invoke(FunctionName=arn, Payload=told)["Payload"]))

    with ThreadPoolExecutor() as pool:
        called = pool.submit(call)
        until = time.monotonic() + 20
        while not begun.exists():
            assert time.monotonic() < until
            time.sleep(0.01)
        new = zipped(PATIENT.replace("old", "new"))
        client.update_function_code(FunctionName=arn, ZipFile=new)
        go_on.touch()
        assert called.result() == "old"
    assert call() == "new"
