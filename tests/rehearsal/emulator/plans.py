"""API keys and usage plans as they are edited: what a patch means, what is refused.

AWS: "UsagePlan" and "Patch operations" of the API Gateway REST API reference, and
"Usage plans and API keys for REST APIs": a key is in one plan of a stage, a value in one
key, and a plan is deleted when no stage is in it (aws/aws-sdk-js#3841). ministack takes
every patch as a plain JSON patch, which empties the list of stages, and refuses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_SECRET = "value"


class _Refused(Exception):
    """What AWS answers instead of doing it."""

    def __init__(self, code: str, status: int, words: str) -> None:
        super().__init__(words)
        self.code, self.status = code, status


def _conflict(words: str) -> _Refused:
    return _Refused("ConflictException", 409, words)


def _unknown(words: str) -> _Refused:
    return _Refused("NotFoundException", 404, words)


def mend(gateway: Any) -> None:
    """Put AWS's rules around ministack's plain stores."""
    for name, maker in (
        ("_create_usage_plan", _creating_plan),
        ("_update_usage_plan", _updating_plan),
        ("_delete_usage_plan", _deleting_plan),
        ("_create_usage_plan_key", _adding_key),
        ("_delete_usage_plan_key", _removing_key),
        ("_create_api_key", _creating_key),
        ("_update_api_key", _updating_key),
        ("_delete_api_key", _deleting_key),
    ):
        inner = getattr(gateway, name)
        setattr(gateway, name, _refusing(gateway, maker(gateway, inner)))


def without_value(key: dict[str, Any]) -> dict[str, Any]:
    """Leave out what GetApiKey and GetApiKeys tell only when they are asked."""
    return {name: value for name, value in key.items() if name != _SECRET}


def _refusing(gateway: Any, call: Any) -> Any:
    def guarded(*arguments: Any) -> Any:
        try:
            return call(*arguments)
        except _Refused as refused:
            return gateway._v1_error(refused.code, str(refused), refused.status)

    return guarded


def _creating_plan(gateway: Any, inner: Any) -> Any:
    def create(data: dict[str, Any]) -> Any:
        for stage in data.get("apiStages") or []:
            _check_stage(gateway, stage.get("apiId"), stage.get("stage"))
        return inner(data)

    return create


def _deleting_plan(gateway: Any, inner: Any) -> Any:
    def delete(plan_id: str) -> Any:
        if (gateway._usage_plans.get(plan_id) or {}).get("apiStages"):
            raise _Refused(
                "BadRequestException",
                400,
                f"Cannot delete Usage Plan {plan_id} because there are API Stages "
                "currently assigned to it",
            )
        return inner(plan_id)

    return delete


def _updating_plan(gateway: Any, _inner: Any) -> Any:
    def update(plan_id: str, data: dict[str, Any]) -> Any:
        plan = gateway._usage_plans.get(plan_id)
        if plan is None:
            raise _unknown("Invalid Usage Plan identifier specified")
        for patch in data.get("patchOperations") or []:
            keys = [_unescaped(one) for one in patch["path"].strip("/").split("/")]
            _patch(gateway, plan, keys, patch)
        return gateway._v1_response(plan)

    return update


def _patch(
    gateway: Any, plan: dict[str, Any], keys: list[str], patch: dict[str, Any]
) -> None:
    action, value = patch.get("op", "replace"), patch.get("value")
    if keys[0] == "apiStages" and len(keys) == 1:
        _patch_stages(gateway, plan, action, value or "")
    elif keys[0] == "apiStages":
        _patch_method(plan, keys, action, value)
    elif keys[0] in {"throttle", "quota"}:
        _patch_limits(plan, keys, action, value)
    else:
        plan[keys[0]] = value


def _patch_stages(gateway: Any, plan: dict[str, Any], action: str, value: str) -> None:
    api_id, _, stage = value.partition(":")
    there = [
        one
        for one in plan.setdefault("apiStages", [])
        if (one["apiId"], one["stage"]) == (api_id, stage)
    ]
    if action == "remove":
        if not there:
            raise _unknown(f"Usage Plan {plan['id']} has no API Stage {value}")
        plan["apiStages"].remove(there[0])
        return
    _check_stage(gateway, api_id, stage)
    if there:
        raise _conflict(f"API Stage {value} is already in Usage Plan {plan['id']}")
    for key_id in gateway._usage_plan_keys.get(plan["id"]) or {}:
        _check_only_plan(gateway, key_id, plan["id"], {(api_id, stage)})
    plan["apiStages"].append({"apiId": api_id, "stage": stage, "throttle": {}})


def _patch_method(
    plan: dict[str, Any], keys: list[str], action: str, value: Any
) -> None:
    stage = next(
        (
            one
            for one in plan["apiStages"]
            if f"{one['apiId']}:{one['stage']}" == keys[1]
        ),
        None,
    )
    if stage is None:
        raise _unknown(f"Usage Plan {plan['id']} has no API Stage {keys[1]}")
    limits, method = stage.setdefault("throttle", {}), "/".join(keys[3:5])
    if action == "remove":
        limits.pop(method, None)
    else:
        limits.setdefault(method, {})[keys[5]] = _number(value)


def _patch_limits(
    plan: dict[str, Any], keys: list[str], action: str, value: Any
) -> None:
    kind = keys[0]
    if action == "remove":
        if len(keys) == 1:
            plan[kind] = {}
        else:
            plan.get(kind, {}).pop(keys[1], None)
    else:
        told = value if keys[1] == "period" else _number(value)
        plan.setdefault(kind, {})[keys[1]] = told


def _adding_key(gateway: Any, inner: Any) -> Any:
    def add(plan_id: str, data: dict[str, Any]) -> Any:
        key_id = data.get("keyId", "")
        if gateway._api_keys.get(key_id) is None:
            raise _unknown("Invalid API Key identifier specified")
        if key_id in (gateway._usage_plan_keys.get(plan_id) or {}):
            raise _conflict("Usage Plan Key already exists")
        plan = gateway._usage_plans.get(plan_id) or {}
        _check_only_plan(gateway, key_id, plan_id, set(_stages(plan)))
        return inner(plan_id, data)

    return add


def _removing_key(gateway: Any, inner: Any) -> Any:
    def remove(plan_id: str, key_id: str) -> Any:
        if key_id not in (gateway._usage_plan_keys.get(plan_id) or {}):
            raise _unknown("Invalid Usage Plan Key identifier specified")
        return inner(plan_id, key_id)

    return remove


def _creating_key(gateway: Any, inner: Any) -> Any:
    def create(data: dict[str, Any]) -> Any:
        value = data.get(_SECRET)
        if value and any(key[_SECRET] == value for key in gateway._api_keys.values()):
            raise _conflict("API Key already exists")
        # AWS: a key is made disabled unless `enabled` says otherwise.
        return inner({"enabled": False, **data})

    return create


def _updating_key(gateway: Any, inner: Any) -> Any:
    def update(key_id: str, data: dict[str, Any]) -> Any:
        for patch in data.get("patchOperations") or []:
            if patch.get("path") == "/enabled":
                patch["value"] = str(patch.get("value")).lower() == "true"
        answer = inner(key_id, data)
        key = gateway._api_keys.get(key_id)
        return gateway._v1_response(without_value(key)) if key else answer

    return update


def _deleting_key(gateway: Any, inner: Any) -> Any:
    def delete(key_id: str) -> Any:
        for keys in gateway._usage_plan_keys.values():
            keys.pop(key_id, None)
        return inner(key_id)

    return delete


def _check_stage(gateway: Any, api_id: str, stage: str) -> None:
    if stage not in (gateway._stages_v1.get(api_id) or {}):
        raise _unknown(f"API Stage not found: {api_id}:{stage}")


def _check_only_plan(
    gateway: Any, key_id: str, plan_id: str, stages: set[tuple[str, str]]
) -> None:
    for other_id, plan in gateway._usage_plans.items():
        keys = gateway._usage_plan_keys.get(other_id) or {}
        if other_id != plan_id and key_id in keys and stages & set(_stages(plan)):
            raise _conflict(
                f"API Key {key_id} is already in Usage Plan {other_id} of this API Stage"
            )


def _stages(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    return ((one["apiId"], one["stage"]) for one in plan.get("apiStages") or [])


def _number(value: Any) -> int | float:
    number = float(value)
    return int(number) if number.is_integer() else number


def _unescaped(text: str) -> str:
    return text.replace("~1", "/").replace("~0", "~")
