"""Access logs, alarms and the dashboard as CloudFormation resources."""

from __future__ import annotations

import json
from typing import Any

from taxiway.infra.alarms import alarms
from taxiway.infra.dashboard import dashboard
from taxiway.infra.logs import throttled_filter
from taxiway.template.functions import log_group
from taxiway.template.stage import Stage

_REGION = "{region}"
_ROLE, _ACCOUNT = "GatewayLogsRole", "GatewayLogsAccount"
_SETS_ROLE = "SetsAccountRole"
_HAS_TOPIC = "HasAlarmTopic"

PARAMETERS = {
    "AlarmTopic": {
        "Type": "String",
        "Default": "",
        "AllowedPattern": r"(arn:[^:]+:sns:[^:]+:\d{12}:.+)?",
        "Description": "ARN of an SNS topic that hears of alarms; empty for none",
    },
    "SetApiGatewayAccountRole": {
        "Type": "String",
        "AllowedValues": ["true", "false"],
        "Default": "false",
        "Description": "true where no stack has set the role by which API Gateway "
        "writes logs: it is one for the account and region, and it stays",
    },
}
CONDITIONS = {
    _HAS_TOPIC: {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmTopic"}, ""]}]},
    _SETS_ROLE: {"Fn::Equals": [{"Ref": "SetApiGatewayAccountRole"}, "true"]},
}

_TOPIC = {"Fn::If": [_HAS_TOPIC, {"Ref": "AlarmTopic"}, {"Ref": "AWS::NoValue"}]}


def watching(stage: Stage) -> dict[str, Any]:
    """Describe all that tells a person how the stage is."""
    return {
        "AccessLogs": _access_logs(stage),
        "RefusedFilter": _refused(stage),
        "Dashboard": _dashboard(stage),
        **_alarms(stage),
        **_account(),
    }


def _access_logs(stage: Stage) -> dict[str, Any]:
    group = log_group(stage.names.access_log_group, stage)
    # The API's stage refers to this group, and cannot be made before the account
    # has its role: the tag is what makes the stage wait for it. A DependsOn may
    # not name what a condition leaves out.
    account = {"Fn::If": [_SETS_ROLE, {"Ref": _ACCOUNT}, "as it was"]}
    group["Properties"]["Tags"] = [
        *group["Properties"]["Tags"],
        {"Key": "taxiway:gateway-account", "Value": account},
    ]
    return group


def _refused(stage: Stage) -> dict[str, Any]:
    described = throttled_filter(stage.names)
    transformations = [
        {_capital(name): value for name, value in one.items()}
        for one in described["metricTransformations"]
    ]
    return {
        "Type": "AWS::Logs::MetricFilter",
        "Properties": {
            "LogGroupName": {"Ref": "AccessLogs"},
            "FilterName": described["filterName"],
            "FilterPattern": described["filterPattern"],
            "MetricTransformations": transformations,
        },
    }


def _alarms(stage: Stage) -> dict[str, Any]:
    prefix = stage.names.alarm("")
    return {
        _logical(alarm["AlarmName"].removeprefix(prefix)): {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": alarm | {"Tags": stage.tags},
        }
        for alarm in alarms(stage.names, stage.tables, _TOPIC)
    }


def _dashboard(stage: Stage) -> dict[str, Any]:
    body = json.dumps(
        dashboard(stage.names, stage.tables, _REGION), separators=(",", ":")
    )
    text = body.replace("${", "${!").replace(_REGION, "${AWS::Region}")
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {
            "DashboardName": stage.names.dashboard,
            "DashboardBody": {"Fn::Sub": text},
        },
    }


def _account() -> dict[str, Any]:
    """Describe the role of the account; other stages need it, so it stays."""
    policy = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    stays = {
        "Condition": _SETS_ROLE,
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
    }
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return {
        _ROLE: {
            "Type": "AWS::IAM::Role",
            **stays,
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [trust],
                },
                "ManagedPolicyArns": [
                    {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::aws:policy/{policy}"}
                ],
            },
        },
        _ACCOUNT: {
            "Type": "AWS::ApiGateway::Account",
            **stays,
            "Properties": {"CloudWatchRoleArn": {"Fn::GetAtt": [_ROLE, "Arn"]}},
        },
    }


def _logical(name: str) -> str:
    return "".join(part.title() for part in name.split("-")) + "Alarm"


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]
