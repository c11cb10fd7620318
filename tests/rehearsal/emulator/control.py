"""The control plane: operations that ministack lacks, and patches it misreads.

AWS: "API Gateway REST API reference", one page for each operation.
"""

from __future__ import annotations

import json
from typing import Any

from tests.rehearsal.emulator import definitions, usage
from tests.rehearsal.emulator.plans import without_value


def mend(gateway: Any) -> None:
    """Route what is new, and correct what is there."""
    inner = gateway.handle_request

    async def handle(
        method: str,
        path: str,
        headers: dict[str, Any],
        body: bytes,
        query: dict[str, Any],
    ) -> Any:
        parts = [part for part in path.strip("/").split("/") if part]
        answer = _new_operation(gateway, method, parts, body, query or {})
        if answer is None:
            answer = await inner(method, path, headers, body, query)
            answer = _with_values_on_demand(gateway, method, parts, query, answer)
        return answer

    gateway.handle_request = handle
    gateway._update_rest_api = _updating_api(gateway)
    gateway._update_authorizer = _updating_authorizer(gateway)
    gateway._update_stage = _updating_stage(gateway)
    for name in ("_tag_v1_resource", "_untag_v1_resource"):
        setattr(gateway, name, _tagging(gateway, getattr(gateway, name)))


def _new_operation(
    gateway: Any, method: str, parts: list[str], body: bytes, query: dict[str, Any]
) -> Any:
    def asked(name: str, default: str | None = None) -> Any:
        return gateway._qp(query, name, default)

    if parts == ["restapis"] and method == "POST" and asked("mode") == "import":
        kind = asked("endpointConfigurationTypes", "EDGE")
        return definitions.import_api(gateway, json.loads(body), kind)
    if parts[:1] == ["restapis"] and method == "PUT" and len(parts) == 2:
        mode = asked("mode", "merge")
        return definitions.put_api(gateway, parts[1], json.loads(body), mode)
    if parts[:1] == ["usageplans"] and parts[2:] == ["usage"] and method == "GET":
        return usage.of_plan(gateway, parts[1], asked("keyId"))
    return None


def _with_values_on_demand(
    gateway: Any, method: str, parts: list[str], query: dict[str, Any], answer: Any
) -> Any:
    """GetApiKey and GetApiKeys tell a key's value only with includeValue(s)."""
    status, headers, body = answer
    if parts[:1] != ["apikeys"] or method != "GET" or status != 200:
        return answer
    asked = {gateway._qp(query, name) for name in ("includeValue", "includeValues")}
    if "true" in asked:
        return answer
    told = json.loads(body)
    if "item" in told:
        told["item"] = [without_value(one) for one in told["item"]]
    return status, headers, json.dumps(without_value(told)).encode()


def _updating_api(gateway: Any) -> Any:
    """`minimumCompressionSize` is a number or nothing; the lists are patched by item."""
    inner = gateway._update_rest_api

    def update(api_id: str, data: dict[str, Any]) -> Any:
        api = gateway._rest_apis.get(api_id) or {}
        for patch in data.get("patchOperations") or []:
            field, _, item = patch.get("path", "").lstrip("/").partition("/")
            value = patch.get("value")
            if field == "minimumCompressionSize":
                patch["value"] = None if value in {None, ""} else int(value)
            elif field == "endpointConfiguration":
                patch |= {"path": f"/{field}", "value": {"types": [value]}}
            elif field == "binaryMediaTypes" and item:
                kind = item.replace("~1", "/")
                kept = [one for one in api[field] if one != kind]
                added = [] if patch["op"] == "remove" else [kind]
                patch |= {"op": "replace", "path": f"/{field}", "value": kept + added}
        return inner(api_id, data)

    return update


def _updating_authorizer(gateway: Any) -> Any:
    """A patch's values are text; the time to live is a number."""
    inner = gateway._update_authorizer

    def update(api_id: str, authorizer_id: str, data: dict[str, Any]) -> Any:
        for patch in data.get("patchOperations") or []:
            if patch.get("path") == "/authorizerResultTtlInSeconds":
                patch["value"] = int(patch["value"])
        return inner(api_id, authorizer_id, data)

    return update


def _updating_stage(gateway: Any) -> Any:
    """Access logs need a role for the account, and a group that is there.

    AWS: "Set up CloudWatch logging for REST APIs in API Gateway".
    """
    inner = gateway._update_stage

    def update(api_id: str, stage_name: str, data: dict[str, Any]) -> Any:
        for patch in data.get("patchOperations") or []:
            adds = patch.get("op") != "remove"
            if patch.get("path") == "/accessLogSettings/destinationArn" and adds:
                refused = _log_trouble(gateway, patch["value"])
                if refused:
                    return gateway._v1_error("BadRequestException", refused, 400)
        return inner(api_id, stage_name, data)

    return update


def _log_trouble(gateway: Any, arn: str) -> str | None:
    from ministack.services import cloudwatch_logs

    settings = gateway._account_settings.get("settings") or {}
    if not settings.get("cloudwatchRoleArn"):
        return (
            "CloudWatch Logs role ARN must be set in account settings to enable logging"
        )
    group = arn.split(":log-group:", 1)[-1].removesuffix(":*")
    if group not in cloudwatch_logs._log_groups:
        return f"Log group {group} not found"
    return None


def _tagging(gateway: Any, inner: Any) -> Any:
    """What is tagged tells its tags itself too, as GetRestApi and GetStage do."""

    def tag(arn: str, *rest: Any) -> Any:
        answer = inner(arn, *rest)
        if answer[0] < 400:
            known, _ = gateway._resolve_v1_tag_resource_arn(arn)
            thing = _thing(gateway, known.split("::", 1)[-1].strip("/").split("/"))
            if thing is not None:
                thing["tags"] = dict(gateway._v1_tags.get(known, {}))
        return answer

    return tag


def _thing(gateway: Any, parts: list[str]) -> Any:
    if len(parts) == 4:
        return (gateway._stages_v1.get(parts[1]) or {}).get(parts[3])
    stores = {
        "restapis": gateway._rest_apis,
        "usageplans": gateway._usage_plans,
        "apikeys": gateway._api_keys,
    }
    return stores[parts[0]].get(parts[1]) if parts[0] in stores else None
