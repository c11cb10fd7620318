"""The way to DynamoDB: a client made when needed, its errors by meaning."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import Unavailable
from chalicelib.store.dynamo.schema import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CONFIG = Config(
    # Without a name of ours botocore makes up a long one at every call.
    user_agent="taxiway",
    retries={"mode": "standard", "max_attempts": 4},
    connect_timeout=3,
    read_timeout=10,
    max_pool_connections=50,
    tcp_keepalive=True,
    # Our own code makes the requests and DynamoDB checks them again.
    parameter_validation=False,
)
# For what a request can do without.
_HURRIED = Config(
    retries={"mode": "standard", "max_attempts": 2},
    connect_timeout=0.5,
    read_timeout=0.5,
)
_CONTENTION = {"ConditionalCheckFailed", "TransactionConflict", "None"}
_OVERLOAD = {
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "ThrottlingError",
    "ThrottlingException",
}


class Contended(Exception):
    """What a write rests on does not hold; `item` is what is there, if asked."""

    def __init__(self, item: Item | None = None) -> None:
        """Keep the item."""
        super().__init__()
        self.item = item


class Client:
    """A DynamoDB client of the process, made when first needed."""

    def __init__(self, *, hurried: bool = False) -> None:
        """Choose how long to wait: a hurried one gives up within a second."""
        self._config = _CONFIG.merge(_HURRIED) if hurried else _CONFIG

    @cached_property
    def raw(self) -> DynamoDBClient:
        """The boto3 client itself."""
        return boto3.client("dynamodb", config=self._config)

    def call(self, operation: str, **arguments: Any) -> Any:
        """Call DynamoDB. Raises Contended and Unavailable."""
        try:
            return getattr(self.raw, operation)(**arguments)
        except ClientError as error:
            _translate(error)
        except BotoCoreError as error:
            raise Unavailable(
                "the storage can't be reached", headers={"Retry-After": "5"}
            ) from error


def _translate(error: ClientError) -> NoReturn:
    code = error.response["Error"]["Code"]
    reasons = {
        reason.get("Code", "None")
        for reason in error.response.get("CancellationReasons", [])
    }
    if code == "TransactionCanceledException" and reasons <= _CONTENTION:
        raise Contended from error
    if code in {"ConditionalCheckFailedException", "TransactionInProgressException"}:
        raise Contended(cast("Item | None", error.response.get("Item"))) from error
    if code in _OVERLOAD or reasons & _OVERLOAD:
        raise busy() from error
    if code == "ResourceNotFoundException":
        raise Unavailable(
            "a table is missing: the operator has to run `taxiway doctor`"
        ) from error
    raise error


def busy() -> Unavailable:
    """Make the error that the storage has too much to do."""
    return Unavailable(
        "the storage is busy: try again in a moment", headers={"Retry-After": "2"}
    )
