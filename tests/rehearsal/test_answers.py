"""The gateway's own answers and the handler's: our words, and never HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.support.deployment import TAXII

if TYPE_CHECKING:
    from tests.rehearsal.support.deployment import Deployment, Key

pytestmark = pytest.mark.rehearsal

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Case:
    """A request that goes wrong, and what it is told."""

    id: str
    path: str
    status: int
    code: str
    method: str = "GET"
    size: int = 0
    headers: dict[str, str] = field(default_factory=dict)


CASES = (
    Case("unknown at the root", "/nothing/here", 404, "not_found"),
    Case("unknown below taxii2", "/taxii2/api/nothing", 404, "not_found"),
    Case("unknown below v1", "/v1/nothing", 404, "not_found"),
    Case("the stage itself", "/wp-login.php", 404, "not_found"),
    Case("a wrong method", "/taxii2/", 405, "method_not_allowed", "DELETE"),
    Case(
        "a wrong method where a key is asked",
        "/taxii2/api/collections/",
        405,
        "method_not_allowed",
        "PUT",
    ),
    Case(
        "more than the gateway takes",
        "/taxii2/api/collections/{id}/objects/",
        413,
        "payload_too_large",
        "POST",
        11 * MEGABYTE,
    ),
    Case(
        "more than a function takes",
        "/taxii2/api/collections/{id}/objects/",
        413,
        "payload_too_large",
        "POST",
        7 * MEGABYTE,
    ),
    Case(
        "a type of answer that we have not",
        "/taxii2/api/collections/",
        406,
        "not_acceptable",
        headers={"Accept": "text/html"},
    ),
    Case(
        "an unknown collection",
        "/taxii2/api/collections/00000000-0000-4000-8000-000000000000/",
        404,
        "not_found",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_goes_wrong_is_told_in_our_words(
    deployed: Deployment, pro: Key, case: Case
):
    answer = deployed.ask(
        case.path.format(id=deployed.collection),
        case.method,
        b"x" * case.size or None,
        **({"Content_Type": TAXII} if case.size else {}),
        **case.headers,
        **pro.bearer,
    )
    assert answer.status == case.status, answer.body
    assert "html" not in answer.headers["content-type"]
    assert "json" in answer.headers["content-type"]
    error = answer.json["error"]
    assert error["code"] == case.code
    assert error["request_id"] == f"req_{answer.headers['x-amzn-requestid']}"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/health", "/taxii2", "/taxii2/"])
def test_open_routes_need_no_key_and_count_nothing(deployed: Deployment, path: str):
    answer = deployed.ask(path)
    assert answer.status == 200
    assert "x-ratelimit-limit" not in answer.headers


def test_discovery_names_the_address_that_the_client_sees(deployed: Deployment):
    told = deployed.ask("/taxii2/").json
    assert told["default"] == f"{deployed.api_root}/"


def test_head_answers_as_get_without_a_body(deployed: Deployment, pro: Key):
    answer = deployed.ask("/taxii2/api/collections/", "HEAD", **pro.bearer)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"] == TAXII


def test_a_browser_may_ask_first(deployed: Deployment):
    answer = deployed.ask(
        "/taxii2/api/collections/",
        "OPTIONS",
        Origin="https://app.example",
        Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="authorization",
    )
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize(
    "query", ["?limit=-1", "?limit=0", "?limit=abc", "?next=%00", "?added_after=never"]
)
def test_absurd_parameters_are_refused_and_break_nothing(
    deployed: Deployment, pro: Key, query: str
):
    path = f"/taxii2/api/collections/{deployed.collection}/objects/{query}"
    answer = deployed.ask(path, **pro.bearer)
    assert answer.status == 400, answer.body
    assert answer.json["error"]["code"] == "invalid_parameter"


def test_the_gateway_s_open_routes_are_throttled(deployed: Deployment):
    """Discovery, health and wrong methods may be called so often, by all together."""
    gateway = deployed.aws.client("apigateway")
    stage = gateway.get_stage(restApiId=deployed.api_id, stageName="api")
    everything = stage["methodSettings"]["*/*"]
    assert 0 < everything["throttlingRateLimit"] <= 100
    assert 0 < everything["throttlingBurstLimit"] <= 200
