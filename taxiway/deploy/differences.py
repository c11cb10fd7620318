"""What of an API is not as its definition says. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from taxiway.infra.definition import AUTHORIZER, KEY_SOURCE

Found = Mapping[str, Any]
_NAMED = 3


def differences(wanted: Found, stands: Found) -> list[str]:
    """Say in words what differs."""
    return [
        *_settings(wanted, stands["api"]),
        *_authorizer(wanted, stands["authorizers"]),
        *_responses(wanted, stands["responses"]),
        *_methods(wanted, stands),
    ]


def _settings(wanted: Found, api: Found) -> Iterator[str]:
    if api.get("name") != wanted["info"]["title"]:
        yield f"is called {api.get('name')}"
    source = api.get("apiKeySource", "HEADER")
    if source != KEY_SOURCE:
        yield f"API key source is {source}, not {KEY_SOURCE}"
    size = wanted.get("x-amazon-apigateway-minimum-compression-size")
    if size is not None and api.get("minimumCompressionSize") != size:
        yield f"minimum compression size is {api.get('minimumCompressionSize')}"


def _authorizer(wanted: Found, found: Sequence[Found]) -> Iterator[str]:
    ours = _ours(found)
    if ours is None:
        yield "the authorizer is missing"
        return
    described = wanted["securityDefinitions"][AUTHORIZER][
        "x-amazon-apigateway-authorizer"
    ]
    if ours.get("type") != "REQUEST":
        yield f"the authorizer is of type {ours.get('type')}, not REQUEST"
    if ours.get("authorizerUri") != described["authorizerUri"]:
        yield "the authorizer asks another function"
    if ours.get("authorizerResultTtlInSeconds") != 0:
        seconds = ours.get("authorizerResultTtlInSeconds")
        yield f"the authorizer's answers are cached for {seconds} seconds"
    if ours.get("identitySource"):
        yield f"the authorizer wants {ours['identitySource']}"


def _ours(found: Sequence[Found]) -> Found | None:
    return next((each for each in found if each.get("name") == AUTHORIZER), None)


def _responses(wanted: Found, found: Sequence[Found]) -> Iterator[str]:
    described = wanted["x-amazon-apigateway-gateway-responses"]
    stands = {str(each.get("responseType")): each for each in found}
    changed = [
        kind
        for kind, one in described.items()
        if not _is_same(one, stands.get(kind, {}))
    ]
    if changed:
        yield f"gateway responses differ: {_some(changed)}"


def _is_same(one: Found, has: Found) -> bool:
    if has.get("defaultResponse"):
        return False
    names = ("responseParameters", "responseTemplates")
    if any((has.get(name) or {}) != one[name] for name in names):
        return False
    return "statusCode" not in one or str(has.get("statusCode")) == one["statusCode"]


def _methods(wanted: Found, stands: Found) -> Iterator[str]:
    authorizer = _ours(stands["authorizers"]) or {}
    found = {
        f"{verb} {resource.get('path')}": method
        for resource in stands["resources"]
        for verb, method in (resource.get("resourceMethods") or {}).items()
    }
    described = {
        f"{verb.upper()} {path}": operation
        for path, operations in wanted["paths"].items()
        for verb, operation in operations.items()
    }
    missing = sorted(described.keys() - found.keys())
    if missing:
        yield f"methods are missing: {_some(missing)}"
    extra = sorted(found.keys() - described.keys())
    if extra:
        yield f"methods are not ours: {_some(extra)}"
    changed = [
        name
        for name, operation in sorted(described.items())
        if name in found and not _guarded(operation, found[name], authorizer.get("id"))
    ]
    if changed:
        yield f"methods ask for other keys: {_some(changed)}"
    astray = [
        name
        for name, operation in sorted(described.items())
        if name in found and not _leads(operation, found[name])
    ]
    if astray:
        yield f"methods lead elsewhere: {_some(astray)}"


def _guarded(operation: Found, method: Found, authorizer_id: object) -> bool:
    has = (
        method.get("authorizationType", "NONE"),
        method.get("authorizerId") or None,
        bool(method.get("apiKeyRequired")),
    )
    if operation.get("security"):
        return has == ("CUSTOM", authorizer_id, True)
    return has == ("NONE", None, False)


def _leads(operation: Found, method: Found) -> bool:
    wanted = operation["x-amazon-apigateway-integration"].get("uri")
    has = (method.get("methodIntegration") or {}).get("uri")
    return wanted is None or bool(has == wanted)


def _some(names: Sequence[str]) -> str:
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
