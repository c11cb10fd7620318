"""Create the tables where they are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.settings import Settings


def client() -> DynamoDBClient:
    """Return a client for table management; the application has none of its rights."""
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard"})
    return boto3.client("dynamodb", config=config)


def ensure(dynamodb: DynamoDBClient, settings: Settings) -> list[str]:
    """Create what is missing, wait until it is active; return the names created."""
    from chalicelib.store.dynamo.schema import table_definitions

    created = []
    for definition in table_definitions(settings):
        try:
            dynamodb.create_table(**definition)
        except dynamodb.exceptions.ResourceInUseException:
            continue
        created.append(definition["TableName"])
    for definition in table_definitions(settings):
        name = definition["TableName"]
        waiter = dynamodb.get_waiter("table_exists")
        waiter.wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
        _expire_items(dynamodb, name)
    return created


def _expire_items(dynamodb: DynamoDBClient, name: str) -> None:
    from chalicelib.store.dynamo.schema import ttl_attribute

    told = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if told.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}:
        dynamodb.update_time_to_live(
            TableName=name,
            TimeToLiveSpecification={
                "Enabled": True,
                "AttributeName": ttl_attribute(),
            },
        )


def missing(dynamodb: DynamoDBClient, settings: Settings) -> list[str]:
    """Name the tables that are not there."""
    from chalicelib.store.dynamo.schema import table_definitions

    absent = []
    for definition in table_definitions(settings):
        try:
            dynamodb.describe_table(TableName=definition["TableName"])
        except dynamodb.exceptions.ResourceNotFoundException:
            absent.append(definition["TableName"])
    return absent
