"""The ARNs that a policy's resources are compared with.

AWS: "Actions, resources, and condition keys", one page for each service. Where ministack
says another ARN than AWS, a policy that is right on AWS is refused here.
"""

from __future__ import annotations

import json
from typing import Any


def mend(actions: Any) -> None:
    """Name resources as AWS does."""
    inner = actions.extract_resource_arn

    def resource_arn(service: str, *rest: Any) -> str:
        arn: str = inner(service, *rest)
        if arn == "*":
            headers, body, (region, account) = rest[2], rest[3], rest[5:7]
            named = _named(service, headers.get("x-amz-target", ""), body)
            arn = named.format(region=region, account=account)
        # A rule of the default bus carries no name of a bus.
        return arn.replace(":rule/default/", ":rule/")

    actions.extract_resource_arn = resource_arn


def _named(service: str, target: str, body: bytes) -> str:
    """Name what a request is about that ministack takes for everything."""
    if service == "logs" and target.endswith(".DescribeLogGroups"):
        return "arn:aws:logs:{region}:{account}:log-group::log-stream:"
    try:
        told = json.loads(body or b"{}")
    except ValueError:
        return "*"
    for plural in ("AlarmNames", "DashboardNames"):
        # AWS asks for each of them; they are all of one stage.
        if service == "monitoring" and told.get(plural):
            told[plural[:-1]] = told[plural][0]
    for of, name, arn in (
        (
            "monitoring",
            "AlarmName",
            "arn:aws:cloudwatch:{{region}}:{{account}}:alarm:{}",
        ),
        ("lambda", "FunctionName", "arn:aws:lambda:{{region}}:{{account}}:function:{}"),
        ("events", "Rule", "arn:aws:events:{{region}}:{{account}}:rule/{}"),
        (
            "monitoring",
            "DashboardName",
            "arn:aws:cloudwatch::{{account}}:dashboard/{}",
        ),
    ):
        if service == of and isinstance(told, dict) and told.get(name):
            return arn.format(told[name])
    return "*"
