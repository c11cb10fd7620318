"""The whole document: OpenAPI 3.1, https://spec.openapis.org/oas/v3.1.1."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.edge.openapi import answers, operations
from chalicelib.edge.openapi.operations import Table
from chalicelib.edge.operation import Operation
from chalicelib.edge.router import Router

Json = dict[str, Any]

_SCHEMES: Json = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The key, as `Authorization: Bearer KEY`.",
    },
    "header": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "The key, in a header of its own.",
    },
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "The key as password; any user name.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-taxiway",
        "description": "An operator's session; changes need `X-CSRF-Token` too.",
    },
}


@dataclass(frozen=True, slots=True)
class About:
    """What the document says of the service; `tags` with what they hold."""

    info: Mapping[str, Any]
    server: str
    tags: Mapping[str, str]


def document(
    about: About,
    routers: Iterable[tuple[Router, str]],
    table: Table,
    schemas: Mapping[str, Any],
) -> Json:
    """Describe the routes; each router once, at its first place."""
    paths: dict[str, Json] = {}
    for router, prefix in _once(routers):
        for path, methods in router.routes.items():
            place = operations.place(prefix + path, router.dialect)
            paths[place] = _item(place, router, methods, table)
    responses = answers.errors()
    used = json.dumps([paths, responses])
    return {
        "openapi": "3.1.1",
        "info": dict(about.info),
        "servers": [{"url": about.server, "description": "This server."}],
        "tags": [
            {"name": name, "description": text} for name, text in about.tags.items()
        ],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": responses,
            "headers": {
                name: header
                for name, header in answers.HEADERS.items()
                if f"/headers/{name}" in used
            },
            "securitySchemes": _SCHEMES,
        },
    }


def to_text(written: Json) -> str:
    """Write the document as it is committed and served."""
    return json.dumps(written, ensure_ascii=False, indent=1) + "\n"


def schemas_of(models: Sequence[Any]) -> Json:
    """Write models and all that they hold as JSON Schema."""
    from pydantic.json_schema import models_json_schema

    _, found = models_json_schema(
        [(one, "validation") for one in models],
        ref_template="#/components/schemas/{model}",
    )
    schemas: Json = _untitled(found["$defs"])
    return schemas


def _once(routers: Iterable[tuple[Router, str]]) -> list[tuple[Router, str]]:
    first: dict[int, tuple[Router, str]] = {}
    for router, prefix in routers:
        first.setdefault(id(router), (router, prefix))
    return list(first.values())


def _item(
    place: str, router: Router, methods: Mapping[str, Operation], table: Table
) -> Json:
    item: Json = {}
    parameters = operations.path_parameters(place, table)
    if parameters:
        item["parameters"] = parameters
    for method, operation in methods.items():
        told = operations.describe(place, router.dialect, operation, table)
        item[method.lower()] = told
    return item


def _untitled(value: Any) -> Any:
    # Pydantic gives every field a title made of its name, which says nothing new.
    if isinstance(value, list):
        return [_untitled(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: one if key in {"default", "examples", "enum"} else _untitled(one)
        for key, one in value.items()
        if not (key == "title" and isinstance(one, str))
    }
