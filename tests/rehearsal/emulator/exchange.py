"""One request to the gateway, as all mends see it: `$context` in one place.

AWS: "API Gateway mapping template and access logging variable reference", and "Input
format of a Lambda function for proxy integration". ministack gives the authorizer, the
function and the gateway response each an id of their own, knows no domain name, and
takes the caller's address from a header that the caller writes.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

PROTOCOL = "HTTP/1.1"
_ID_HEADER = "x-amzn-requestid"


@dataclass(slots=True)
class Exchange:
    """What is known of a request, more with each step."""

    host: str = ""
    seen_path: str = ""
    peer: str = "127.0.0.1"
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    began: float = field(default_factory=time.time)
    api: Mapping[str, Any] = field(default_factory=dict)
    key: Mapping[str, Any] | None = None
    usage_key: str | None = None
    authorizer: Mapping[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    def request_context(self) -> dict[str, Any]:
        """Give what authorizer and function learn about the request alike."""
        name = self.host.partition(":")[0]
        return {
            "requestId": self.request_id,
            "extendedRequestId": self.request_id,
            "domainName": name,
            "domainPrefix": name.partition(".")[0],
            # As with a custom domain: all that the client sees before the route.
            "path": self.seen_path,
            "protocol": PROTOCOL,
            "requestTimeEpoch": int(self.began * 1000),
        }

    def variable(self, name: str) -> str | None:
        """Give `$context.NAME`, or None where there is none."""
        group, _, rest = name.partition(".")
        if group == "authorizer":
            return self.authorizer.get(rest)
        if name == "identity.sourceIp":
            return self.peer
        known = self.request_context()
        return str(known[name]) if name in known else self.facts.get(name)


_current: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


def current() -> Exchange:
    """Give the request that is being served."""
    return _current.get() or Exchange()


def mend(gateway: Any, front: Any) -> None:
    """Begin an exchange with each request, and put it into the function's event."""
    inner_request = front._handle_execute_api_request
    inner_event = gateway._build_lambda_event_v1

    async def handle(
        host: str,
        path: str,
        method: str,
        headers: dict[str, Any],
        *rest: Any,
        **more: Any,
    ) -> Any:
        one = Exchange(host=host, seen_path=path, peer=front_peer())
        _current.set(one)
        # AWS appends the peer to what a client claims, and says the scheme itself.
        claimed = headers.get("x-forwarded-for")
        headers = {
            **headers,
            "x-forwarded-for": f"{claimed}, {one.peer}" if claimed else one.peer,
            "x-forwarded-proto": "http",
            "x-forwarded-port": host.partition(":")[2] or "80",
        }
        answer = await inner_request(host, path, method, headers, *rest, **more)
        if answer and not any(name.lower() == _ID_HEADER for name in answer[1]):
            answer[1][_ID_HEADER] = one.request_id
        return answer

    def front_peer() -> str:
        from ministack.core.responses import _request_client_ip

        return str(_request_client_ip.get())

    def event(*arguments: Any, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = inner_event(*arguments, **more)
        one = current()
        made["requestContext"] |= one.request_context()
        made["requestContext"]["identity"]["sourceIp"] = one.peer
        if one.key:
            made["requestContext"]["identity"] |= {
                "apiKey": one.key["value"],
                "apiKeyId": one.key["id"],
            }
        return made

    def scope_of(api_id: str) -> tuple[str, str] | None:
        # AWS: "Invoke REST APIs in API Gateway": by its host, whoever calls.
        places = [place for place, _ in gateway._rest_apis.all_items()]
        return next((one[:2] for one in places if one[2] == api_id), None)

    gateway.find_api_scope = scope_of
    front._handle_execute_api_request = handle
    gateway._build_lambda_event_v1 = event
