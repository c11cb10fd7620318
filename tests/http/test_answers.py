"""What the document says of answers holds for real ones, in all their formats."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from chalicelib.core.iocs.ioc import IocType
from tests.publishing import value_of
from tests.support.served import Served, served
from tests.support.stock import stock

DOCUMENT = json.loads(
    (Path(__file__).parents[2] / "chalicelib/data/openapi.json").read_text()
)
REGISTRY: Registry[Any] = Registry().with_resource(
    "urn:api", Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
)
EXAMPLES = {"ioc": "host-0.bad.example", "q": "host-1", "days": "2"}
# The session of a browser is tried in test_sessions.py, a status in tests/taxii.
ELSEWHERE = {"get_session", "get_status"}


def queries(operation: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Yield what is required alone, and with each choice of each parameter."""
    parameters = operation.get("parameters", ())
    needed = {
        one["name"]: EXAMPLES[one["name"]] for one in parameters if one["required"]
    }
    yield needed
    for one in parameters:
        schema = one["schema"]
        choices = schema.get("enum") or schema.get("items", {}).get("enum") or ()
        if schema["type"] == "boolean":
            choices = ("true", "false")
        for choice in choices:
            yield needed | {one["name"]: choice}
    if "ioc" in needed:
        yield from ({"ioc": value_of(kind, 0)} for kind in IocType)
        yield from ({"ioc": one} for one in ("TA0001", "203.0.113.77", "never.example"))
    if any(one["name"] == "fields" for one in parameters):
        yield {"fields": "id,title"}
        yield {"expand": "iocs,mitre,cves,threat_actors"}


CASES = [
    pytest.param(
        path, operation, query, id=f"{operation['operationId']}?{urlencode(query)}"
    )
    for path, item in DOCUMENT["paths"].items()
    for operation in [item.get("get")]
    if operation and operation["operationId"] not in ELSEWHERE
    for query in queries(operation)
]


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[Served, dict[str, str]]]:
    with served() as one:
        yield one, stock(one.container)


def ask(
    world: tuple[Served, dict[str, str]], method: str, path: str, body: Any = None
) -> tuple[http.client.HTTPResponse, bytes]:
    one, places = world
    for name, value in places.items():
        path = path.replace(f"{{{name}}}", quote(value))
    url = urlsplit(one.url)
    admin = path.startswith(("/v1/keys", "/v1/session"))
    headers = {"Authorization": f"Bearer {one.admin if admin else one.key}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    connection = http.client.HTTPConnection(url.hostname or "", url.port)
    connection.request(
        method, url.path + path, None if body is None else json.dumps(body), headers
    )
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    return answer, said


def check(
    operation: dict[str, Any], answer: http.client.HTTPResponse, body: bytes
) -> None:
    told = operation["responses"][str(answer.status)]
    if "$ref" in told:
        told = DOCUMENT["components"]["responses"][told["$ref"].rpartition("/")[2]]
    media_type = (answer.headers["Content-Type"] or "").partition(";")[0]
    (schema,) = [
        one["schema"]
        for name, one in told["content"].items()
        if name.partition(";")[0] == media_type
    ]
    value = (
        json.loads(body)
        if media_type.endswith("json") and "nd" not in media_type
        else body.decode()
    )
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | absolute(
        schema
    )
    validator = Draft202012Validator(
        whole, registry=REGISTRY, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    errors = [
        f"{error.json_path}: {error.message[:300]}"
        for error in validator.iter_errors(value)
    ]
    assert errors == []


def absolute(schema: dict[str, Any]) -> dict[str, Any]:
    """Point a schema of an answer into the document."""
    reference = schema.get("$ref")
    return schema if reference is None else {"$ref": f"urn:api{reference}"}


@pytest.mark.parametrize(("path", "operation", "query"), CASES)
def test_every_real_answer_is_as_its_model_says(
    world: tuple[Served, dict[str, str]], path: str, operation, query: dict[str, str]
):
    answer, body = ask(world, "GET", f"{path}?{urlencode(query)}" if query else path)
    if answer.status == 400 and "type" in query:
        # A value is of one type, and a device takes some.
        assert json.loads(body)["error"]["details"]["field"] in ("type", "ioc")
    else:
        assert answer.status == 200, body
    check(operation, answer, body)


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        pytest.param(path, item["get"], id=item["get"]["operationId"])
        for path, item in DOCUMENT["paths"].items()
        if "304" in item.get("get", {}).get("responses", {})
    ],
)
def test_what_says_304_has_a_tag(
    world: tuple[Served, dict[str, str]], path: str, operation
):
    answer, _ = ask(world, "GET", path + next(iter(map(_query, queries(operation)))))
    assert answer.status == 200
    assert answer.headers["ETag"]


