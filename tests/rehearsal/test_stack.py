"""The CloudFormation way: one template makes the same, in an account of its own."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

from tests.rehearsal.support.deployment import PREFIX, Deployment, Key
from tests.rehearsal.support.project import copy_of_project

if TYPE_CHECKING:
    from tests.rehearsal.support.aws import Aws

pytestmark = pytest.mark.rehearsal

STACK = "taxiway-rehearsal"
BUCKET = "rehearsal-packages"
RIGHTS = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


@pytest.fixture(scope="module")
def other(aws: Aws) -> Aws:
    """Give another account of the same AWS."""
    return aws.another_account("222222222222")


def packaged(other: Aws, folder: Any) -> str:
    """Do as `aws cloudformation package` does: code to S3, its place into the template."""
    store = other.client("s3")
    store.create_bucket(
        Bucket=BUCKET,
        CreateBucketConfiguration={"LocationConstraint": other.region},
    )
    template = json.loads((folder / "out/sam.json").read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            name = resource["Properties"]["CodeUri"].removeprefix("./")
            store.put_object(
                Bucket=BUCKET, Key=name, Body=(folder / "out" / name).read_bytes()
            )
            resource["Properties"]["CodeUri"] = f"s3://{BUCKET}/{name}"
    text = json.dumps(template)
    store.put_object(Bucket=BUCKET, Key="template.json", Body=text.encode())
    return f"{other.endpoint}/{BUCKET}/template.json"


def change(other: Aws, template_url: str, kind: str) -> str:
    """Make a change set and carry it out; tell how the stack stands."""
    client = other.client("cloudformation")
    named = {"StackName": STACK, "ChangeSetName": kind.lower()}
    client.create_change_set(
        **named,
        ChangeSetType=kind,
        TemplateURL=template_url,
        Capabilities=RIGHTS,
    )
    waiter = {"Delay": 1, "MaxAttempts": 60}
    client.get_waiter("change_set_create_complete").wait(**named, WaiterConfig=waiter)
    client.execute_change_set(**named)
    client.get_waiter(f"stack_{kind.lower()}_complete").wait(
        StackName=STACK, WaiterConfig=waiter
    )
    return str(client.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"])


def change_without_changes(other: Aws, template_url: str) -> bool:
    """Tell whether CloudFormation finds nothing to do for the same template."""
    client = other.client("cloudformation")
    named = {"StackName": STACK, "ChangeSetName": "again"}
    client.create_change_set(
        **named, ChangeSetType="UPDATE", TemplateURL=template_url, Capabilities=RIGHTS
    )
    with contextlib.suppress(WaiterError):
        client.get_waiter("change_set_create_complete").wait(
            **named, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
    found = client.describe_change_set(**named)
    return found["Status"] == "FAILED" and not found["Changes"]


def test_a_stack_makes_the_same_and_leaves_its_tables(
    other: Aws, tmp_path_factory: pytest.TempPathFactory
):
    project = copy_of_project(tmp_path_factory.mktemp("stack"), other)
    project.make("package")
    template_url = packaged(other, project.folder)
    assert change(other, template_url, "CREATE") == "CREATE_COMPLETE"

    gateway = other.client("apigateway")
    (api,) = gateway.get_rest_apis()["items"]
    provisioned = project.taxiway("provision")
    again = project.taxiway("provision")
    assert "Nothing to do" in again.out, provisioned.all + again.all
    admin = Key(*project.key("operator", "--admin"))
    collection = project.taxiway(
        "collections", "create", "--title", "Stack", "--json"
    ).json["id"]
    stack = Deployment(project, other, api["id"], admin, collection)
    check_it_serves(stack)
    assert change_without_changes(other, template_url)

    client = other.client("cloudformation")
    client.delete_stack(StackName=STACK)
    client.get_waiter("stack_delete_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    assert gateway.get_rest_apis()["items"] == []
    tables = set(other.client("dynamodb").list_tables()["TableNames"])
    assert {f"{PREFIX}-objects", f"{PREFIX}-keys"} <= tables


def check_it_serves(stack: Deployment) -> None:
    assert stack.ask("/health").status == 200
    assert stack.ask("/nothing").status == 404
    refused = stack.ask("/taxii2/api/collections/")
    assert (refused.status, refused.json["error_code"]) == (401, "missing_api_key")
    key = stack.new_key("pro")
    (twin,) = stack.twins(key)
    assert f"{PREFIX}-{key.id}" in stack.plan_keys("pro")
    answer = stack.collections(key)
    assert answer.status == 200, answer.body
    assert answer.headers["x-ratelimit-remaining"] == "999"
    assert twin["enabled"]
    stack.patch_plan("pro", "replace", "/throttle/burstLimit", "1")
    stack.patch_plan("pro", "replace", "/throttle/rateLimit", "0.01")
    assert [stack.collections(key).status for _ in range(2)] == [200, 429]
