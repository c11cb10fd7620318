"""Gateway responses may say anything that `$context` knows, in headers and bodies.

AWS: "Gateway responses for REST APIs" and "Using x-amazon-apigateway-gateway-responses".
ministack knows only the request id and the error in a body, and answers a function that
fails, or that answers too much, past the gateway responses.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.rehearsal.emulator import exchange

_VARIABLE = re.compile(rb"\$(?:\{context\.([\w.]+)\}|context\.(\w+(?:\.\w+)*))")
_FAILED = 502


def mend(gateway: Any) -> None:
    """Fill in what ministack leaves, and send a function's failure this way too."""
    value_of, render = gateway._gateway_request_value, gateway._gateway_error_response
    invoke = gateway._invoke_lambda_proxy_v1

    def request_value(source: str, request: dict[str, Any]) -> str | None:
        if source.startswith("context."):
            return exchange.current().variable(source.removeprefix("context."))
        value: str | None = value_of(source, request)
        return value

    def error_response(
        error: Any, request: dict[str, Any]
    ) -> tuple[int, dict[str, Any], bytes]:
        one = exchange.current()
        request["request_id"] = one.request_id
        one.facts |= {
            "error.responseType": error.response_type,
            "error.message": error.message or "",
            "resourcePath": request["resource_path"],
            "stage": request["stage_name"],
            "status": "",
        }
        status, headers, body = render(error, request)
        return status, headers, _VARIABLE.sub(_filled, body)

    async def proxy(*arguments: Any, **more: Any) -> Any:
        answer = await invoke(*arguments, **more)
        if isinstance(answer, tuple) and answer[0] == _FAILED:
            return gateway._gw_error(_kind(answer[2]), "Internal server error")
        return answer

    gateway._gateway_request_value = request_value
    gateway._gateway_error_response = error_response
    gateway._invoke_lambda_proxy_v1 = proxy


def _filled(found: re.Match[bytes]) -> bytes:
    name = (found[1] or found[2]).decode()
    return (exchange.current().variable(name) or "").encode()


def _kind(body: bytes) -> str:
    """Tell a function that took too long from one that failed.

    AWS does not say which type a failed function's 502 has; with either, and with
    none but DEFAULT_5XX, the body is the customised one.
    """
    try:
        said = json.dumps(json.loads(body))
    except ValueError:
        said = body.decode(errors="replace")
    return "INTEGRATION_TIMEOUT" if "timed out" in said else "INTEGRATION_FAILURE"
