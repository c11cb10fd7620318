"""The functions: called as `chalice deploy` calls them, with logs that end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taxiway.infra.logs import RETENTION_DAYS
from taxiway.infra.names import Names
from taxiway.template.api import AUTHORIZER
from taxiway.template.stage import API_FUNCTION, Stage

_FUNCTION = "AWS::Serverless::Function"


def functions(resources: Mapping[str, Any], stage: Stage) -> dict[str, Any]:
    """Name each function; roles, alarms and `taxiway provision` go by its name."""
    names = _names(stage.names)
    done: dict[str, Any] = {}
    for logical, resource in resources.items():
        if resource["Type"] != _FUNCTION:
            continue
        properties = {**resource["Properties"], "FunctionName": names[logical]}
        logs = f"{logical}Logs"
        done[logical] = {**resource, "DependsOn": logs, "Properties": properties}
        done[logs] = log_group(f"/aws/lambda/{names[logical]}", stage)
    return done


def log_group(name: str, stage: Stage) -> dict[str, Any]:
    """Describe a log group that keeps what it gets for a while."""
    return {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": {
            "LogGroupName": name,
            "RetentionInDays": RETENTION_DAYS,
            "Tags": stage.tags,
        },
    }


def _names(names: Names) -> dict[str, str]:
    return {
        API_FUNCTION: names.api_function,
        AUTHORIZER: names.authorizer_function,
        **{name.title(): function for name, function in names.jobs.items()},
    }
