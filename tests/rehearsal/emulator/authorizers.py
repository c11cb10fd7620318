"""REQUEST authorizers: the whole request context in, key and context out.

AWS: "Input to an API Gateway Lambda authorizer" and "Output from an API Gateway Lambda
authorizer": `usageIdentifierKey` is the API key of the call when the key source is
AUTHORIZER, and the context is there for gateway responses too. ministack drops both.
"""

from __future__ import annotations

import json
from typing import Any

from tests.rehearsal.emulator import exchange


class _Policy(dict[str, Any]):
    """A policy that remembers what came with it, also when it is cached."""

    usage_key: str | None = None
    context: dict[str, str]


def mend(gateway: Any) -> None:
    """Tell the authorizer more, and listen to all it says."""
    invoke, evaluate = gateway._invoke_authorizer_lambda, gateway._evaluate_policy

    async def invoke_authorizer(
        authorizer: dict[str, Any], event: dict[str, Any], *rest: Any
    ) -> Any:
        one = exchange.current()
        if event["type"] == "REQUEST":
            event["requestContext"] |= one.request_context()
            event["requestContext"]["identity"]["sourceIp"] = one.peer
        result = await invoke(authorizer, event, *rest)
        answer = _answer(result)
        if answer:
            policy = _Policy(answer["policyDocument"])
            policy.usage_key = answer.get("usageIdentifierKey")
            policy.context = gateway._stringify_context(answer.get("context"))
            policy.context["principalId"] = str(answer.get("principalId") or "")
            result = {**result, "body": {**answer, "policyDocument": policy}}
        return result

    def evaluate_policy(policy: Any, arn: str) -> str:
        if isinstance(policy, _Policy):
            one = exchange.current()
            one.usage_key, one.authorizer = policy.usage_key, policy.context
        return str(evaluate(policy, arn))

    gateway._invoke_authorizer_lambda = invoke_authorizer
    gateway._evaluate_policy = evaluate_policy


def _answer(result: Any) -> dict[str, Any] | None:
    body = (result or {}).get("body")
    if isinstance(body, str | bytes):
        try:
            body = json.loads(body)
        except ValueError:
            return None
    if isinstance(body, dict) and isinstance(body.get("policyDocument"), dict):
        return body
    return None