def _query(given: dict[str, str]) -> str:
    return f"?{urlencode(given)}" if given else ""


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        pytest.param(path, item["get"], id=item["get"]["operationId"])
        for path, item in DOCUMENT["paths"].items()
        if "304" not in item.get("get", {"responses": {"304": 0}})["responses"]
    ],
)
def test_what_has_a_tag_says_304(
    world: tuple[Served, dict[str, str]], path: str, operation
):
    answer, _ = ask(world, "GET", path + next(iter(map(_query, queries(operation)))))
    assert answer.headers["ETag"] is None


@pytest.mark.parametrize(
    "body",
    [
        {
            "iocs": [
                "host-0.bad.example",
                "198.51.0.1",
                "no value",
                "never.seen.example",
            ]
        },
        {"iocs": ["host-0.bad.example", "\n"], "expand": ["articles", "networks"]},
    ],
)
def test_a_lookup_of_many_is_as_its_model_says(
    world: tuple[Served, dict[str, str]], body
):
    operation = DOCUMENT["paths"]["/v1/lookup"]["post"]
    answer, said = ask(world, "POST", "/v1/lookup", body)
    assert answer.status == 200
    check(operation, answer, said)


@pytest.mark.parametrize(
    "query",
    [
        "until=1969-12-31&offset=4",
        "until=1040-12-17T22:13:30.591Z&offset=285&type=ipv4,domain",
        "since=0001-01-01&until=0001-01-02&offset=3",
        "until=9999-12-31T23:59:59Z&offset=5000",
    ],
)
def test_a_page_of_the_far_past_or_future_is_empty(
    world: tuple[Served, dict[str, str]], query: str
):
    answer, said = ask(world, "GET", f"/v1/iocs?{query}")
    assert (answer.status, json.loads(said)["data"]) == (200, [])
    check(DOCUMENT["paths"]["/v1/iocs"]["get"], answer, said)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/v1/keys", {"name": "another"}),
        ("delete", "/v1/keys/{key_id}", None),
        ("post", "/v1/session", None),
        ("delete", "/v1/session", None),
    ],
)
def test_what_operators_change_is_as_its_model_says(
    world: tuple[Served, dict[str, str]], method: str, path: str, body
):
    answer, said = ask(world, method.upper(), path, body)
    assert answer.status in (200, 201)
    check(DOCUMENT["paths"][path][method], answer, said)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/feeds?limit=1", 400),
        ("/v1/keys/nothing", 404),
        ("/v1/articles/00000000-0000-4000-8000-000000000000", 404),
        ("/taxii2/api/collections/nothing/", 404),
        ("/taxii2/api/collections/all/objects/?limit=0", 400),
    ],
)
def test_errors_are_as_their_model_says(
    world: tuple[Served, dict[str, str]], path: str, status: int
):
    answer, body = ask(world, "GET", path)
    assert answer.status == status
    template = path.partition("?")[0]
    for name, pattern in {
        "/v1/keys/nothing": "/v1/keys/{key_id}",
        "/v1/articles/00000000-0000-4000-8000-000000000000": "/v1/articles/{article_id}",
        "/taxii2/api/collections/nothing/": "/taxii2/api/collections/{collection}/",
        "/taxii2/api/collections/all/objects/": "/taxii2/api/collections/{collection}/objects/",
    }.items():
        template = pattern if template == name else template
    check(DOCUMENT["paths"][template]["get"], answer, body)
