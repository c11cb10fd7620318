"""Taking a stage away: all but what holds data, unless told. The last test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.support.deployment import PREFIX

if TYPE_CHECKING:
    from tests.rehearsal.support.aws import Aws
    from tests.rehearsal.support.deployment import Deployment

pytestmark = pytest.mark.rehearsal


def left(aws: Aws) -> dict[str, Any]:
    """List what of the stage is there."""
    gateway, logs = aws.client("apigateway"), aws.client("logs")
    watch = aws.client("cloudwatch")

    def named(items: list[dict[str, Any]], name: str) -> list[str]:
        return sorted(one[name] for one in items if PREFIX in one[name])

    found = {
        "plans": named(gateway.get_usage_plans(limit=500)["items"], "name"),
        "twins": named(gateway.get_api_keys(limit=500)["items"], "name"),
        "apis": [one["id"] for one in gateway.get_rest_apis(limit=500)["items"]],
        "functions": named(
            aws.client("lambda").list_functions()["Functions"], "FunctionName"
        ),
        "roles": named(aws.client("iam").list_roles()["Roles"], "RoleName"),
        "rules": named(aws.client("events").list_rules()["Rules"], "Name"),
        "logs": named(logs.describe_log_groups()["logGroups"], "logGroupName"),
        "alarms": named(watch.describe_alarms()["MetricAlarms"], "AlarmName"),
        "dashboards": named(
            watch.list_dashboards()["DashboardEntries"], "DashboardName"
        ),
        "secrets": [
            one["Name"]
            for one in aws.client("ssm").describe_parameters()["Parameters"]
            if "/rehearsal/" in one["Name"]
        ],
        "tables": [
            one
            for one in aws.client("dynamodb").list_tables()["TableNames"]
            if PREFIX in one
        ],
    }
    return {name: things for name, things in found.items() if things}


def test_a_stage_goes_but_for_its_data_and_then_with_it(deployed: Deployment):
    aws, make = deployed.aws, deployed.project.make
    remove_other_apis(deployed)
    there = left(aws)
    assert set(there) >= {"plans", "twins", "apis", "functions", "roles", "tables"}
    asked = make("destroy", check=False)
    assert asked.code != 0
    assert "--yes" in asked.all
    make("destroy", "ARGS=--dry-run")
    assert left(aws) == there

    make("destroy", "ARGS=--yes")
    after = left(aws)
    assert set(after) == {"tables"}, after
    assert {f"{PREFIX}-objects", f"{PREFIX}-keys"} <= set(after["tables"])
    make("destroy", "ARGS=--yes")
    assert left(aws) == after

    make("destroy", "ARGS=--yes --with-data")
    assert left(aws) == {}


def remove_other_apis(deployed: Deployment) -> None:
    """Take away what other tests made beside the stage, and keeps its logs alive."""
    aws = deployed.aws
    gateway = aws.client("apigateway")
    for api in gateway.get_rest_apis(limit=500)["items"]:
        if api["id"] != deployed.api_id:
            gateway.delete_rest_api(restApiId=api["id"])
