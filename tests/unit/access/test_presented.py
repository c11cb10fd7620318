"""Finding the key, whichever way a client presents it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

import pytest

from chalicelib.access.presented import find_key
from chalicelib.errors import InvalidApiKey


def basic(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@dataclass(frozen=True)
class Case:
    id: str
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, list[str]] = field(default_factory=dict)
    expected: str | None = "KEY"


@pytest.mark.parametrize(
    "case",
    [
        Case("bearer", {"authorization": "Bearer KEY"}),
        Case("bearer in lower case", {"authorization": "bearer KEY"}),
        Case("token", {"authorization": "Token KEY"}),
        Case("token in capitals", {"authorization": "TOKEN  KEY "}),
        Case("basic", {"authorization": "Basic " + basic("someone:KEY")}),
        Case("basic in lower case", {"authorization": "basic " + basic("x:KEY")}),
        Case("basic without user", {"authorization": "Basic " + basic(":KEY")}),
        Case("basic with the key as user", {"authorization": "Basic " + basic("KEY:")}),
        Case("basic without colon", {"authorization": "Basic " + basic("KEY")}),
        Case("header", {"x-api-key": "KEY"}),
        Case("query", query={"api_key": ["KEY"]}),
        Case(
            "authorization before header",
            {"authorization": "Token KEY", "x-api-key": "NO"},
        ),
        Case("header before query", {"x-api-key": "KEY"}, {"api_key": ["NO"]}),
        Case("nothing", expected=None),
        Case("empty header", {"x-api-key": " ", "authorization": ""}, expected=None),
        Case("empty query", query={"api_key": [""]}, expected=None),
    ],
    ids=lambda case: case.id,
)
def test_the_key_is_found(case: Case):
    assert find_key(case.headers, case.query) == case.expected


@pytest.mark.parametrize(
    "value",
    ["Bearer", "Basic", "Basic ", "Basic !!!", "Basic /w==", "Digest abc", "KEY"],
)
def test_an_authorization_that_says_nothing_is_an_invalid_key(value: str):
    with pytest.raises(InvalidApiKey):
        find_key({"authorization": value}, {"api_key": ["KEY"]})
