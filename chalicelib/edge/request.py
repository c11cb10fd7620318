"""A request as the views see it: plain values out of a Lambda event."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice.app import Request as ChaliceRequest

_HOST = re.compile(
    r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9a-fA-F:.]+\](:\d{1,5})?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are in lower case; `query` keeps repeats.

    `authorizer` is what the gateway's authorizer said of the caller.
    """

    id: str
    method: str
    route: str
    headers: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: bytes
    base_url: str
    source_ip: str
    authorizer: Mapping[str, Any]


def from_chalice(request: ChaliceRequest, public_url: str | None) -> Request:
    """Read what Chalice has made of an event of API Gateway or its local twin."""
    context = request.context
    told = context.get("authorizer")
    headers = {name.lower(): value for name, value in request.headers.items()}
    event = request.to_original_event()
    body = request.raw_body
    return Request(
        id=request_id(context.get("requestId")),
        method=request.method,
        route=request.path,
        headers=headers,
        query=event.get("multiValueQueryStringParameters") or {},
        body=body.encode() if isinstance(body, str) else body,
        base_url=public_url or _base_url(context, headers, request),
        source_ip=str((context.get("identity") or {}).get("sourceIp") or ""),
        authorizer=told if isinstance(told, dict) else {},
    )


def request_id(given: object = None) -> str:
    """Name a request as error answers and the log do."""
    return f"req_{given or uuid.uuid4().hex}"


def _base_url(
    context: Mapping[str, Any], headers: Mapping[str, str], request: ChaliceRequest
) -> str:
    # The path that the client sees ends with the path of the route; what is
    # before it is the stage, or the base path of a custom domain.
    seen = str(context.get("path", "")).rstrip("/")
    depth = len(request.path.rstrip("/").split("/")) - 1
    parts = seen.split("/")
    prefix = "/".join(parts[: len(parts) - depth])
    scheme = headers.get("x-forwarded-proto", "http")
    host = headers.get("host", "")
    if not _HOST.fullmatch(host):
        host = str(context.get("domainName") or "localhost")
    return f"{'https' if scheme == 'https' else 'http'}://{host}{prefix}"
