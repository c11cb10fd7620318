"""Every error, in both dialects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib import errors
from chalicelib.edge.dialect import REST, TAXII, dialect_of
from chalicelib.edge.serving import gateway_error
from chalicelib.errors import AppError

ROOT = Path(__file__).parents[3]


def leaves(error: type[AppError] = AppError) -> Iterator[type[AppError]]:
    below = error.__subclasses__()
    if not below:
        yield error
    for one in below:
        yield from leaves(one)


ALL = sorted(set(leaves()), key=lambda error: error.__name__)


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_rest_answers_with_the_founding_error_alone(error: type[AppError]):
    reply = REST.render(error("what is wrong", details={"field": "x"}), "req_1")
    assert reply.status == error.status
    assert json.loads(reply.body) == {
        "error": {
            "code": error.code,
            "message": "what is wrong",
            "details": {"field": "x"},
            "request_id": "req_1",
        }
    }


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_taxii_answers_with_its_error_resource_and_the_founding_error(
    error: type[AppError],
):
    reply = TAXII.render(error("what is wrong"), "req_1")
    body = json.loads(reply.body)
    assert reply.media_type == "application/taxii+json;version=2.1"
    assert body == {
        "title": error.title,
        "description": "what is wrong",
        "error_id": "req_1",
        "error_code": error.code,
        "http_status": str(error.status),
        "error": {
            "code": error.code,
            "message": "what is wrong",
            "request_id": "req_1",
        },
    }


def test_a_401_carries_a_challenge_that_begins_with_basic():
    for error in (errors.MissingApiKey, errors.InvalidApiKey, errors.ExpiredApiKey):
        reply = TAXII.render(error("no"), "req_1")
        assert reply.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_every_code_is_documented_with_its_status(error: type[AppError]):
    text = (ROOT / "docs/api/errors.md").read_text()
    assert f"| `{error.code}` | {error.status} |" in text


def test_the_tree_in_the_docstring_names_every_error():
    assert errors.__doc__ is not None
    for error in ALL:
        assert error.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/taxii2/nothing/", "taxii"),
        ("/taxii2", "taxii"),
        ("/api/collections/", "taxii"),
        ("/health", "rest"),
        ("/", "rest"),
        ("/taxii22", "rest"),
    ],
)
def test_a_path_is_answered_in_the_dialect_of_its_room(path: str, name: str):
    assert dialect_of(path).name == name


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "invalid_parameter"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (413, "payload_too_large"),
        (500, "internal_error"),
    ],
)
def test_the_gateway_answers_in_our_words(status: int, code: str):
    answered, headers, body = gateway_error(status, "/taxii2/x", {})
    assert answered == status
    assert headers["Content-Type"] == "application/taxii+json;version=2.1"
    assert json.loads(body)["error"]["code"] == code
