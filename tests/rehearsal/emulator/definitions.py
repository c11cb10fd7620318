"""ImportRestApi and PutRestApi, with the extensions that Chalice and we write.

AWS: "Working with API Gateway extensions to OpenAPI" and "PutRestApi". ministack has
neither operation, and its reader of OpenAPI (for CloudFormation) leaves out binary
types, the key source, compression, gateway responses and the integrations' details.
"""

from __future__ import annotations

import json
from typing import Any

_EXTENSION = "x-amazon-apigateway-"


def mend(gateway: Any) -> None:
    """Read the whole definition, for both ways in."""
    gateway._import_operation = _operation_importer(gateway)
    gateway._import_identity_source = _identity_source(gateway)
    create = gateway._import_rest_api

    def import_rest_api(
        spec: dict[str, Any], base: dict[str, Any] | None = None
    ) -> str:
        api_id = str(create(spec, base))
        _extend(gateway, api_id, spec)
        return api_id

    gateway._import_rest_api = import_rest_api


def import_api(gateway: Any, spec: dict[str, Any], endpoint_type: str) -> Any:
    """Answer ImportRestApi."""
    base = {"endpointConfiguration": {"types": [endpoint_type]}}
    api_id = gateway._import_rest_api(spec, base)
    return gateway._v1_response(
        gateway._rest_api_view(gateway._rest_apis.get(api_id)), 201
    )


def put_api(gateway: Any, api_id: str, spec: dict[str, Any], mode: str) -> Any:
    """Answer PutRestApi; `overwrite` forgets what the definition does not say."""
    api = gateway._rest_apis.get(api_id)
    if api is None:
        return gateway._v1_error(
            "NotFoundException", "Invalid API identifier specified", 404
        )
    if mode == "overwrite":
        _forget(gateway, api_id)
    api["name"] = (spec.get("info") or {}).get("title") or api["name"]
    schemes = gateway._import_security_schemes(api_id, spec)
    for path, item in (spec.get("paths") or {}).items():
        gateway._import_path_item(api_id, path, item, schemes, spec.get("security"))
    _extend(gateway, api_id, spec)
    return gateway._v1_response(gateway._rest_api_view(api))


def _forget(gateway: Any, api_id: str) -> None:
    resources = gateway._resources[api_id]
    root = next(one for one in resources.values() if one["path"] == "/")
    root["resourceMethods"] = {}
    gateway._resources[api_id] = {root["id"]: root}
    gateway._authorizers_v1[api_id] = {}
    gateway._gateway_responses[api_id] = {}
    gateway._rest_apis.get(api_id).update(
        apiKeySource="HEADER", binaryMediaTypes=[], minimumCompressionSize=None
    )


def _extend(gateway: Any, api_id: str, spec: dict[str, Any]) -> None:
    api = gateway._rest_apis.get(api_id)
    for name, field in (
        ("binary-media-types", "binaryMediaTypes"),
        ("api-key-source", "apiKeySource"),
        ("minimum-compression-size", "minimumCompressionSize"),
    ):
        if _EXTENSION + name in spec:
            api[field] = spec[_EXTENSION + name]
    if spec.get(_EXTENSION + "policy"):
        api["policy"] = json.dumps(spec[_EXTENSION + "policy"])
    for kind, response in (spec.get(_EXTENSION + "gateway-responses") or {}).items():
        status, _, body = gateway._put_gateway_response(api_id, kind, response or {})
        if status >= 400:
            raise ValueError(body)


def _identity_source(gateway: Any) -> Any:
    """Without caching a REQUEST authorizer needs no identity source, and `""` is none.

    AWS: "x-amazon-apigateway-authorizer object". ministack takes Authorization.
    """
    inner = gateway._import_identity_source

    def identity_source(scheme: dict[str, Any], extension: dict[str, Any]) -> str:
        if extension.get("type") == "request":
            return extension.get("identitySource") or ""
        return str(inner(scheme, extension))

    return identity_source


def _operation_importer(gateway: Any) -> Any:
    inner = gateway._import_operation

    def import_operation(
        api_id: str,
        resource: str,
        method: str,
        operation: dict[str, Any] | None,
        *rest: Any,
    ) -> None:
        inner(api_id, resource, method, operation, *rest)
        operation = operation or {}
        where = (api_id, resource, method)
        for status, response in (operation.get("responses") or {}).items():
            names = (response or {}).get("headers") or {}
            told = {f"method.response.header.{name}": False for name in names}
            gateway._put_method_response(
                *where, str(status), {"responseParameters": told}
            )
        integration = operation.get(_EXTENSION + "integration")
        if integration:
            _put_integration(gateway, where, integration)

    return import_operation


def _put_integration(
    gateway: Any, where: tuple[str, str, str], integration: dict[str, Any]
) -> None:
    behaviour = integration.get("passthroughBehavior") or "WHEN_NO_MATCH"
    gateway._put_integration(
        *where,
        {
            **integration,
            "type": (integration.get("type") or "").upper() or None,
            "passthroughBehavior": behaviour.upper(),
        },
    )
    for pattern, response in (integration.get("responses") or {}).items():
        gateway._put_integration_response(
            *where,
            str(response.get("statusCode", "200")),
            {
                **response,
                "selectionPattern": "" if pattern == "default" else pattern,
            },
        )
