"""The API: Chalice's, with the authorizer, the plans and the logs in front."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taxiway.infra.definition import KEY_SOURCE, extend
from taxiway.infra.logs import ACCESS_LOG_FORMAT
from taxiway.infra.plans import Plan, Throttle, method_settings, plans
from taxiway.infra.responses import gateway_responses
from taxiway.template.stage import Stage

API = "RestAPI"
AUTHORIZER = "Authorizer"

_INVOCATIONS = (
    "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31"
    f"/functions/${{{AUTHORIZER}.Arn}}/invocations"
)


def api(rest_api: Mapping[str, Any], stage: Stage) -> dict[str, Any]:
    """Put in front of Chalice's API what `taxiway provision` puts there."""
    properties = dict(rest_api["Properties"])
    properties["DefinitionBody"] = extend(
        properties["DefinitionBody"],
        stage.metered,
        {"Fn::Sub": _INVOCATIONS},
        gateway_responses(stage.tiers),
        title=stage.names.api,
        compression=properties.get("MinimumCompressionSize"),
    )
    properties |= {
        "Name": stage.names.api,
        "ApiKeySourceType": KEY_SOURCE,
        # Without it SAM adds a second stage, called Stage.
        "OpenApiVersion": "2.0",
        "AccessLogSetting": {
            "DestinationArn": {"Fn::GetAtt": ["AccessLogs", "Arn"]},
            "Format": ACCESS_LOG_FORMAT,
        },
        "MethodSettings": [
            _method_setting(key, throttle)
            for key, throttle in method_settings(stage.metered).items()
        ],
        "Tags": stage.tag_map,
        "PropagateTags": True,
    }
    return {**rest_api, "Properties": properties}


def usage_plans(stage: Stage) -> dict[str, Any]:
    """Describe the plan of each tier; whose keys are in it is data."""
    return {
        f"{plan.tier.title()}Plan": {
            "Type": "AWS::ApiGateway::UsagePlan",
            "Properties": {
                "UsagePlanName": plan.name,
                "Description": plan.description,
                # The reference to the stage lets the plan wait for it.
                "ApiStages": [
                    {"ApiId": {"Ref": API}, "Stage": {"Ref": f"{API}.Stage"}}
                ],
                **_limits(plan),
                "Tags": stage.tags,
            },
        }
        for plan in plans(stage.names, stage.tiers)
    }


def _method_setting(key: str, throttle: Throttle) -> dict[str, Any]:
    path, _, method = key.rpartition("/")
    return {
        # GetStage writes paths without the slash that templates want first.
        "ResourcePath": f"/{path}",
        "HttpMethod": method,
        "ThrottlingRateLimit": throttle.rate,
        "ThrottlingBurstLimit": throttle.burst,
    }


def _limits(plan: Plan) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if plan.throttle is not None:
        limits["Throttle"] = {
            "RateLimit": plan.throttle.rate,
            "BurstLimit": plan.throttle.burst,
        }
    if plan.quota is not None:
        limits["Quota"] = {"Limit": plan.quota, "Period": "DAY"}
    return limits
