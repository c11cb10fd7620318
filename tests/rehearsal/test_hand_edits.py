"""What somebody changed in the console: it works as it was changed, until repaired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.support.deployment import PREFIX
from tests.rehearsal.test_limits import by_the_handler, check_429

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rehearsal.support.deployment import Deployment, Key

pytestmark = pytest.mark.rehearsal


@pytest.fixture(autouse=True)
def repaired(deployed: Deployment) -> Iterator[None]:
    """Leave the stage as it should be, whatever became of a test."""
    yield
    deployed.project.taxiway("provision")


def changes(deployed: Deployment, *flags: str) -> list[dict[str, Any]]:
    """Provision, and give what was, or would be, done."""
    told = deployed.project.taxiway("provision", "--json", *flags).json
    return [one for one in told if one["action"] != "keep"]


def test_a_stage_as_deployed_needs_nothing(deployed: Deployment):
    assert changes(deployed) == []
    assert "Nothing to do" in deployed.project.taxiway("provision").out


def test_an_abuser_is_refused_by_the_plan_before_the_handler(deployed: Deployment):
    key = deployed.new_key("pro")
    deployed.patch_plan("pro", "replace", "/throttle/burstLimit", "1")
    deployed.patch_plan("pro", "replace", "/throttle/rateLimit", "0.01")
    assert deployed.collections(key).status == 200
    refused = deployed.collections(key)
    check_429(refused, "minute")
    assert not by_the_handler(refused)

    (repair,) = changes(deployed)
    assert repair["action"] == "repair"
    assert repair["thing"].endswith(f"plan {PREFIX}-pro")
    assert "0.01" in repair["why"]
    assert changes(deployed) == []
    assert [deployed.collections(key).status for _ in range(3)] == [200] * 3


def test_a_day_s_quota_is_refused_until_midnight(deployed: Deployment):
    key = deployed.new_key("free")
    deployed.patch_plan("free", "replace", "/quota/limit", "2")
    assert [deployed.collections(key).status for _ in range(2)] == [200, 200]
    refused = deployed.collections(key)
    check_429(refused, "day")
    assert not by_the_handler(refused)
    assert 1 <= int(refused.headers["retry-after"]) <= 86_400
    assert "2" in changes(deployed)[0]["why"]
    assert deployed.collections(key).status == 200


def test_a_dry_run_tells_and_changes_nothing(deployed: Deployment):
    deployed.patch_plan("pro", "replace", "/quota/limit", "5")
    planned = changes(deployed, "--dry-run")
    assert [one["thing"].split()[-1] for one in planned] == [f"{PREFIX}-pro"]
    assert deployed.plan("pro")["quota"]["limit"] == 5
    assert changes(deployed, "--dry-run") == planned
    assert deployed.project.make("deploy", "ARGS=--dry-run").code == 0
    assert deployed.plan("pro")["quota"]["limit"] == 5


def patch(deployed: Deployment, call: str, path: str, value: str, **where: str) -> None:
    operation = {"op": "replace", "path": path, "value": value}
    client = deployed.aws.client("apigateway")
    getattr(client, call)(patchOperations=[operation], **where)


def test_all_that_was_broken_by_hand_is_repaired_at_once_and_told(
    deployed: Deployment, pro: Key
):
    gateway = deployed.aws.client("apigateway")
    here = {"restApiId": deployed.api_id}
    key = deployed.new_key("free")
    gone = deployed.new_key("pro")
    (twin,) = deployed.twins(key)

    deployed.patch_plan("internal", "remove", "/apiStages", f"{deployed.api_id}:api")
    gateway.delete_usage_plan_key(
        usagePlanId=deployed.plan("free")["id"], keyId=twin["id"]
    )
    patch(deployed, "update_api_key", "/enabled", "false", apiKey=twin["id"])
    gateway.delete_api_key(apiKey=deployed.twins(gone)[0]["id"])
    patch(deployed, "update_rest_api", "/apiKeySource", "HEADER", **here)
    (authorizer,) = gateway.get_authorizers(**here)["items"]
    patch(
        deployed,
        "update_authorizer",
        "/authorizerResultTtlInSeconds",
        "300",
        authorizerId=authorizer["id"],
        **here,
    )
    gateway.put_gateway_response(
        responseType="THROTTLED", responseTemplates={"application/json": "{}"}, **here
    )
    gateway.create_deployment(stageName="api", **here)
    patch(
        deployed,
        "update_stage",
        "/*/*/throttling/rateLimit",
        "9999",
        stageName="api",
        **here,
    )
    deployed.aws.client("cloudwatch").delete_alarms(AlarmNames=[f"{PREFIX}-api-5xx"])
    assert deployed.collections(pro).status == 403

    told = " | ".join(f"{one['thing']}: {one['why']}" for one in changes(deployed))
    for part in (
        f"plan {PREFIX}-internal",
        key.id,
        gone.id,
        "API",
        "throttles",
        "alarm",
    ):
        assert part in told, told
    assert changes(deployed) == []
    for each in (pro, key, gone):
        assert deployed.collections(each).status == 200
    assert deployed.project.taxiway("doctor").code == 0


def test_the_twin_of_a_revoked_key_is_disabled_again(deployed: Deployment):
    key = deployed.new_key("pro")
    deployed.manage(f"/v1/keys/{key.id}", "DELETE")
    (twin,) = deployed.twins(key)
    patch(deployed, "update_api_key", "/enabled", "true", apiKey=twin["id"])
    assert deployed.collections(key).status == 401
    assert key.id in str(changes(deployed))
    assert deployed.twins(key)[0]["enabled"] is False
