"""What the gateway is told of a caller, and what the handler believes of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from app import app
from chalicelib.edge.authorizer import authorize
from tests.http.conftest import Service

ARN = "arn:aws:execute-api:eu-central-1:123456789012:abc/api/GET/taxii2/api"
ROUTE = "/taxii2/api"


def request(headers: dict[str, str] | None = None, **query: str) -> dict[str, Any]:
    return {
        "type": "REQUEST",
        "methodArn": ARN,
        "headers": headers or {},
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} or None,
    }


def ask(event: dict[str, Any]) -> dict[str, Any]:
    return authorize(event, None)


def effect(answer: dict[str, Any]) -> str:
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Resource"] == [ARN]
    return statement["Effect"]


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_a_key_counts_as_itself_whichever_way_it_comes(service: Service):
    made, secret = service.made_key()
    ways = [
        request({"Authorization": f"Bearer {secret}"}),
        request({"authorization": f"Token {secret}"}),
        request({"AUTHORIZATION": basic(f"any:{secret}")}),
        request({"X-API-Key": secret}),
        request(api_key=secret),
        request() | {"headers": None, "queryStringParameters": {"api_key": secret}},
    ]
    for event in ways:
        answer = ask(event)
        assert effect(answer) == "Allow"
        assert answer["principalId"] == answer["usageIdentifierKey"] == made.id
        assert all(isinstance(value, str) for value in answer["context"].values())
        assert secret not in json.dumps(answer)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "missing_api_key"),
        ({"Authorization": "Bearer nonsense"}, "invalid_api_key"),
        ({"Authorization": "Basic !!!"}, "invalid_api_key"),
        ({"X-API-Key": "twk_" + "a" * 46}, "invalid_api_key"),
    ],
)
def test_who_is_not_known_is_denied_and_told_why(
    service: Service, headers: dict[str, str], code: str
):
    assert service
    answer = ask(request(headers))
    assert effect(answer) == "Deny"
    assert answer["context"]["code"] == code
    assert answer["context"]["message"]
    assert "usageIdentifierKey" not in answer


def test_a_revocation_and_an_expiry_are_told_apart(service: Service):
    revoked, first = service.made_key()
    service.container.keys.revoke(revoked.id)
    second = service.key(expires_in_days=1)
    service.clock.advance(86_400)
    codes = [
        ask(request({"X-API-Key": key}))["context"]["code"] for key in (first, second)
    ]
    assert codes == ["invalid_api_key", "expired_api_key"]


def test_a_fault_of_the_table_is_raised(service: Service):
    secret = service.key()

    def fail(operation: str) -> None:
        raise ConnectionError(operation)

    service.dynamo.before_call = fail
    with pytest.raises(ConnectionError):
        ask(request({"X-API-Key": secret}))


def test_the_gateway_can_say_when_to_come_back(service: Service):
    service.clock.time = 20_600 * 86_400_000_000 + 10_000_000
    context = ask(request({"X-API-Key": service.key(tier="free")}))["context"]
    assert (context["limit"], context["day_limit"]) == ("10", "1000")
    assert (context["minute_left"], context["day_left"]) == ("50", "86390")
    assert context["day_reset"] == str(20_601 * 86_400)


def test_a_key_whose_tier_is_gone_is_the_handlers_to_refuse(service: Service):
    secret = service.key()
    (place,) = [place for place in service.dynamo.items if place[1].startswith("KEY#")]
    service.dynamo.items[place]["tr"]["S"] = "gold"
    answer = ask(request({"X-API-Key": secret}))
    assert effect(answer) == "Allow"
    handled = handle(service, secret, answer["context"])
    assert handled["statusCode"] == 403
    assert json.loads(handled["body"])["error"]["code"] == "tier_required"


# What the handler believes


def handle(service: Service, secret: str, context: Any) -> dict[str, Any]:
    event = {
        "resource": ROUTE,
        "path": ROUTE,
        "httpMethod": "GET",
        "headers": {"Authorization": f"Bearer {secret}"} if secret else {},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {
            "httpMethod": "GET",
            "resourcePath": ROUTE,
            "path": "/api" + ROUTE,
            "requestId": "r",
            "identity": {"sourceIp": "192.0.2.1"},
            "authorizer": context,
        },
    }
    assert service
    return app(event, None)


def context_of(service: Service, secret: str) -> dict[str, Any]:
    assert service
    return ask(request({"X-API-Key": secret}))["context"] | {
        "principalId": "x",
        "integrationLatency": 12,
    }


def reads_of_keys(service: Service) -> int:
    return service.dynamo.calls["GetItem"]


def test_the_handler_takes_the_caller_from_the_gateway(service: Service):
    secret = service.key()
    context = context_of(service, secret)
    service.dynamo.reset_counts()
    assert handle(service, secret, context)["statusCode"] == 200
    assert reads_of_keys(service) == 0


def forged(context: dict[str, Any], other: dict[str, Any]) -> list[Any]:
    caller = json.loads(context["caller"]) | {"tier": "internal"}
    return [
        None,
        {},
        "x",
        {"caller": json.dumps(caller)},
        context | {"digest": other["digest"]},
        context | {"stage": "prod"},
        context | {"issued": "0"},
        context | {"issued": "soon"},
        context | {"caller": "{}"},
        context | {"caller": "[]"},
        context | {"caller": "no json"},
        context | {"caller": None},
        context | {"caller": json.dumps(caller | {"expires": float("inf")})},
        context | {"caller": "[" * 100_000},
        context | {"digest": 5},
        dict.fromkeys(context, 1),
    ]


def test_a_context_that_does_not_fit_is_not_believed(service: Service):
    secret, other = service.key(), service.key()
    context = context_of(service, secret)
    for one in forged(context, context_of(service, other)):
        service.dynamo.reset_counts()
        assert handle(service, secret, one)["statusCode"] == 200
        assert reads_of_keys(service) == 1, one


def test_a_context_opens_nothing_without_its_secret(service: Service):
    _, secret = service.made_key()
    context = context_of(service, secret)
    for other in ("", "twk_" + "b" * 46, "twk_\ud800"):
        assert handle(service, other, context)["statusCode"] == 401


def test_a_context_is_good_for_a_moment_only(service: Service):
    made, secret = service.made_key()
    context = context_of(service, secret)
    service.container.keys.revoke(made.id)
    service.clock.advance(61)
    assert handle(service, secret, context)["statusCode"] == 401


def test_a_caller_that_expires_meanwhile_is_refused(service: Service):
    secret = service.key(expires_in_days=1)
    service.clock.advance(86_390)
    context = context_of(service, secret)
    service.clock.advance(10)
    assert handle(service, secret, context)["statusCode"] == 401


def test_a_caller_with_very_many_grants_is_read_again(service: Service):
    ids = [service.collection(f"C{number}").id for number in range(90)]
    secret = service.key(grants=dict.fromkeys(ids, "rw"))
    answer = ask(request({"X-API-Key": secret}))
    assert "caller" not in answer["context"]
    assert handle(service, secret, answer["context"])["statusCode"] == 200


def test_grants_and_networks_come_through_the_gateway(service: Service):
    collection = service.collection()
    secret = service.key(grants={collection.id: "rw"}, allowed_ips=["198.51.100.0/24"])
    answer = handle(service, secret, context_of(service, secret))
    assert answer["statusCode"] == 403
    assert json.loads(answer["body"])["error"]["code"] == "address_not_allowed"


def test_methods_that_need_a_data_key_are_marked_for_the_gateway():
    marked = {
        path: entry.view_function.metered
        for path, methods in app.routes.items()
        for entry in methods.values()
    }
    assert marked["/health"] == marked["/taxii2"] == marked["/v1/keys"] == frozenset()
    assert marked["/taxii2/api"] == {"GET", "HEAD"}
    objects = "/taxii2/api/collections/{collection}/objects"
    assert marked[objects] == {"GET", "HEAD", "POST"}
