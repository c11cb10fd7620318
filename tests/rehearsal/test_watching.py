"""What the operator sees: logs without secrets, alarms, and a doctor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.support.deployment import PREFIX

if TYPE_CHECKING:
    from tests.rehearsal.support.deployment import Deployment, Key

pytestmark = pytest.mark.rehearsal


def all_lines(deployed: Deployment, group: str) -> list[str]:
    pages = deployed.aws.client("logs").get_paginator("filter_log_events")
    return [
        one["message"]
        for page in pages.paginate(logGroupName=group)
        for one in page["events"]
    ]


def test_no_log_holds_a_secret(deployed: Deployment, pro: Key):
    deployed.ask(f"/taxii2/api/collections/?api_key={pro.secret}")
    deployed.ask("/taxii2/api/collections/", X_API_Key=f"{pro.secret}x")
    deployed.manage("/v1/session", "POST", {})
    groups = deployed.aws.client("logs").describe_log_groups()["logGroups"]
    names = {one["logGroupName"] for one in groups if PREFIX in one["logGroupName"]}
    assert {f"/aws/apigateway/{PREFIX}", f"/aws/lambda/{PREFIX}"} <= names
    for name in names:
        text = "\n".join(all_lines(deployed, name))
        for secret in (pro.secret, deployed.admin.secret, "api_key=", "__Host-"):
            assert secret not in text, name


def test_each_request_is_a_line_of_json_in_the_access_log(deployed: Deployment):
    answer = deployed.ask("/nothing/here")
    lines = [
        json.loads(one) for one in all_lines(deployed, f"/aws/apigateway/{PREFIX}")
    ]
    request = answer.headers["x-amzn-requestid"]
    (line,) = [one for one in lines if request in one.values()]
    assert "404" in map(str, line.values())


def test_every_log_ends_some_day(deployed: Deployment):
    groups = deployed.aws.client("logs").describe_log_groups()["logGroups"]
    for group in groups:
        if PREFIX in group["logGroupName"]:
            assert group["retentionInDays"] <= 400


def test_there_are_alarms_and_a_dashboard(deployed: Deployment):
    watch = deployed.aws.client("cloudwatch")
    alarms = watch.describe_alarms(AlarmNamePrefix=PREFIX)["MetricAlarms"]
    assert len(alarms) >= 6
    assert all("runbook" in one["AlarmDescription"] for one in alarms)
    board = watch.get_dashboard(DashboardName=PREFIX)["DashboardBody"]
    assert json.loads(board)["widgets"]


def test_functions_are_small_and_each_has_a_role_of_its_own(deployed: Deployment):
    found = deployed.aws.client("lambda").list_functions()["Functions"]
    ours = [one for one in found if one["FunctionName"].startswith(PREFIX)]
    assert len(ours) == 4
    assert all(one["CodeSize"] < 10_000_000 for one in ours)
    assert len({one["Role"] for one in ours}) == 4


def test_tables_are_kept_safe(deployed: Deployment):
    client = deployed.aws.client("dynamodb")
    for name in ("objects", "keys"):
        found = client.describe_continuous_backups(TableName=f"{PREFIX}-{name}")
        recovery = found["ContinuousBackupsDescription"][
            "PointInTimeRecoveryDescription"
        ]
        assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    for name in ("objects", "counters"):
        found = client.describe_time_to_live(TableName=f"{PREFIX}-{name}")
        assert found["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
    for name in ("objects", "keys", "counters"):
        table = client.describe_table(TableName=f"{PREFIX}-{name}")["Table"]
        assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_the_doctor_finds_the_stage_well_and_looks_through_a_key(
    deployed: Deployment, pro: Key
):
    said = deployed.project.taxiway("doctor", "--key", pro.secret)
    assert "broken" not in said.out
    assert pro.secret not in said.all


def test_the_session_secret_is_kept_encrypted_and_never_printed(deployed: Deployment):
    found = deployed.aws.client("ssm").get_parameter(
        Name="/taxiway/rehearsal/session-secret", WithDecryption=True
    )["Parameter"]
    assert found["Type"] == "SecureString"
    assert found["Value"] not in deployed.project.taxiway("provision").all
