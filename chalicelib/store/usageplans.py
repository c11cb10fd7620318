"""The Plans port: usage plans of API Gateway, and the keys' twins in them.

A twin is an API key of API Gateway whose value is the id of one of ours: the
authorizer names it, so that the gateway counts a caller under its tier's plan
without ever seeing a secret.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.apikey import ApiKey
from chalicelib.core.stage_names import plan_name, twin_name
from chalicelib.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

_CONFIG = Config(
    user_agent="taxiway",
    # The control plane takes a few calls a second, of all that are in an account.
    retries={"mode": "standard", "max_attempts": 6},
    connect_timeout=3,
    read_timeout=10,
)
_PAGE = 500


class NoPlans:
    """Where no gateway stands in front: keys need no twins."""

    def admit(self, key: ApiKey) -> None:
        """Do nothing."""

    def dismiss(self, key_id: str) -> None:
        """Do nothing."""


class GatewayPlans:
    """The usage plans of one stage."""

    def __init__(self, stage: str) -> None:
        """Ask nothing yet."""
        self._stage = stage

    @cached_property
    def _client(self) -> APIGatewayClient:
        return boto3.client("apigateway", config=_CONFIG)

    def admit(self, key: ApiKey) -> None:
        """Make the twin of a key, in its tier's plan. Raises Unavailable.

        Before the first deployment there are no plans; `taxiway provision`
        makes the twins of the keys that are there already.
        """
        try:
            plan = self._plan(plan_name(self._stage, key.tier))
            if plan is not None:
                self._make(key, plan)
        except (BotoCoreError, ClientError) as error:
            raise _away() from error

    def dismiss(self, key_id: str) -> None:
        """Disable the twin of a key, if it has one. Raises Unavailable."""
        name = twin_name(self._stage, key_id)
        disabled: list[Any] = [{"op": "replace", "path": "/enabled", "value": "false"}]
        try:
            found = self._client.get_api_keys(nameQuery=name, limit=_PAGE)
            for twin in found["items"]:
                if twin["name"] == name:
                    self._client.update_api_key(
                        apiKey=twin["id"], patchOperations=disabled
                    )
        except (BotoCoreError, ClientError) as error:
            raise _away() from error

    def _plan(self, name: str) -> str | None:
        pages = self._client.get_paginator("get_usage_plans").paginate()
        for page in pages:
            for plan in page["items"]:
                if plan["name"] == name:
                    return str(plan["id"])
        return None

    def _make(self, key: ApiKey, plan: str) -> None:
        twin = self._client.create_api_key(
            name=twin_name(self._stage, key.id),
            description=f"Twin of the Taxiway key {key.prefix}…",
            value=key.id,
            enabled=True,
        )
        self._client.create_usage_plan_key(
            usagePlanId=plan, keyId=twin["id"], keyType="API_KEY"
        )


def _away() -> Unavailable:
    return Unavailable(
        "API Gateway takes no changes now: try again in a moment",
        headers={"Retry-After": "5"},
    )
