"""Clients for AWS, and the answers that mean "not there"."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from taxiway.trouble import Trouble

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_ssm import SSMClient

# API Gateway takes one UpdateUsagePlan in 20 seconds and one DeleteRestApi in 30.
_ATTEMPTS = 12
_MISSING = frozenset(
    {
        "NotFoundException",
        "ParameterNotFound",
        "ResourceNotFound",
        "ResourceNotFoundException",
        "NoSuchEntity",
        "DashboardNotFoundError",
    }
)

ClientMaker = Callable[[str], Any]
T = TypeVar("T")


class Aws:
    """The services of one account and region, connected to at first use."""

    def __init__(self, make: ClientMaker | None = None) -> None:
        """Make clients as the environment says, if nothing else is given."""
        self._make = make or _from_environment()

    @cached_property
    def apigateway(self) -> APIGatewayClient:
        """API Gateway, REST APIs."""
        client: APIGatewayClient = self._make("apigateway")
        return client

    @cached_property
    def cloudwatch(self) -> CloudWatchClient:
        """Alarms and dashboards."""
        client: CloudWatchClient = self._make("cloudwatch")
        return client

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """Tables."""
        client: DynamoDBClient = self._make("dynamodb")
        return client

    @cached_property
    def events(self) -> Any:
        """Rules of schedules."""
        return self._make("events")

    @cached_property
    def iam(self) -> IAMClient:
        """Roles."""
        client: IAMClient = self._make("iam")
        return client

    @cached_property
    def functions(self) -> LambdaClient:
        """Lambda."""
        client: LambdaClient = self._make("lambda")
        return client

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """Log groups."""
        client: CloudWatchLogsClient = self._make("logs")
        return client

    @cached_property
    def ssm(self) -> SSMClient:
        """Parameters."""
        client: SSMClient = self._make("ssm")
        return client

    @property
    def region(self) -> str:
        """Name of the region."""
        return self.dynamodb.meta.region_name

    @property
    def partition(self) -> str:
        """First part of an ARN: aws, aws-cn or aws-us-gov."""
        return str(self.dynamodb.meta.partition)


def is_missing(error: Exception) -> bool:
    """Tell whether an answer says that the thing is not there."""
    return error_code(error) in _MISSING


def error_code(error: Exception) -> str:
    """Read the code of a refusal."""
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def found(call: Callable[..., T], **arguments: Any) -> T | None:
    """Read something that may not be there."""
    from botocore.exceptions import ClientError

    try:
        return call(**arguments)
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def all_items(client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    """Read all pages of a list."""
    pages = client.get_paginator(operation).paginate(**arguments)
    return [item for page in pages for item in page.get(key, [])]


def gateway_items(client: APIGatewayClient, operation: str, **arguments: Any) -> Any:
    """Read all pages of a list of API Gateway, in as few calls as it allows."""
    largest = {"PageSize": 500}
    return all_items(client, operation, "items", PaginationConfig=largest, **arguments)


def _from_environment() -> ClientMaker:
    import boto3
    from botocore.config import Config

    session = boto3.Session()
    if session.get_credentials() is None:
        raise Trouble("no AWS credentials: set AWS_PROFILE, or run `aws configure`")
    config = Config(
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "max_attempts": _ATTEMPTS},
        user_agent_extra="taxiway",
    )
    return lambda service: session.client(service, config=config)  # type: ignore[call-overload]
