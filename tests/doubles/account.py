"""An account: every service that provisioning calls, small."""

# ruff: noqa: ARG002, N803 - the arguments are called as AWS calls them

from __future__ import annotations

import json
from typing import Any

from tests.doubles import wire
from tests.doubles.gateway_api import GatewayApi
from tests.doubles.wire import REGION, Refused

ACCOUNT = "123456789012"


class Account:
    """The services, and the names of all calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.gateway = GatewayApi()
        self.tables = Tables()
        self.functions = Functions()
        self.logs = Logs()
        self.watch = Watch()
        self.secrets = Secrets()
        self.roles = Roles()
        self.services = {
            "apigateway": self.gateway,
            "cloudwatch": self.watch,
            "dynamodb": self.tables,
            "events": Rules(),
            "iam": self.roles,
            "lambda": self.functions,
            "logs": self.logs,
            "ssm": self.secrets,
        }

    def client(self, service: str) -> Any:
        return wire.client(self, service)

    def writes(self) -> list[str]:
        """Calls that change something."""
        reading = ("get_", "describe_", "scan", "list_")
        return [name for name in self.calls if not name.startswith(reading)]


class Tables:
    """DynamoDB."""

    def __init__(self) -> None:
        self.all: dict[str, dict[str, Any]] = {}

    def describe_table(self, TableName: str) -> Any:
        return {"Table": {"TableStatus": "ACTIVE", **self._table(TableName)}}

    def create_table(self, TableName: str, **given: Any) -> None:
        if TableName in self.all:
            raise Refused("ResourceInUseException")
        self.all[TableName] = given

    def update_table(self, TableName: str, **given: Any) -> None:
        self._table(TableName).update(given)

    def delete_table(self, TableName: str) -> None:
        assert not self._table(TableName).get("DeletionProtectionEnabled")
        del self.all[TableName]

    def describe_continuous_backups(self, TableName: str) -> Any:
        on = self._table(TableName).get("recovers")
        status = {"PointInTimeRecoveryStatus": "ENABLED" if on else "DISABLED"}
        told = {"ContinuousBackupsStatus": "ENABLED"}
        return {
            "ContinuousBackupsDescription": {
                **told,
                "PointInTimeRecoveryDescription": status,
            }
        }

    def update_continuous_backups(
        self, TableName: str, PointInTimeRecoverySpecification: Any
    ) -> None:
        self._table(TableName)["recovers"] = True

    def describe_time_to_live(self, TableName: str) -> Any:
        on = self._table(TableName).get("expires")
        told = {"TimeToLiveStatus": "ENABLED" if on else "DISABLED"}
        return {"TimeToLiveDescription": told}

    def update_time_to_live(self, TableName: str, TimeToLiveSpecification: Any) -> None:
        self._table(TableName)["expires"] = TimeToLiveSpecification["AttributeName"]

    def scan(self, TableName: str, Limit: int) -> Any:
        return {"Items": self._table(TableName).get("items", [])[:Limit]}

    def _table(self, name: str) -> dict[str, Any]:
        if name not in self.all:
            raise Refused("ResourceNotFoundException")
        return self.all[name]


class Functions:
    """Lambda."""

    def __init__(self) -> None:
        self.all: dict[str, dict[str, str]] = {}

    def deploy(self, *names: str, **tags: str) -> None:
        self.all.update(dict.fromkeys(names, tags))

    def get_function(self, FunctionName: str) -> Any:
        if FunctionName not in self.all:
            raise Refused("ResourceNotFoundException")
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FunctionName}"
        configuration = {"FunctionName": FunctionName, "FunctionArn": arn}
        return {"Configuration": configuration, "Tags": self.all[FunctionName]}


class Logs:
    """CloudWatch Logs."""

    def __init__(self) -> None:
        self.groups: dict[str, dict[str, Any]] = {}
        self.filters: dict[str, dict[str, Any]] = {}

    def describe_log_groups(self, logGroupNamePrefix: str) -> Any:
        groups = self.groups.items()
        return {
            "logGroups": [
                {"logGroupName": name, **one}
                for name, one in groups
                if name.startswith(logGroupNamePrefix)
            ]
        }

    def create_log_group(self, logGroupName: str, tags: Any) -> None:
        self.groups[logGroupName] = {}

    def delete_log_group(self, logGroupName: str) -> None:
        del self.groups[logGroupName]

    def put_retention_policy(self, logGroupName: str, retentionInDays: int) -> None:
        self.groups[logGroupName]["retentionInDays"] = retentionInDays

    def describe_metric_filters(self, logGroupName: str, filterNamePrefix: str) -> Any:
        if logGroupName not in self.groups:
            raise Refused("ResourceNotFoundException")
        return {"metricFilters": list(self.filters.values())}

    def put_metric_filter(self, **given: Any) -> None:
        self.filters[given["filterName"]] = given


class Watch:
    """CloudWatch."""

    def __init__(self) -> None:
        self.alarms: dict[str, dict[str, Any]] = {}
        self.dashboards: dict[str, str] = {}

    def describe_alarms(self, AlarmNames: list[str], **_: Any) -> Any:
        found = [self.alarms[name] for name in AlarmNames if name in self.alarms]
        return {"MetricAlarms": json.loads(json.dumps(found))}

    def put_metric_alarm(self, **given: Any) -> None:
        given.pop("Tags", None)
        self.alarms[given["AlarmName"]] = given

    def delete_alarms(self, AlarmNames: list[str]) -> None:
        for name in AlarmNames:
            del self.alarms[name]

    def get_dashboard(self, DashboardName: str) -> Any:
        if DashboardName not in self.dashboards:
            raise Refused("ResourceNotFound")
        return {"DashboardBody": self.dashboards[DashboardName]}

    def put_dashboard(self, DashboardName: str, DashboardBody: str) -> None:
        self.dashboards[DashboardName] = DashboardBody

    def delete_dashboards(self, DashboardNames: list[str]) -> None:
        for name in DashboardNames:
            del self.dashboards[name]


class Secrets:
    """Systems Manager's parameters."""

    def __init__(self) -> None:
        self.all: dict[str, dict[str, Any]] = {}

    def get_parameter(self, Name: str) -> Any:
        if Name not in self.all:
            raise Refused("ParameterNotFound")
        return {"Parameter": self.all[Name]}

    def put_parameter(self, Name: str, **given: Any) -> None:
        if Name in self.all:
            raise Refused("ParameterAlreadyExists")
        self.all[Name] = given

    def delete_parameter(self, Name: str) -> None:
        del self.all[Name]


class Roles:
    """IAM."""

    def __init__(self) -> None:
        self.all: dict[str, list[str]] = {}

    def get_role(self, RoleName: str) -> Any:
        if RoleName not in self.all:
            raise Refused("NoSuchEntity")
        return {"Role": {"Arn": f"arn:aws:iam::{ACCOUNT}:role/{RoleName}"}}

    def create_role(self, RoleName: str, **_: Any) -> Any:
        if RoleName in self.all:
            raise Refused("EntityAlreadyExists")
        self.all[RoleName] = []
        return self.get_role(RoleName)

    def attach_role_policy(self, RoleName: str, PolicyArn: str) -> None:
        self.all[RoleName].append(PolicyArn)


class Rules:
    """EventBridge, without any rule."""

    def describe_rule(self, Name: str) -> Any:
        raise Refused("ResourceNotFoundException")
