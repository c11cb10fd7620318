"""Scopes, tiers, parameters and Accept of routes, as the router checks them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice
from chalice.test import Client

from chalicelib.edge.dialect import REST
from chalicelib.edge.operation import Context
from chalicelib.edge.parameters import instant, whole, words
from chalicelib.edge.reply import Reply, to_json
from chalicelib.edge.router import Router
from tests.http.conftest import Service

routes = Router(REST)
LIMIT = whole("limit", "Items of a page.", 1, 100, default=30)
TYPES = words("type", "Types.", choices=("ipv4", "domain"))
SINCE = instant("since", "From when on.")


@routes.get("/scoped", scope="read:stix", parameters=())
def scoped(_ctx: Context) -> Reply:
    return Reply("{}")


@routes.get("/tiered", scope="read:iocs", needs="iocs_stats", counts="iocs_stix")
def tiered(_ctx: Context) -> Reply:
    return Reply("{}")


@routes.get("/list", parameters=(LIMIT, TYPES, SINCE))
def listed(ctx: Context) -> Reply:
    return Reply(to_json({**ctx.arguments, "now": ctx.now}))


@routes.get("/either", parameters=(), produces=("application/json", "text/csv"))
def either(ctx: Context) -> Reply:
    chosen = ctx.prefers("application/json", "text/csv")
    return Reply("{}", media_type=chosen)


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    application = Chalice(app_name="rights")
    routes.register(application, "")
    with Client(application) as client:
        yield client


def ask(client: Client, path: str, key: str | None, accept: str = "*/*") -> Any:
    headers = {"Accept": accept} | ({"Authorization": f"Bearer {key}"} if key else {})
    return client.http.get(path, headers=headers)


def error(answer: Any) -> tuple[int, dict[str, Any]]:
    found = json.loads(answer.body)["error"]
    return answer.status_code, {"code": found["code"], **found.get("details", {})}


def test_a_key_without_the_scope_is_told_which_it_lacks(
    service: Service, client: Client
):
    answer = ask(client, "/scoped", service.key(tier="free"))
    lacking = {"code": "insufficient_scope", "required": "read:stix"}
    assert error(answer) == (403, lacking)
    assert ask(client, "/scoped", service.key(tier="pro")).status_code == 200


def test_a_key_of_a_lower_tier_is_told_which_it_takes(service: Service, client: Client):
    answer = ask(client, "/tiered", service.key(tier="free"))
    assert error(answer) == (403, {"code": "tier_required", "required": "pro"})
    for tier in ("pro", "internal"):
        assert ask(client, "/tiered", service.key(tier=tier)).status_code == 200


def test_a_refusal_counts_as_the_answer_would(service: Service, client: Client):
    key = service.key(tier="free")
    answer = ask(client, "/tiered", key)
    # 2.5 of 10 requests.
    assert answer.headers["X-RateLimit-Remaining"] == "7"
    for _ in range(3):
        ask(client, "/tiered", key)
    assert ask(client, "/tiered", key).status_code == 429


def test_who_asks_is_settled_before_what_is_asked(service: Service, client: Client):
    assert ask(client, "/scoped?x=1", None).status_code == 401
    assert ask(client, "/scoped?x=1", service.key(tier="free")).status_code == 403
    assert ask(client, "/scoped?x=1", service.key(tier="pro")).status_code == 400


def test_the_view_gets_what_was_read(service: Service, client: Client):
    key = service.key()
    query = "type=domain,ipv4&since=1970-01-01T00:00:01Z"
    answer = ask(client, f"/list?{query}", key).json_body
    assert answer["limit"] == 30
    assert answer["type"] == ["domain", "ipv4"]
    assert answer["since"] == 1_000_000
    assert answer["now"] == service.clock.now()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("type=ipv5", "type"),
        ("type=", "type"),
        ("since=soon", "since"),
        ("since=2026-02-30", "since"),
        ("Limit=1", "Limit"),
        ("limits=1", "limits"),
        ("%3Cscript%3E=1", "<script>"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(
    service: Service, client: Client, query: str, field: str
):
    answer = ask(client, f"/list?{query}", service.key())
    assert error(answer) == (400, {"code": "invalid_parameter", "field": field})
    assert field in answer.json_body["error"]["message"]


def test_a_route_of_one_type_refuses_others_and_one_of_many_does_not(
    service: Service, client: Client
):
    key = service.key()
    assert ask(client, "/list", key, "text/csv").status_code == 406
    for accept, chosen in (
        ("text/csv", "text/csv"),
        ("application/json", "application/json"),
        ("image/png", "application/json"),
    ):
        answer = ask(client, "/either", key, accept)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, chosen)
