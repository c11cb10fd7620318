"""The Lambda function in this process: events of API Gateway in, answers out."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Event = dict[str, Any]

OBJECTS = "/collections/{collection}/objects"
OBJECT = OBJECTS + "/{object_id}"
VERSIONS = OBJECT + "/versions"
MANIFEST = "/collections/{collection}/manifest"
TAXII, REST = "/taxii2/api", "/v1"
_MEDIA_TYPES = {
    TAXII: "application/taxii+json;version=2.1",
    REST: "application/json",
    "": "application/json",
}


class Application(Protocol):
    """What Lambda calls."""

    def __call__(self, event: Event, context: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Request:
    """A request below a root; `route` with its placeholders."""

    method: str
    route: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: str | None = None
    root: str = TAXII
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the function gives back."""

    status: int
    headers: Mapping[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


def get(route: str, query: Mapping[str, str] | None = None, **path: str) -> Request:
    """Ask for something of the REST API."""
    return Request("GET", route, path, query or {}, root=REST)


def to_event(request: Request, key: str) -> Event:
    """Write the event that API Gateway's proxy integration sends."""
    path = request.root + request.route.format(**request.path)
    media_type = _MEDIA_TYPES[request.root]
    headers = {
        "Accept": media_type if request.root == TAXII else "*/*",
        "Authorization": f"Bearer {key}",
        "Content-Type": media_type,
        "Host": "intel.example.com",
        "User-Agent": "bench",
        "X-Forwarded-Proto": "https",
        **request.headers,
    }
    query = dict(request.query)
    return {
        "resource": request.root + request.route,
        "path": path,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} or None,
        "pathParameters": dict(request.path),
        "stageVariables": None,
        "requestContext": {
            "resourcePath": request.root + request.route,
            "httpMethod": request.method,
            "path": f"/api{path}",
            "stage": "api",
            "requestId": str(uuid.uuid4()),
            "domainName": "intel.example.com",
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": request.body,
        "isBase64Encoded": False,
    }


def to_answer(given: Mapping[str, Any]) -> Answer:
    """Read what goes back to API Gateway."""
    return Answer(given["statusCode"], given["headers"], given["body"])
