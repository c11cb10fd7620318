"""Secrets of a stage, however they came to be what they are."""

from __future__ import annotations

import base64

import pytest

from chalicelib.errors import Unavailable
from chalicelib.store.parameters import ParameterSecrets


class Ssm:
    """Systems Manager with one value for every name."""

    def __init__(self, value: str) -> None:
        self.value = value

    def get_parameter(self, **_: object) -> dict[str, dict[str, str]]:
        return {"Parameter": {"Value": self.value}}


def secrets_of(value: str) -> ParameterSecrets:
    secrets = ParameterSecrets("dev")
    secrets.__dict__["_client"] = Ssm(value)
    return secrets


def test_a_secret_is_read():
    made = bytes(range(32))
    assert secrets_of(base64.b64encode(made).decode()).get("session-secret") == made


@pytest.mark.parametrize("value", ["-", "changeme", "x" * 45, "é", "A" * 40])
def test_a_secret_that_was_put_there_by_hand_and_is_none_signs_nothing(value: str):
    with pytest.raises(Unavailable, match="/taxiway/dev/session-secret"):
        secrets_of(value).get("session-secret")
