"""Tables: on demand, recoverable to any second, protected at prod."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from taxiway.deploy.aws import found
from taxiway.deploy.change import Action, Change
from taxiway.deploy.place import Place
from taxiway.deploy.waiting import patiently
from taxiway.trouble import Trouble

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BUSY = frozenset(
    {
        "ContinuousBackupsUnavailableException",
        "ResourceInUseException",
        "LimitExceededException",
        "ResourceNotFoundException",
    }
)
_ON = frozenset({"ENABLED", "ENABLING"})


def plan(place: Place) -> Iterator[Change]:
    """Compare the tables with what the application and the stage need."""
    from chalicelib.store.dynamo.schema import table_definitions

    for definition in table_definitions(place.settings):
        yield from _table(place, definition)


def recoverable(place: Place, table: str) -> bool:
    """Tell whether a table is worth recovering: counters are not."""
    return table != place.settings.counters_table


def recovers(dynamodb: DynamoDBClient, name: str) -> bool:
    """Tell whether point-in-time recovery is on."""
    told = dynamodb.describe_continuous_backups(TableName=name)
    backups = told["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    return recovery.get("PointInTimeRecoveryStatus") in _ON


def expires(dynamodb: DynamoDBClient, name: str) -> bool:
    """Tell whether items expire."""
    told = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    return told.get("TimeToLiveStatus") in _ON


def _table(place: Place, definition: dict[str, Any]) -> Iterator[Change]:
    dynamodb, name = place.aws.dynamodb, definition["TableName"]
    thing = f"table {name}"
    told = found(dynamodb.describe_table, TableName=name)
    if told is None:
        why = "protected against deletion" if place.names.protected else "on demand"
        create = partial(_create, place, definition)
        yield Change(Action.CREATE, thing, why, create)
    elif told["Table"]["KeySchema"] != definition["KeySchema"]:
        raise Trouble(f"{thing} is another program's: choose another --stage")
    elif place.names.protected and not told["Table"].get("DeletionProtectionEnabled"):
        protect = partial(_protect, dynamodb, name)
        yield Change(Action.REPAIR, thing, "protect against deletion", protect)
    there = told is not None
    if recoverable(place, name) and not (there and recovers(dynamodb, name)):
        yield Change(
            Action.REPAIR if there else Action.CREATE,
            thing,
            "turn point-in-time recovery on",
            partial(_recover, dynamodb, name),
        )
    if not (there and expires(dynamodb, name)):
        yield Change(
            Action.REPAIR if there else Action.CREATE,
            thing,
            "let items expire",
            partial(_expire, dynamodb, name),
        )


def _create(place: Place, definition: dict[str, Any]) -> None:
    dynamodb = place.aws.dynamodb
    tags: Any = [{"Key": k, "Value": v} for k, v in place.names.tags().items()]
    # Another provision may create it at this moment.
    with suppress(dynamodb.exceptions.ResourceInUseException):
        dynamodb.create_table(
            **definition, DeletionProtectionEnabled=place.names.protected, Tags=tags
        )
    _wait(dynamodb, definition["TableName"])


def _wait(dynamodb: DynamoDBClient, name: str) -> None:
    waiter = dynamodb.get_waiter("table_exists")
    waiter.wait(TableName=name, WaiterConfig={"Delay": 2, "MaxAttempts": 150})


def _protect(dynamodb: DynamoDBClient, name: str) -> None:
    patiently(
        lambda: dynamodb.update_table(TableName=name, DeletionProtectionEnabled=True),
        _BUSY,
    )


def _recover(dynamodb: DynamoDBClient, name: str) -> None:
    on = {"PointInTimeRecoveryEnabled": True}
    patiently(
        lambda: dynamodb.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification=on,  # type: ignore[arg-type]
        ),
        _BUSY,
    )


def _expire(dynamodb: DynamoDBClient, name: str) -> None:
    from chalicelib.store.dynamo.schema import ttl_attribute

    patiently(
        lambda: dynamodb.update_time_to_live(
            TableName=name,
            TimeToLiveSpecification={
                "Enabled": True,
                "AttributeName": ttl_attribute(),
            },
        ),
        _BUSY,
    )
