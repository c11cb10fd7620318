"""The Secrets port: SecureString parameters of AWS Systems Manager."""

from __future__ import annotations

import base64
import secrets
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.stage_names import parameter
from chalicelib.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

_BYTES = 32
_CONFIG = Config(
    user_agent="taxiway",
    retries={"mode": "standard", "max_attempts": 3},
    connect_timeout=2,
    read_timeout=5,
)


def make_secret() -> str:
    """Make up the value of a secret, as `ParameterSecrets` reads it."""
    return base64.b64encode(secrets.token_bytes(_BYTES)).decode()


class ParameterSecrets:
    """Secrets of one stage; each is read once per process."""

    def __init__(self, stage: str) -> None:
        """Read nothing yet."""
        self._stage = stage
        self._known: dict[str, bytes] = {}

    @cached_property
    def _client(self) -> SSMClient:
        return boto3.client("ssm", config=_CONFIG)

    def get(self, name: str) -> bytes:
        """Give a secret. Raises Unavailable."""
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def ensure(self, name: str) -> bool:
        """Make a secret up where there is none; tell whether that was so."""
        try:
            self._client.put_parameter(
                Name=parameter(self._stage, name),
                Value=make_secret(),
                Type="SecureString",
                Description="Made by Taxiway. Delete it to end all sessions.",
                Overwrite=False,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterAlreadyExists":
                return False
            raise
        return True

    def text(self, name: str) -> str:
        """Give a secret that an operator put there. Raises Unavailable."""
        full = parameter(self._stage, f"feeds/{name}")
        return self._value(full, "put the key there as a SecureString").strip()

    def _read(self, name: str) -> bytes:
        full = parameter(self._stage, name)
        value = self._value(full, "run `taxiway provision`")
        try:
            secret = base64.b64decode(value.strip(), validate=True)
        except ValueError:
            secret = b""
        if len(secret) < _BYTES:
            # Put there by hand: what is signed with it could be forged.
            raise Unavailable(
                f"the parameter {full} is no secret of {_BYTES} bytes: the operator "
                "has to delete it and run `taxiway provision`"
            )
        return secret

    def _value(self, full: str, advice: str) -> str:
        try:
            answer = self._client.get_parameter(Name=full, WithDecryption=True)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(
                f"the parameter {full} can't be read: the operator has to {advice}"
            ) from error
        return str(answer["Parameter"]["Value"])
