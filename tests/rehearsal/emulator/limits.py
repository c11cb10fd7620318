"""Sizes, compression, and the headers that the gateway takes away.

AWS: "Quotas for configuring and running a REST API" (10 MB), "Lambda quotas" (6 MB each
way), "Payload compression for REST APIs", and "Amazon API Gateway important notes" for
the headers of an integration that get a new name.
"""

from __future__ import annotations

import gzip
from typing import Any

LARGEST_REQUEST = 10 * 1024 * 1024
LARGEST_EVENT = 6 * 1024 * 1024
_REMAPPED = ("www-authenticate", "date", "server", "connection", "age")


def mend(gateway: Any) -> None:
    """Refuse what is too large; compress what a client takes compressed."""
    execute, invoke = gateway._execute_in_scope, gateway._invoke_lambda_proxy_v1

    async def execute_in_scope(request: dict[str, Any], *rest: Any) -> Any:
        body = rest[5]
        if body and len(body) > LARGEST_REQUEST:
            api_id, stage_name = rest[0], rest[1]
            request["stage"] = gateway._stages_v1.get(api_id, {}).get(stage_name) or {}
            return gateway._gw_error("REQUEST_TOO_LARGE", "Request Too Long")
        answer = await execute(request, *rest)
        if isinstance(answer, gateway._GatewayError):
            return answer
        return _compressed(gateway, rest[0], rest[4], answer)

    async def proxy(*arguments: Any, **more: Any) -> Any:
        body = arguments[8]
        if body and len(body) > LARGEST_EVENT:
            return gateway._gw_error("REQUEST_TOO_LARGE", "Request Too Long")
        answer = await invoke(*arguments, **more)
        if isinstance(answer, gateway._GatewayError):
            return answer
        if len(answer[2]) > LARGEST_EVENT:
            return gateway._gw_error("INTEGRATION_FAILURE", "Internal server error")
        return answer[0], _renamed(answer[1]), answer[2]

    gateway._execute_in_scope = execute_in_scope
    gateway._invoke_lambda_proxy_v1 = proxy


def _renamed(headers: dict[str, Any]) -> dict[str, Any]:
    return {
        f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name: value
        for name, value in headers.items()
    }


def _compressed(
    gateway: Any, api_id: str, asked: dict[str, Any], answer: tuple[Any, ...]
) -> tuple[Any, ...]:
    status, headers, body = answer
    smallest = (gateway._rest_apis.get(api_id) or {}).get("minimumCompressionSize")
    names = {name.lower() for name in headers}
    if (
        smallest in {None, ""}
        or len(body) < int(smallest)
        or "content-encoding" in names
        or "gzip" not in gateway._header_ci(asked, "accept-encoding").lower()
    ):
        return answer
    kept = {k: v for k, v in headers.items() if k.lower() != "content-length"}
    return status, {**kept, "Content-Encoding": "gzip"}, gzip.compress(body, 6)
