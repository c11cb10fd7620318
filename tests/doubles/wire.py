"""Real boto3 clients whose answers a fake gives.

botocore checks the names and the arguments of each call as ever; then the method of
that name answers, on the object that stands for the service.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
from botocore import xform_name

REGION = "eu-central-1"

_worlds: list[Any] = []


class Refused(Exception):
    """The service answers with an error."""

    def __init__(self, code: str, message: str = "refused by the fake") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


def client(world: Any, service: str) -> Any:
    """Give a client of a service; `world.services[service]` answers."""
    _worlds[:] = [world]
    return _client(service)


@cache
def _client(service: str) -> Any:
    made = boto3.client(
        service,
        region_name=REGION,
        aws_access_key_id="fake",
        aws_secret_access_key="fake",
    )
    asked: dict[str, Any] = {}

    def listen(params: dict[str, Any], **_: Any) -> None:
        asked["params"] = dict(params)

    def answer(model: Any, **_: Any) -> tuple[Any, dict[str, Any]]:
        name = xform_name(model.name)
        world = _worlds[0]
        world.calls.append(name)
        try:
            given = getattr(world.services[service], name)(**asked["params"])
        except Refused as error:
            told = {"Code": error.code, "Message": error.message}
            return SimpleNamespace(status_code=400), {"Error": told}
        return SimpleNamespace(status_code=200), given or {}

    made.meta.events.register_last("before-parameter-build.*.*", listen)
    made.meta.events.register_first("before-call.*.*", answer)
    return made
