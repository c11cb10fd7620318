"""What API Gateway answers by itself, in our words.

A template knows no conditions and not which dialect a path speaks, so the body is
what TAXII errors are: they hold all that REST's do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib import errors
from chalicelib.access.tiers import Tiers
from chalicelib.edge import cors
from chalicelib.edge.dialect import TAXII
from taxiway.infra.plans import seconds_for_one

_HEADERS = {
    **{name: f"'{value}'" for name, value in cors.ANSWER.items()},
    "Cache-Control": "'no-store'",
    "Content-Type": f"'{TAXII.media_type}'",
    "X-Content-Type-Options": "'nosniff'",
}
_REQUEST_ID = "req_$context.requestId"
_OURS = "something went wrong on our side: quote the request id to the operator"
_LATER = "the service cannot answer at the moment: try again later"
_NOTHING_HERE = "there is nothing at this path"


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer of the gateway; `words` replace what the error class has."""

    error: errors.AppError
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    keeps_status: bool = False


def gateway_responses(tiers: Tiers) -> dict[str, dict[str, Any]]:
    """Describe them as `x-amazon-apigateway-gateway-responses` does."""
    return {kind: _described(one) for kind, one in _answers(tiers).items()}


def _answers(tiers: Tiers) -> dict[str, _Answer]:
    return {**_refused(), **_limited(tiers), **_malformed(), **_failed()}


def _refused() -> dict[str, _Answer]:
    # The authorizer says what is wrong with the key, and how our error is called.
    of_authorizer = {
        "code": "$context.authorizer.code",
        "title": "$context.authorizer.title",
    }
    forbidden = _Answer(errors.Forbidden("the request is not allowed"))
    return {
        "ACCESS_DENIED": _Answer(
            errors.InvalidApiKey("$context.authorizer.message"), words=of_authorizer
        ),
        "UNAUTHORIZED": _Answer(errors.MissingApiKey("send your API key")),
        "INVALID_API_KEY": _Answer(
            errors.Forbidden("the API key is in no plan of this server")
        ),
        "EXPIRED_TOKEN": forbidden,
        "INVALID_SIGNATURE": forbidden,
        "WAF_FILTERED": forbidden,
        "MISSING_AUTHENTICATION_TOKEN": _Answer(errors.NotFound(_NOTHING_HERE)),
        "RESOURCE_NOT_FOUND": _Answer(errors.NotFound(_NOTHING_HERE)),
    }


def _limited(tiers: Tiers) -> dict[str, _Answer]:
    return {
        "THROTTLED": _Answer(
            errors.RateLimited(
                "too many requests at once: wait before the next one",
                details={"window": "minute"},
            ),
            headers={
                "Retry-After": f"'{seconds_for_one(tiers)}'",
                "X-RateLimit-Limit": "context.authorizer.limit",
                "X-RateLimit-Remaining": "'0'",
                "X-RateLimit-Reset": "context.authorizer.minute_reset",
                "RateLimit-Limit": "context.authorizer.limit",
                "RateLimit-Remaining": "'0'",
                "RateLimit-Reset": "context.authorizer.minute_left",
            },
        ),
        "QUOTA_EXCEEDED": _Answer(
            errors.RateLimited(
                "the requests of this day are used up: it ends at midnight UTC",
                details={"window": "day"},
            ),
            headers={
                "Retry-After": "context.authorizer.day_left",
                "X-RateLimit-Limit": "context.authorizer.day_limit",
                "X-RateLimit-Remaining": "'0'",
                "X-RateLimit-Reset": "context.authorizer.day_reset",
                "RateLimit-Limit": "context.authorizer.day_limit",
                "RateLimit-Remaining": "'0'",
                "RateLimit-Reset": "context.authorizer.day_left",
            },
        ),
    }


def _malformed() -> dict[str, _Answer]:
    bad = errors.InvalidRequest("the request cannot be understood")
    return {
        "BAD_REQUEST_BODY": _Answer(bad),
        "BAD_REQUEST_PARAMETERS": _Answer(bad),
        "REQUEST_TOO_LARGE": _Answer(
            errors.TooLarge("the request is larger than the server takes")
        ),
        "UNSUPPORTED_MEDIA_TYPE": _Answer(
            errors.UnsupportedMedia("this type of body is not understood here")
        ),
        "DEFAULT_4XX": _Answer(bad, keeps_status=True),
    }


def _failed() -> dict[str, _Answer]:
    ours, later = errors.Internal(_OURS), errors.Unavailable(_LATER)
    return {
        "AUTHORIZER_FAILURE": _Answer(later, headers={"Retry-After": "'5'"}),
        "AUTHORIZER_CONFIGURATION_ERROR": _Answer(ours),
        "API_CONFIGURATION_ERROR": _Answer(ours),
        "INTEGRATION_FAILURE": _Answer(ours, status=502),
        "INTEGRATION_TIMEOUT": _Answer(
            later, status=504, headers={"Retry-After": "'5'"}
        ),
        "DEFAULT_5XX": _Answer(ours, keeps_status=True),
    }


def _described(answer: _Answer) -> dict[str, Any]:
    headers = dict(_HEADERS)
    rendered = TAXII.render(answer.error, _REQUEST_ID)
    if "WWW-Authenticate" in rendered.headers:
        headers["WWW-Authenticate"] = f"'{rendered.headers['WWW-Authenticate']}'"
    headers.update(answer.headers)
    described: dict[str, Any] = {
        "responseParameters": {
            f"gatewayresponse.header.{name}": value
            for name, value in sorted(headers.items())
        },
        "responseTemplates": {"application/json": _body(answer, rendered.body)},
    }
    if not answer.keeps_status:
        described["statusCode"] = str(answer.status or answer.error.status)
    return described


def _body(answer: _Answer, rendered: str) -> str:
    body = json.loads(rendered)
    if answer.keeps_status:
        del body["http_status"]
    elif answer.status:
        body["http_status"] = str(answer.status)
    if answer.words:
        body["title"] = answer.words["title"]
        body["error_code"] = body["error"]["code"] = answer.words["code"]
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)
