"""The definition of the API: Chalice's own, and what stands in front of it."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice.app import Chalice

AUTHORIZER = "taxiway"
API_KEY = "api_key"
KEY_SOURCE = "AUTHORIZER"

Metered = Mapping[str, frozenset[str]]


def metered_methods(app: Chalice) -> dict[str, frozenset[str]]:
    """Find the methods of each path that ask for a data key."""
    found = {
        path: frozenset(
            method
            for method, entry in methods.items()
            if method in getattr(entry.view_function, "metered", frozenset())
        )
        for path, methods in app.routes.items()
    }
    return {path: methods for path, methods in found.items() if methods}


def extend(
    swagger: Mapping[str, Any],
    metered: Metered,
    authorizer_uri: object,
    responses: Mapping[str, Any],
    *,
    title: str | None = None,
    compression: int | None = None,
) -> dict[str, Any]:
    """Put keys, plans and our own errors in front of what Chalice describes.

    Every metered method asks the authorizer, and for an API key of a plan. The
    authorizer has no identity source, so that it is asked whatever way a key is
    presented, and nothing is cached, so that a revoked key ends at once.
    """
    extended = copy.deepcopy(dict(swagger))
    extended.setdefault("securityDefinitions", {}).update(_security(authorizer_uri))
    for path, methods in metered.items():
        for method in methods:
            operation = extended["paths"][path][method.lower()]
            operation["security"] = [{AUTHORIZER: []}, {API_KEY: []}]
    extended["x-amazon-apigateway-api-key-source"] = KEY_SOURCE
    extended["x-amazon-apigateway-gateway-responses"] = copy.deepcopy(dict(responses))
    if title is not None:
        extended["info"] = {**extended.get("info", {}), "title": title}
    if compression is not None:
        extended["x-amazon-apigateway-minimum-compression-size"] = compression
    return extended


def digest(definition: Mapping[str, Any]) -> str:
    """Name a definition by what it says."""
    text = json.dumps(definition, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _security(authorizer_uri: object) -> dict[str, Any]:
    return {
        AUTHORIZER: {
            "type": "apiKey",
            "in": "header",
            "name": "Unused",
            "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "request",
                "identitySource": "",
                "authorizerResultTtlInSeconds": 0,
                "authorizerUri": authorizer_uri,
            },
        },
        API_KEY: {"type": "apiKey", "in": "header", "name": "x-api-key"},
    }
