"""Usage plans: one for each tier, attached to the stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from taxiway.deploy.aws import gateway_items
from taxiway.deploy.change import Action, Change, patch
from taxiway.deploy.place import Api, Place
from taxiway.infra import plans as described
from taxiway.infra.names import GATEWAY_STAGE
from taxiway.infra.plans import Plan

Found = Mapping[str, Any]
Operations = list[dict[str, str]]

_SAME = 0.0005
"""Rates are written with three digits."""


def plan(place: Place, api: Api) -> Iterator[Change]:
    """Compare the plans with the tiers."""
    wanted = described.plans(place.names, place.tiers)
    found = of_stage(place)
    for one in wanted:
        there = [each for each in found if each["name"] == one.name]
        if not there:
            yield Change(
                Action.CREATE,
                f"usage plan {one.name}",
                told(one),
                partial(_create, place, api, one),
            )
            continue
        yield from _repair(place, api, one, there[0])
        for twice in there[1:]:
            yield removal(place, twice, "another plan has the same name")
    names = {one.name for one in wanted}
    for each in found:
        if each.get("name") not in names:
            yield removal(place, each, "its tier is not in tiers.toml")


def of_stage(place: Place) -> list[Found]:
    """Read the plans that bear a name of ours, or were made by us for a tier."""
    names = {one.name for one in described.plans(place.names, place.tiers)}
    tags = place.names.tags().items()
    found = gateway_items(place.aws.apigateway, "get_usage_plans")
    ours = [
        each
        for each in found
        if each.get("name") in names or tags <= (each.get("tags") or {}).items()
    ]
    return sorted(ours, key=lambda each: str(each["id"]))


def removal(place: Place, found: Found, why: str = "") -> Change:
    """Remove a plan. API Gateway wants it detached before."""
    return Change(
        Action.REMOVE,
        f"usage plan {found['name']}",
        why,
        partial(_remove, place, found),
    )


def told(one: Plan) -> str:
    """Say in words what a plan allows."""
    if one.throttle is None and one.quota is None:
        return "no limits"
    parts = []
    if one.throttle:
        parts.append(f"{one.throttle.rate} a second, {one.throttle.burst} at once")
    if one.quota:
        parts.append(f"{one.quota} a day")
    return ", ".join(parts)


def _create(place: Place, api: Api, one: Plan) -> None:
    limits: dict[str, Any] = {}
    if one.throttle:
        limits["throttle"] = {
            "rateLimit": one.throttle.rate,
            "burstLimit": one.throttle.burst,
        }
    if one.quota:
        limits["quota"] = {"limit": one.quota, "period": "DAY"}
    place.aws.apigateway.create_usage_plan(
        name=one.name,
        description=one.description,
        apiStages=[{"apiId": api.id, "stage": GATEWAY_STAGE}],
        tags=place.names.tags(),
        **limits,
    )


def _repair(place: Place, api: Api, one: Plan, found: Found) -> Iterator[Change]:
    parts = [
        _throttle(one, found),
        _quota(one, found),
        _stages(api, found),
        _description(one, found),
    ]
    reasons = [why for why, _ in parts if why]
    operations = [each for _, some in parts for each in some]
    if operations:
        # In one call: API Gateway takes one in 20 seconds.
        yield Change(
            Action.REPAIR,
            f"usage plan {one.name}",
            "; ".join(reasons),
            partial(_update, place, str(found["id"]), operations),
        )


def _throttle(one: Plan, found: Found) -> tuple[str, Operations]:
    has = found.get("throttle")
    if one.throttle is None:
        return ("has a throttle", [patch("remove", "/throttle")]) if has else ("", [])
    has = has or {}
    rate, burst = has.get("rateLimit"), has.get("burstLimit")
    operations, reasons = [], []
    if rate is None or abs(rate - one.throttle.rate) > _SAME:
        reasons.append(f"rate is {rate}, not {one.throttle.rate}")
        value = str(one.throttle.rate)
        operations.append(patch("replace", "/throttle/rateLimit", value))
    if burst != one.throttle.burst:
        reasons.append(f"burst is {burst}, not {one.throttle.burst}")
        value = str(one.throttle.burst)
        operations.append(patch("replace", "/throttle/burstLimit", value))
    return "; ".join(reasons), operations


def _quota(one: Plan, found: Found) -> tuple[str, Operations]:
    has = found.get("quota")
    if one.quota is None:
        return ("has a quota", [patch("remove", "/quota")]) if has else ("", [])
    has = has or {}
    if (has.get("limit"), has.get("period")) == (one.quota, "DAY"):
        return "", []
    was = f"{has.get('limit')} a {str(has.get('period')).lower()}" if has else "missing"
    return f"quota is {was}, not {one.quota} a day", [
        patch("replace", "/quota/limit", str(one.quota)),
        patch("replace", "/quota/period", "DAY"),
    ]


def _stages(api: Api, found: Found) -> tuple[str, Operations]:
    key = f"{api.id}:{GATEWAY_STAGE}"
    for each in found.get("apiStages", []):
        if f"{each.get('apiId')}:{each.get('stage')}" == key:
            return _methods(key, each.get("throttle") or {})
    return "not attached to the API", [patch("add", "/apiStages", key)]


def _methods(key: str, throttle: Mapping[str, Any]) -> tuple[str, Operations]:
    if not throttle:
        return "", []
    return "methods have limits of their own", [
        patch("remove", f"/apiStages/{key}/throttle/{_escaped(method)}")
        for method in sorted(throttle)
    ]


def _escaped(method: str) -> str:
    path, _, verb = method.rpartition("/")
    return f"{path.replace('/', '~1')}/{verb}"


def _description(one: Plan, found: Found) -> tuple[str, Operations]:
    if found.get("description") == one.description:
        return "", []
    return "other description", [patch("replace", "/description", one.description)]


def _update(place: Place, plan_id: str, operations: Operations) -> None:
    place.aws.apigateway.update_usage_plan(
        usagePlanId=plan_id,
        patchOperations=operations,  # type: ignore[arg-type]
    )


def _remove(place: Place, found: Found) -> None:
    attached = [f"{each['apiId']}:{each['stage']}" for each in found["apiStages"]]
    if attached:
        operations = [patch("remove", "/apiStages", key) for key in attached]
        _update(place, found["id"], operations)
    place.aws.apigateway.delete_usage_plan(usagePlanId=found["id"])
