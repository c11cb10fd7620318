"""The OpenAPI document is what the code does, and the page that shows it is safe."""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha256
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from app import ROUTES
from chalicelib.access import tiers
from chalicelib.edge.operation import Door
from chalicelib.errors import AppError
from tests.http.conftest import Service
from tools import build_openapi

DATA = Path(__file__).parents[2] / "chalicelib/data"
DOCUMENT = json.loads((DATA / "openapi.json").read_text())
PAGE = (DATA / "docs.html").read_text()
PLAIN = {"Accept": "*/*"}
METHODS = ("get", "post", "delete")
OPERATIONS = [
    pytest.param(path, method, item[method], id=item[method]["operationId"])
    for path, item in DOCUMENT["paths"].items()
    for method in METHODS
    if method in item
]


def traits() -> dict[str, object]:
    return {
        operation.view.__name__: operation
        for router, _ in ROUTES
        for operations in router.routes.values()
        for operation in operations.values()
    }


def test_the_committed_document_is_that_of_the_code():
    stale = "chalicelib/data/openapi.json is not what the code says: run `make openapi`"
    assert build_openapi.build() == (DATA / "openapi.json").read_text(), stale


def test_the_document_is_valid_by_the_judge_of_openapi():
    errors = OpenAPIV31SpecValidator(DOCUMENT).iter_errors()
    assert [str(error.message) for error in errors] == []


def test_every_route_is_in_the_document_once():
    told = [param.values[2]["operationId"] for param in OPERATIONS]
    assert sorted(told) == sorted(set(traits()))


def test_every_model_and_answer_in_the_document_is_used():
    text = json.dumps(DOCUMENT)
    for kind in ("schemas", "headers", "securitySchemes"):
        for name in DOCUMENT["components"][kind]:
            used = f"#/components/{kind}/{name}" in text or f'"{name}": [' in text
            assert used, f"{kind}/{name}"


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_who_may_and_what_it_counts_is_told(path, method, operation):
    one = traits()[operation["operationId"]]
    text = operation["description"]
    schemes = {name for each in operation["security"] for name in each}
    if one.door is Door.OPEN:
        assert schemes == set()
        return
    assert {"401", "403", "503"} <= set(operation["responses"])
    if one.door is Door.ADMIN:
        assert schemes == {"bearer", "header", "session"}
        return
    assert schemes == {"bearer", "header", "basic"}
    assert "429" in operation["responses"]
    table = tiers.load()
    assert f"Counts {table.cost(one.traits.counts) / 10:g} request" in text
    assert (f"Scope `{one.traits.scope}`." in text) == (one.traits.scope is not None)
    required = table.needed(one.traits.needs)
    assert ("or higher" in text) == (required is not None)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_and_parameter_has_words(path, method, operation):
    assert operation["summary"]
    assert not operation["summary"].endswith(".")
    for one in operation.get("parameters", ()):
        assert one["description"].endswith("."), one["name"]
        if one["schema"]["type"] == "array":
            assert (one["style"], one["explode"]) == ("form", False)


def test_every_code_of_an_error_is_in_the_document():
    told = " ".join(
        one["description"] for one in DOCUMENT["components"]["responses"].values()
    )

    def codes(root: type[AppError]) -> set[str]:
        return {root.code}.union(*map(codes, root.__subclasses__()))

    assert {code for code in codes(AppError) if f"`{code}`" not in told} == set()


def test_the_document_is_served_as_it_is_committed(service: Service):
    answer = service.call("GET", "/openapi.json", headers=PLAIN)
    assert answer.status_code == 200
    assert answer.body == (DATA / "openapi.json").read_bytes()
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_who_has_the_newest_version_is_told_so(service: Service, path: str):
    etag = service.call("GET", path, headers=PLAIN).headers["ETag"]
    again = service.call("GET", path, headers=PLAIN | {"If-None-Match": etag})
    assert (again.status_code, again.body) == (304, b"")
    assert again.headers["ETag"] == etag
    other = service.call("GET", path, headers=PLAIN | {"If-None-Match": 'W/"older"'})
    assert other.status_code == 200


def test_the_page_is_html_for_whoever_asks(service: Service):
    for accept in ("text/html", "*/*", "application/json"):
        answer = service.call("GET", "/docs", headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.body.decode() == PAGE


def test_the_page_runs_its_own_script_and_nothing_else(service: Service):
    headers = service.call("GET", "/docs", headers=PLAIN).headers
    rules = dict(
        rule.strip().split(" ", 1)
        for rule in headers["Content-Security-Policy"].split(";")
    )
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    for name in ("base-uri", "form-action", "frame-ancestors"):
        assert rules[name] == "'none'"
    for tag in ("script", "style"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", PAGE, re.DOTALL)
        digest = base64.b64encode(sha256(text.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_page_fetches_nothing_from_elsewhere_and_keeps_no_key():
    assert len(PAGE.encode()) < 40_000
    assert re.findall(r"""(?:src|href)=["']([^"']*)""", PAGE) == ["openapi.json"] * 2
    assert re.search(r"\son\w+=", PAGE.partition("<script>")[0]) is None
    # Texts of the document never become markup, and the key never an address.
    for word in (
        "innerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Storage",
        "cookie",
    ):
        assert word not in PAGE, word
    assert "api_key" not in PAGE


def test_every_field_of_the_page_has_a_label():
    html = PAGE.partition("<script>")[0]
    fields = re.findall(r'<input id="(\w+)"', html)
    assert sorted(fields) == sorted(re.findall(r'<label for="(\w+)"', html))
    assert 'lang="en"' in html
    assert "<main" in html


def test_the_table_of_all_endpoints_is_what_they_are():
    text = (Path(__file__).parents[2] / "docs/api/README.md").read_text()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if re.match(r"\| `[A-Z]+ /", line)
    ]
    told = {row[0].strip("`"): row[2:5] for row in rows}
    found = {}
    for param in OPERATIONS:
        path, method, operation = param.values
        one = traits()[operation["operationId"]]
        scope = f"`{one.traits.scope}`" if one.traits.scope else ""
        cost = tiers.load().cost(one.traits.counts) / 10 if one.door is Door.KEY else 0
        tier = {Door.OPEN: "open", Door.ADMIN: "admin"}.get(
            one.door, tiers.load().needed(one.traits.needs) or "all"
        )
        # Collections are for whom they are granted: no route knows beforehand.
        if re.match(r"/taxii2/api/(collections/\{collection\}/.|status)", path):
            tier = "grant"
        found[f"{method.upper()} {path}"] = [scope, tier, f"{cost:g}"]
    assert told == found
