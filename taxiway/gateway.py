"""Chalice's local API Gateway, nearer to the real one, under a stage named `api`."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import (
    LambdaEventConverter,
    LocalChalice,
    LocalGateway,
    MatchResult,
    RouteMatcher,
)

from chalicelib.edge.serving import gateway_error

STAGE = "api"
_PREFIX = f"/{STAGE}"
_FUNCTION_SECONDS = 29


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application, or the gateway in its stead, says."""

    status: int
    headers: Mapping[str, str | list[str]]
    body: bytes


class StageGateway:
    """Makes a Lambda event of a request, as a stage does, and calls the application."""

    def __init__(self, application: Chalice) -> None:
        """Make the application safe to call from several threads, once."""
        if not isinstance(application, LocalChalice):
            kinds = (LocalChalice, type(application))
            application.__class__ = type("LocalApplication", kinds, {})
        self._routes = application.routes
        self._matcher = _ExactMatcher(list(application.routes))
        config = Config.create(lambda_timeout=_FUNCTION_SECONDS)
        self._gateway = LocalGateway(application, config)
        self._gateway.event_converter = _StageEvents(
            self._matcher, application.api.binary_types
        )

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Answer a request; `target` is its path with the stage, and its query."""
        inner = without_stage(target)
        methods = self._methods_at(inner) if inner else []
        if not inner or not methods:
            return refusal(404, target, headers)
        asked = "GET" if method == "HEAD" and method not in methods else method
        if asked not in methods:
            return refusal(405, target, headers, {"Allow": ", ".join(methods)})
        return _to_answer(
            self._gateway.handle_request(asked, inner, dict(headers), body or None)
        )

    def _methods_at(self, inner: str) -> list[str]:
        try:
            return list(self._routes[self._matcher.match_route(inner).route])
        except ValueError:
            return []


def refusal(
    status: int,
    target: str,
    headers: Mapping[str, str],
    more: Mapping[str, str] | None = None,
) -> Answer:
    """Say no in the dialect that the path speaks."""
    path = (without_stage(target) or target).partition("?")[0]
    status, said, body = gateway_error(status, path, headers)
    return Answer(status, {**said, **(more or {})}, body.encode())


def without_stage(target: str) -> str | None:
    """Return the target as the application knows it; None when it is of no stage."""
    path, mark, query = target.partition("?")
    if path != _PREFIX and not path.startswith(_PREFIX + "/"):
        return None
    return (path.removeprefix(_PREFIX) or "/") + mark + query


def _to_answer(response: Mapping[str, Any]) -> Answer:
    body = response["body"] or b""
    if response.get("isBase64Encoded"):
        body = base64.b64decode(body)
    return Answer(
        response["statusCode"],
        {**response["headers"], **response["multiValueHeaders"]},
        body if isinstance(body, bytes) else body.encode(),
    )


class _ExactMatcher(RouteMatcher):
    """Matches whole paths: `;` and `//` are no URL syntax here."""

    def match_route(self, url: str) -> MatchResult:
        path, mark, query = url.partition("?")
        if "//" in path:
            msg = f"no route for {path}"
            raise ValueError(msg)
        quoted = path.replace(";", "%3B").replace("#", "%23")
        return super().match_route(quoted + mark + query.replace("#", "%23"))


def _source(headers: Mapping[str, str]) -> dict[str, str]:
    """Say who is connected: the server puts the address behind what was claimed."""
    last = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return {"sourceIp": last} if last else {}


class _StageEvents(LambdaEventConverter):
    """Says what API Gateway says of the path, and decodes its parameters."""

    def create_lambda_event(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes | None = None,
    ) -> dict[str, Any]:
        event: dict[str, Any] = super().create_lambda_event(method, path, headers, body)
        context = event["requestContext"]
        bare = context["path"]
        context |= {
            "path": _PREFIX + bare,
            "stage": STAGE,
            "requestId": str(uuid.uuid4()),
            "identity": context["identity"] | _source(headers),
        }
        return event | {
            "path": bare,
            "httpMethod": method,
            "resource": context["resourcePath"],
            "pathParameters": {
                name: unquote(value)
                for name, value in (event["pathParameters"] or {}).items()
            },
        }
