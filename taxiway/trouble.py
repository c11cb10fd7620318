"""What went wrong, in one line a person can act on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

EXIT_FAILED = 1

_OF_TABLES = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "DescribeTable",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    }
)
_EXPIRED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
    }
)
_BUSY = frozenset(
    {
        "LimitExceededException",
        "ResourceInUseException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


class Trouble(Exception):
    """A command cannot do its work; the message says why and what to do."""


def explain(error: BaseException) -> str | None:
    """Return one clear line for an expected error, or None for a fault of ours."""
    from chalicelib.errors import AppError

    if isinstance(error, Trouble):
        return str(error)
    for cause in _chain(error):
        line = _from_botocore(cause)
        if line:
            return line
    if isinstance(error, AppError):
        return f"{error.message} ({error.code})"
    if isinstance(error, OSError):
        return str(error)
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _from_botocore(error: BaseException) -> str | None:
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        return _from_answer(error.response.get("Error", {}), error.operation_name)
    if isinstance(
        error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError
    ):
        return (
            "no AWS credentials; for a local server pass --endpoint-url "
            "(`taxiway run` prints it), for AWS set credentials or AWS_PROFILE"
        )
    if isinstance(error, exceptions.NoRegionError):
        return "no AWS region; set AWS_DEFAULT_REGION or pass --endpoint-url"
    if isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError):
        endpoint = error.kwargs.get("endpoint_url", "DynamoDB")
        return f"{endpoint} does not answer; is `taxiway run` running there?"
    if isinstance(error, exceptions.BotoCoreError):
        return str(error)
    return None


def _from_answer(answer: Mapping[str, Any], operation: str) -> str:
    code, message = answer.get("Code", ""), answer.get("Message", "")
    if code == "ResourceNotFoundException" and operation in _OF_TABLES:
        return (
            "the tables are missing; `taxiway run` makes them for a local server, "
            "`taxiway provision` on AWS (check --stage, --endpoint-url and the region)"
        )
    if code in _EXPIRED:
        return "the AWS credentials have expired or are not valid: sign in again"
    if code.startswith("AccessDenied") or code == "UnauthorizedOperation":
        return f"your AWS identity may not call {operation}: {message}"
    if code in _BUSY:
        return f"AWS takes no more {operation} now ({code}); run the same command again"
    return f"AWS refuses {operation}: {message} ({code})"
