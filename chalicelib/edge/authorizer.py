"""The Lambda that API Gateway asks who is calling, before it counts the call.

A REQUEST authorizer without identity source and without caching: it sees all
of a request's headers and parameters, so a key counts under its own plan
whichever way it is presented, and a revocation works at once.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint

from chalicelib.access.presented import find_key
from chalicelib.container import Container, current
from chalicelib.core import windows
from chalicelib.core.apikey import ApiKey
from chalicelib.edge import passport
from chalicelib.errors import TierRequired, Unauthenticated
from chalicelib.observe import metrics

authorizers = Blueprint(__name__)

Event = Mapping[str, Any]
Answer = dict[str, Any]


@authorizers.authorizer(name="authorizer")
def authorize(event: Any) -> Any:
    """Say who is calling and under which plan. A fault of storage is raised."""
    return answer(current(), event)


# Chalice knows TOKEN authorizers only, and reads their token out of the event.
authorize._transform_event = lambda event: event  # noqa: SLF001


def answer(container: Container, event: Event) -> Answer:
    """Allow a caller that is known, deny any other and say why."""
    now = container.clock.now()
    try:
        secret = find_key(_headers(event), _query(event))
        key = container.keys.authenticate(secret)
    except Unauthenticated as error:
        metrics.count("refused_keys", code=error.code)
        said = {"code": error.code, "title": error.title, "message": error.message}
        return _policy(event, "Deny", "nobody", said)
    context = _limits(container, key, now)
    context |= passport.issue(key, secret or "", container.settings.stage, now)
    return _policy(event, "Allow", key.id, context) | {"usageIdentifierKey": key.id}


def _limits(container: Container, key: ApiKey, now: int) -> dict[str, str]:
    # For the gateway's own 429, which can say what stands in the context only.
    try:
        tier = container.tiers.of(key.tier)
    except TierRequired:
        # The handler says so: the gateway can't.
        return {}
    midnight = windows.end_of_day(now)
    return {
        "limit": str(tier.per_minute or 0),
        "day_limit": str(tier.per_day or 0),
        "minute_reset": str(windows.end_of_minute(now)),
        "minute_left": str(windows.until(windows.end_of_minute(now), now)),
        "day_reset": str(midnight),
        "day_left": str(windows.until(midnight, now)),
    }


def _policy(
    event: Event, effect: str, principal: str, context: dict[str, str]
) -> Answer:
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": effect,
        "Resource": [event["methodArn"]],
    }
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context,
    }


def _headers(event: Event) -> dict[str, str]:
    headers = event.get("headers") or {}
    return {name.lower(): value for name, value in headers.items()}


def _query(event: Event) -> dict[str, list[str]]:
    many = event.get("multiValueQueryStringParameters")
    single = event.get("queryStringParameters") or {}
    return many or {name: [value] for name, value in single.items()}
