"""Twins: the API keys of API Gateway that stand for ours, each in its tier's plan.

The value of a twin is the id of the key, which is no secret.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from taxiway.deploy import plans
from taxiway.deploy.aws import error_code, gateway_items
from taxiway.deploy.change import Action, Change, patch
from taxiway.deploy.place import Place
from taxiway.trouble import Trouble

if TYPE_CHECKING:
    from chalicelib.core.apikey import ApiKey

Twin = Mapping[str, Any]

_YOUNG = 600
"""Seconds in which the key of a twin may not be written yet."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What API Gateway has: plans by name, and in which of them a twin is."""

    plan_ids: Mapping[str, str]
    plan_names: Mapping[str, str]
    plans_of: Mapping[str, frozenset[str]]


def plan(place: Place) -> Iterator[Change]:
    """Compare the twins with the keys."""
    keys = {key.id: key for key in _keys(place) if not key.admin}
    yield from _without_plan(place, keys.values())
    known = _read(place)
    there = of_stage(place)
    twins = {str(twin.get("value")): twin for twin in there}
    for key in keys.values():
        twin = twins.get(key.id)
        if twin is None:
            if _is_let_in(place, key):
                yield _creation(place, known, key)
        else:
            yield from _compared(place, known, key, twin)
    for twin in there:
        if twin.get("value") not in keys and not _is_young(twin):
            yield removal(place, twin, "no key of ours")


def of_stage(place: Place) -> list[Twin]:
    """Read the API keys that bear a name of ours."""
    prefix = place.names.twin("")
    found = gateway_items(
        place.aws.apigateway,
        "get_api_keys",
        nameQuery=prefix,
        includeValues=True,
    )
    # Another stage's name may begin with ours.
    return [each for each in found if each.get("name") == f"{prefix}{each['value']}"]


def removal(place: Place, twin: Twin, why: str = "") -> Change:
    """Remove a twin."""
    remove = partial(place.aws.apigateway.delete_api_key, apiKey=twin["id"])
    return Change(Action.REMOVE, f"gateway key {twin['name']}", why, remove)


def _is_let_in(place: Place, key: ApiKey) -> bool:
    offered = {tier.name for tier in place.tiers.all}
    return key.is_active(_now()) and key.tier in offered


def _without_plan(place: Place, keys: Iterable[ApiKey]) -> Iterator[Change]:
    offered = {tier.name for tier in place.tiers.all}
    for key in keys:
        if key.is_active(_now()) and key.tier not in offered:
            why = f"its tier {key.tier} is not in tiers.toml: the gateway refuses it"
            yield Change(Action.KEEP, f"key {key.id} ({key.name})", why)


def _keys(place: Place) -> list[ApiKey]:
    from chalicelib import container

    return container.build(place.settings).keys.all()


def _read(place: Place) -> _Known:
    found = plans.of_stage(place)
    inside: dict[str, set[str]] = {}
    for each in found:
        for member in gateway_items(
            place.aws.apigateway,
            "get_usage_plan_keys",
            usagePlanId=each["id"],
        ):
            inside.setdefault(member["id"], set()).add(str(each["id"]))
    return _Known(
        plan_ids={str(each["name"]): str(each["id"]) for each in reversed(found)},
        plan_names={str(each["id"]): str(each["name"]) for each in found},
        plans_of={key: frozenset(ids) for key, ids in inside.items()},
    )


def _creation(place: Place, known: _Known, key: ApiKey) -> Change:
    return Change(
        Action.CREATE,
        f"gateway key {place.names.twin(key.id)}",
        f"in plan {place.names.plan(key.tier)}",
        partial(_create, place, known, key),
    )


def _create(place: Place, known: _Known, key: ApiKey) -> None:
    try:
        twin_id = place.aws.apigateway.create_api_key(
            name=place.names.twin(key.id),
            value=key.id,
            enabled=True,
            tags=place.names.tags(),
        )["id"]
    except ClientError as error:
        if error_code(error) != "ConflictException":
            raise
        twin_id = _just_made(place, key.id)
    # Whoever makes the twin at this moment puts it into its plan, too.
    with suppress(place.aws.apigateway.exceptions.ConflictException):
        _join(place, known, twin_id, place.names.plan(key.tier))


def _just_made(place: Place, key_id: str) -> str:
    for twin in of_stage(place):
        if twin.get("value") == key_id:
            return str(twin["id"])
    raise Trouble(
        f"API Gateway has a key with the value {key_id} under another name: "
        "delete it there, then run this again"
    )


def _compared(place: Place, known: _Known, key: ApiKey, twin: Twin) -> Iterator[Change]:
    active, twin_id = _is_let_in(place, key), twin["id"]
    thing = f"gateway key {twin['name']}"
    # Keys expire by themselves, and the authorizer refuses them: no work for anybody.
    if bool(twin.get("enabled")) != active and (active or key.revoked is not None):
        enable = partial(_enable, place, twin_id, enabled=active)
        why = "is disabled" if active else "is enabled and its key was revoked"
        yield Change(Action.REPAIR, thing, why, enable)
    wanted = place.names.plan(key.tier)
    inside = known.plans_of.get(twin_id, frozenset())
    if not active or inside == {known.plan_ids.get(wanted)}:
        return
    has = ", ".join(sorted(known.plan_names[one] for one in inside)) or "no plan"
    move = partial(_move, place, known, twin_id, wanted)
    yield Change(Action.REPAIR, thing, f"is in {has}, not in {wanted}", move)


def _enable(place: Place, twin_id: str, *, enabled: bool) -> None:
    place.aws.apigateway.update_api_key(
        apiKey=twin_id,
        patchOperations=[patch("replace", "/enabled", str(enabled).lower())],  # type: ignore[list-item]
    )


def _move(place: Place, known: _Known, twin_id: str, wanted: str) -> None:
    # One key may be in one plan of a stage only: out first.
    inside = known.plans_of.get(twin_id, frozenset())
    for plan_id in inside - {known.plan_ids[wanted]}:
        place.aws.apigateway.delete_usage_plan_key(usagePlanId=plan_id, keyId=twin_id)
    if known.plan_ids[wanted] not in inside:
        _join(place, known, twin_id, wanted)


def _join(place: Place, known: _Known, twin_id: str, wanted: str) -> None:
    plan_id = known.plan_ids[wanted]
    place.aws.apigateway.create_usage_plan_key(
        usagePlanId=plan_id, keyId=twin_id, keyType="API_KEY"
    )


def _is_young(twin: Twin) -> bool:
    made = twin.get("createdDate")
    return isinstance(made, datetime) and time.time() - made.timestamp() < _YOUNG


def _now() -> int:
    return time.time_ns() // 1000
