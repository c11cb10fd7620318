"""Roles: each function may do its work, and nothing else."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.support.deployment import PREFIX
from tests.rehearsal.support.small_api import function

if TYPE_CHECKING:
    from tests.rehearsal.support.deployment import Deployment, Key

pytestmark = pytest.mark.rehearsal

_PROBE = """
import boto3
from botocore.exceptions import ClientError

def handle(event, context):
    try:
        getattr(boto3.client(event["service"]), event["call"])(**event["arguments"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"
"""

API, UPKEEP, AUTHORIZER = PREFIX, f"{PREFIX}-upkeep", f"{PREFIX}-authorizer"
INGEST = f"{PREFIX}-ingest"
KEY = {"pk": {"S": "KEY#none"}, "sk": {"S": "KEY"}}
Probe = Callable[[str, str, dict[str, Any]], str]


def table(name: str, stage: str = PREFIX) -> dict[str, str]:
    return {"TableName": f"{stage}-{name}"}


@pytest.fixture(scope="module")
def probes(deployed: Deployment) -> dict[str, Probe]:
    """Give a function for each role that does as it is told."""
    client = deployed.aws.client("lambda")

    def probe(name: str) -> Probe:
        role = client.get_function_configuration(FunctionName=name)["Role"]
        made = function(deployed.aws, f"probe-{time.time_ns():x}", _PROBE, role)

        def ask(service: str, call: str, arguments: dict[str, Any]) -> str:
            wanted = {"service": service, "call": call, "arguments": arguments}
            answer = client.invoke(FunctionName=made, Payload=json.dumps(wanted))
            return str(json.load(answer["Payload"]))

        return ask

    return {name: probe(name) for name in (API, UPKEEP, INGEST, AUTHORIZER)}


def key_of(deployed: Deployment, name: str) -> dict[str, Any]:
    described = deployed.aws.client("dynamodb").describe_table(**table(name))["Table"]
    kinds = {
        one["AttributeName"]: one["AttributeType"]
        for one in described["AttributeDefinitions"]
    }
    empty = {"S": "nothing", "N": "0", "B": b"0"}
    return {
        one["AttributeName"]: {
            kinds[one["AttributeName"]]: empty[kinds[one["AttributeName"]]]
        }
        for one in described["KeySchema"]
    }


DENIED = (
    (API, "dynamodb", "delete_table", table("objects")),
    (API, "dynamodb", "scan", table("keys")),
    (API, "dynamodb", "describe_table", table("objects", "taxiway-dev")),
    (API, "iam", "list_roles", {}),
    (API, "lambda", "list_functions", {}),
    (API, "ssm", "get_parameter", {"Name": "/taxiway/dev/session-secret"}),
    (API, "ssm", "delete_parameter", {"Name": "/taxiway/rehearsal/session-secret"}),
    (UPKEEP, "dynamodb", "scan", table("keys")),
    (UPKEEP, "dynamodb", "scan", table("counters")),
    (UPKEEP, "ssm", "get_parameter", {"Name": "/taxiway/rehearsal/session-secret"}),
    (INGEST, "dynamodb", "scan", table("keys")),
    (INGEST, "ssm", "get_parameter", {"Name": "/taxiway/rehearsal/session-secret"}),
    (AUTHORIZER, "dynamodb", "scan", table("keys")),
    (AUTHORIZER, "apigateway", "get_api_keys", {}),
    (AUTHORIZER, "ssm", "get_parameter", {"Name": "/taxiway/rehearsal/session-secret"}),
)


@pytest.mark.parametrize(
    "denied", DENIED, ids=lambda one: f"{one[0]} {one[1]} {one[2]}"
)
def test_a_function_may_not(probes: dict[str, Probe], denied: tuple[Any, ...]):
    name, service, call, arguments = denied
    assert probes[name](service, call, arguments).startswith("AccessDenied")


def test_the_api_function_may_not_make_tables(probes: dict[str, Probe]):
    definition = {
        "TableName": f"{PREFIX}-more",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    found = probes[API]("dynamodb", "create_table", definition)
    assert found.startswith("AccessDenied")


@pytest.mark.parametrize(
    ("name", "readable"),
    [(UPKEEP, "objects"), (INGEST, "objects"), (AUTHORIZER, "keys")],
)
def test_a_function_reads_its_own_table_and_no_other(
    deployed: Deployment, probes: dict[str, Probe], name: str, readable: str
):
    for each in ("objects", "keys", "counters"):
        wanted = {**table(each), "Key": key_of(deployed, each)}
        found = probes[name]("dynamodb", "get_item", wanted)
        if each == readable:
            assert found == "allowed"
        else:
            assert found.startswith("AccessDenied"), each


@contextlib.contextmanager
def without(deployed: Deployment, name: str, action: str) -> Iterator[None]:
    """Take an action away from a function's role, for a while."""
    iam, client = deployed.aws.client("iam"), deployed.aws.client("lambda")
    role = client.get_function_configuration(FunctionName=name)["Role"].split("/")[-1]
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    where = {"RoleName": role, "PolicyName": policy}
    document = iam.get_role_policy(**where)["PolicyDocument"]
    less = json.loads(json.dumps(document))
    for statement in less["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != action]
    less["Statement"] = [one for one in less["Statement"] if one["Action"]]
    assert less != document
    iam.put_role_policy(**where, PolicyDocument=json.dumps(less))
    try:
        yield
    finally:
        iam.put_role_policy(**where, PolicyDocument=json.dumps(document))


def test_an_authorizer_that_cannot_read_keys_says_later_and_admits_nobody(
    deployed: Deployment, pro: Key
):
    with without(deployed, AUTHORIZER, "dynamodb:GetItem"):
        answer = deployed.collections(pro)
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json["error"]["code"] == "unavailable"
    assert deployed.collections(pro).status == 200


def test_without_its_counters_the_service_goes_on_and_counts_that(
    deployed: Deployment,
):
    key = deployed.new_key("free")
    with without(deployed, API, "dynamodb:UpdateItem"):
        answers = [deployed.collections(key) for _ in range(12)]
    assert {one.status for one in answers} == {200}
    # A function that missed its counters leaves them alone for some seconds.
    until = time.monotonic() + 30
    while "x-ratelimit-limit" not in deployed.collections(key).headers:
        assert time.monotonic() < until, "nothing is counted again"
        time.sleep(0.1)
    logs = deployed.aws.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{API}", filterPattern="rate_limit_unavailable"
    )
    assert logs["events"]
