"""The stage of API Gateway: its access log, and how fast each method may be called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from taxiway.deploy.change import Action, Change, patch
from taxiway.deploy.logs import log_group_arn
from taxiway.deploy.place import Api, Place
from taxiway.deploy.waiting import patiently
from taxiway.infra.logs import ACCESS_LOG_FORMAT
from taxiway.infra.names import GATEWAY_STAGE
from taxiway.infra.plans import ANY_METHOD, Throttle, method_settings

Metered = Mapping[str, frozenset[str]]
Operations = list[dict[str, str]]

_SAME = 0.0005
_AT_ONCE = 40
"""Operations in one call."""

# The account's role is not known everywhere at once.
_SOON = frozenset({"BadRequestException"})


def plan(place: Place, api: Api, metered: Metered) -> Iterator[Change]:
    """Compare the settings of the stage with what they should be."""
    stage: Mapping[str, Any] = place.aws.apigateway.get_stage(
        restApiId=api.id, stageName=GATEWAY_STAGE
    )
    yield from _access_log(place, api, stage)
    yield from _throttles(place, api, stage, metered)
    yield from _traces(place, api, stage)


def _access_log(place: Place, api: Api, stage: Mapping[str, Any]) -> Iterator[Change]:
    wanted = {
        "destinationArn": log_group_arn(place, api, place.names.access_log_group),
        "format": ACCESS_LOG_FORMAT,
    }
    has = stage.get("accessLogSettings") or {}
    # API Gateway gives the ARN back with `:*` or without.
    stands = {
        "destinationArn": str(has.get("destinationArn", "")).removesuffix(":*"),
        "format": has.get("format"),
    }
    if stands == wanted:
        return
    operations = [
        patch("replace", f"/accessLogSettings/{name}", value)
        for name, value in wanted.items()
    ]
    yield Change(
        Action.REPAIR if has else Action.CREATE,
        "access log",
        "other format or place" if has else f"to {place.names.access_log_group}",
        partial(_update, place, api, operations),
    )


def _throttles(
    place: Place, api: Api, stage: Mapping[str, Any], metered: Metered
) -> Iterator[Change]:
    settings = stage.get("methodSettings") or {}
    has = {_plain(key): one for key, one in settings.items()}
    wanted = {_plain(key): one for key, one in method_settings(metered).items()}
    operations: Operations = []
    for key, throttle in wanted.items():
        if not _is_same(throttle, has.get(key) or {}):
            operations += _set(_escaped(key), throttle)
    extra = sorted(has.keys() - wanted.keys())
    operations += [
        patch("remove", f"/{key}") for key in settings if _plain(key) in extra
    ]
    if not operations:
        return
    thing = "throttles of methods"
    apply = partial(_update, place, api, operations)
    if not has:
        why = "a ceiling for each, a low one without keys"
        yield Change(Action.CREATE, thing, why, apply)
        return
    some = [key for key, throttle in wanted.items() if key in has]
    differing = [key for key in some if not _is_same(wanted[key], has[key])]
    names = [*differing, *extra]
    why = f"changed: {', '.join(names)}" if names else "new methods"
    yield Change(Action.REPAIR if names else Action.CHANGE, thing, why, apply)


def _traces(place: Place, api: Api, stage: Mapping[str, Any]) -> Iterator[Change]:
    # Data traces write whole requests, keys and all, into a log.
    settings = stage.get("methodSettings") or {}
    traced = [key for key, one in settings.items() if one.get("dataTraceEnabled")]
    if traced:
        operations = [
            patch("replace", f"/{key}/logging/dataTrace", "false") for key in traced
        ]
        why = "would write keys into a log"
        apply = partial(_update, place, api, operations)
        yield Change(Action.REPAIR, "data trace", why, apply)


def _plain(key: str) -> str:
    """Write the key of a setting as a path: API Gateway has several ways."""
    plain = key.replace("~1", "/")
    return plain if plain == ANY_METHOD else f"/{plain.lstrip('/')}"


def _escaped(plain: str) -> str:
    path, _, method = plain.rpartition("/")
    return f"{path.replace('/', '~1')}/{method}"


def _is_same(throttle: Throttle, has: Mapping[str, Any]) -> bool:
    rate, burst = has.get("throttlingRateLimit"), has.get("throttlingBurstLimit")
    if rate is None or burst is None:
        return False
    return bool(abs(rate - throttle.rate) < _SAME and burst == throttle.burst)


def _set(key: str, throttle: Throttle) -> Operations:
    return [
        patch("replace", f"/{key}/throttling/rateLimit", str(throttle.rate)),
        patch("replace", f"/{key}/throttling/burstLimit", str(throttle.burst)),
    ]


def _update(place: Place, api: Api, operations: Operations) -> None:
    for first in range(0, len(operations), _AT_ONCE):
        call = partial(
            place.aws.apigateway.update_stage,
            restApiId=api.id,
            stageName=GATEWAY_STAGE,
            patchOperations=operations[first : first + _AT_ONCE],  # type: ignore[arg-type]
        )
        patiently(call, _SOON, attempts=5)
