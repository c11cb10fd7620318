"""API Gateway as provisioning sees it, with the refusals that AWS has."""

# ruff: noqa: ARG002, N803 - the arguments are called as AWS calls them

from __future__ import annotations

import json
from itertools import count
from typing import Any

from tests.doubles.wire import Refused

API = "abc123"
STAGE = "api"


class GatewayApi:
    """One REST API with one stage, plans and keys."""

    def __init__(self) -> None:
        self._ids = count(1)
        self.api: dict[str, Any] = {}
        self.stage: dict[str, Any] = {}
        self.deployments: dict[str, str] = {}
        self.authorizers: list[dict[str, Any]] = []
        self.responses: list[dict[str, Any]] = []
        self.resources: list[dict[str, Any]] = []
        self.plans: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, dict[str, Any]] = {}
        self.members: dict[str, set[str]] = {}
        self.account: dict[str, Any] = {}

    def new_id(self) -> str:
        return f"id{next(self._ids)}"

    # the API

    def deploy_by_chalice(self, swagger: dict[str, Any]) -> None:
        """Do what `chalice deploy` does."""
        self.api.setdefault("id", API)
        self.put_rest_api(API, json.dumps(swagger).encode())
        self.create_deployment(API, STAGE)

    def get_rest_api(self, restApiId: str) -> Any:
        self._check(restApiId)
        return dict(self.api)

    def get_rest_apis(self, **_: Any) -> Any:
        return {"items": [dict(self.api)] if self.api else []}

    def put_rest_api(self, restApiId: str, body: bytes, **_: Any) -> None:
        self._check(restApiId)
        given = json.loads(body)
        self.api["name"] = given["info"]["title"]
        source = given.get("x-amazon-apigateway-api-key-source", "HEADER")
        self.api["apiKeySource"] = source
        self.api["minimumCompressionSize"] = given.get(
            "x-amazon-apigateway-minimum-compression-size"
        )
        self.authorizers = [
            _authorizer(self.new_id(), name, one["x-amazon-apigateway-authorizer"])
            for name, one in given.get("securityDefinitions", {}).items()
            if "x-amazon-apigateway-authorizer" in one
        ]
        self.responses = [
            {"responseType": kind, "defaultResponse": False, **one}
            for kind, one in given.get(
                "x-amazon-apigateway-gateway-responses", {}
            ).items()
        ]
        self.resources = [
            {"id": self.new_id(), "path": path, "resourceMethods": self._methods(item)}
            for path, item in given["paths"].items()
        ]

    def _methods(self, item: dict[str, Any]) -> dict[str, Any]:
        authorizer = self.authorizers[0]["id"] if self.authorizers else None
        return {
            verb.upper(): {
                "authorizationType": "CUSTOM" if one.get("security") else "NONE",
                "apiKeyRequired": bool(one.get("security")),
                "methodIntegration": {
                    "uri": one["x-amazon-apigateway-integration"]["uri"]
                },
                **({"authorizerId": authorizer} if one.get("security") else {}),
            }
            for verb, one in item.items()
        }

    def update_rest_api(self, restApiId: str, patchOperations: Any) -> None:
        self._check(restApiId)
        for each in patchOperations:
            self.api[each["path"][1:]] = each["value"]

    def get_authorizers(self, restApiId: str, **_: Any) -> Any:
        return {"items": self.authorizers}

    def get_gateway_responses(self, restApiId: str, **_: Any) -> Any:
        return {"items": self.responses}

    def get_resources(self, restApiId: str, embed: Any, **_: Any) -> Any:
        assert embed == ["methods"]
        return {"items": self.resources}

    def create_deployment(
        self, restApiId: str, stageName: str, description: str = ""
    ) -> None:
        deployment = self.new_id()
        self.deployments[deployment] = description
        self.stage["deploymentId"] = deployment

    def get_deployment(self, restApiId: str, deploymentId: str) -> Any:
        return {"id": deploymentId, "description": self.deployments[deploymentId]}

    def get_stage(self, restApiId: str, stageName: str) -> Any:
        self._check(restApiId)
        if not self.stage:
            raise Refused("NotFoundException")
        return json.loads(json.dumps(self.stage))

    def update_stage(
        self, restApiId: str, stageName: str, patchOperations: Any
    ) -> None:
        for each in patchOperations:
            *place, last = each["path"][1:].split("/")
            if place == ["accessLogSettings"]:
                self.stage.setdefault("accessLogSettings", {})[last] = each["value"]
                continue
            settings = self.stage.setdefault("methodSettings", {})
            if each["op"] == "remove":
                del settings[f"{place[0]}/{last}"]
                continue
            path, method, _kind = place
            names = {
                "rateLimit": ("throttlingRateLimit", float),
                "burstLimit": ("throttlingBurstLimit", int),
                "dataTrace": ("dataTraceEnabled", lambda text: text == "true"),
            }
            name, read = names[last]
            settings.setdefault(f"{path}/{method}", {})[name] = read(each["value"])

    def get_account(self) -> Any:
        return self.account

    def update_account(self, patchOperations: Any) -> None:
        (one,) = patchOperations
        self.account[one["path"][1:]] = one["value"]

    def _check(self, api_id: str) -> None:
        if not self.api or api_id != self.api["id"]:
            raise Refused("NotFoundException")

    # plans

    def get_usage_plans(self, **_: Any) -> Any:
        return {"items": [json.loads(json.dumps(one)) for one in self.plans.values()]}

    def create_usage_plan(self, **given: Any) -> Any:
        plan = {"id": self.new_id(), **given}
        self.plans[plan["id"]] = plan
        self.members[plan["id"]] = set()
        return plan

    def update_usage_plan(self, usagePlanId: str, patchOperations: Any) -> None:
        plan = self.plans[usagePlanId]
        for each in patchOperations:
            _patch_plan(plan, each["op"], each["path"], each.get("value"))

    def delete_usage_plan(self, usagePlanId: str) -> None:
        if self.plans[usagePlanId].get("apiStages"):
            raise Refused("BadRequestException", "has associated stages")
        del self.plans[usagePlanId]

    def get_usage_plan_keys(self, usagePlanId: str, **_: Any) -> Any:
        members = sorted(self.members[usagePlanId])
        return {"items": [{"id": one} for one in members if one in self.keys]}

    def create_usage_plan_key(self, usagePlanId: str, keyId: str, keyType: str) -> None:
        if any(keyId in members for members in self.members.values()):
            raise Refused("ConflictException", "one plan of a stage only")
        self.members[usagePlanId].add(keyId)

    def delete_usage_plan_key(self, usagePlanId: str, keyId: str) -> None:
        self.members[usagePlanId].remove(keyId)

    # keys

    def get_api_keys(self, nameQuery: str, includeValues: Any, **_: Any) -> Any:
        assert includeValues
        keys = self.keys.values()
        return {
            "items": [dict(one) for one in keys if one["name"].startswith(nameQuery)]
        }

    def create_api_key(self, **given: Any) -> Any:
        if any(one["value"] == given["value"] for one in self.keys.values()):
            raise Refused("ConflictException", "API Key already exists")
        key = {"id": self.new_id(), **given}
        self.keys[key["id"]] = key
        return key

    def update_api_key(self, apiKey: str, patchOperations: Any) -> None:
        for each in patchOperations:
            assert each["path"] == "/enabled"
            self.keys[apiKey]["enabled"] = each["value"] == "true"

    def delete_api_key(self, apiKey: str) -> None:
        del self.keys[apiKey]


def _authorizer(identifier: str, name: str, one: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": identifier,
        "name": name,
        "type": one["type"].upper(),
        "authorizerUri": one["authorizerUri"],
        "identitySource": one.get("identitySource"),
        "authorizerResultTtlInSeconds": one["authorizerResultTtlInSeconds"],
    }


def _patch_plan(plan: dict[str, Any], op: str, path: str, value: str | None) -> None:
    first, *rest = path[1:].split("/")
    if first == "apiStages" and not rest:
        api_id, _, stage = str(value).partition(":")
        one = {"apiId": api_id, "stage": stage}
        kept = [each for each in plan["apiStages"] if each["apiId"] != api_id]
        plan["apiStages"] = [*kept, one] if op == "add" else kept
    elif first == "apiStages":
        (each,) = plan["apiStages"]
        del each["throttle"]["/".join(rest[2:]).replace("~1", "/")]
    elif op == "remove":
        del plan[first]
    elif rest:
        read = {"rateLimit": float, "period": str}.get(rest[0], int)
        plan.setdefault(first, {})[rest[0]] = read(str(value))
    else:
        plan[first] = value
