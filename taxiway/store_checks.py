"""The doctor looks at the tables and at what is in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from taxiway.findings import Finding, broken, ok, warn
from taxiway.trouble import explain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.container import Container
    from chalicelib.core.apikey import ApiKey
    from chalicelib.settings import Settings

_MAKE_TABLES = "`taxiway run` makes them locally, `taxiway provision` on AWS"
_SOON = 30 * 86_400 * 1_000_000


def check_tables(client: DynamoDBClient, settings: Settings) -> Iterator[Finding]:
    """Compare the tables with what the application expects."""
    from chalicelib.store.dynamo.schema import table_definitions

    for definition in table_definitions(settings):
        yield from _guarded(definition["TableName"], _check_table, client, definition)


def check_content(container: Container) -> Iterator[Finding]:
    """Look for usable keys and for collections."""
    yield from _guarded("the keys", _check_keys, container)
    yield from _guarded("the collections", _check_collections, container)


def _guarded(
    what: str, check: Callable[..., Iterator[Finding]], *given: Any
) -> Iterator[Finding]:
    try:
        yield from check(*given)
    except Exception as error:
        line = explain(error)
        if line is None:
            raise
        yield broken(f"{what} cannot be read", line)


def _check_table(
    client: DynamoDBClient, definition: dict[str, Any]
) -> Iterator[Finding]:
    from chalicelib.store.dynamo.schema import ttl_attribute

    name = definition["TableName"]
    try:
        table = client.describe_table(TableName=name)["Table"]
    except client.exceptions.ResourceNotFoundException:
        yield broken(f"table {name} is missing", _MAKE_TABLES)
        return
    if table["TableStatus"] not in {"ACTIVE", "UPDATING"}:
        yield broken(f"table {name} is {table['TableStatus']}", "wait, then look again")
        return
    if table["KeySchema"] != definition["KeySchema"]:
        yield broken(
            f"table {name} has other keys than Taxiway's",
            "another program made it; choose another --stage",
        )
        return
    yield ok(f"table {name} is active")
    told = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if told.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}:
        yield warn(f"table {name} keeps what should expire", "turn its TTL on")
    elif told.get("AttributeName") != ttl_attribute():
        yield broken(
            f"table {name} expires items by {told.get('AttributeName')}",
            f"its TTL attribute must be {ttl_attribute()}",
        )


def _check_keys(container: Container) -> Iterator[Finding]:
    now = time.time_ns() // 1000
    usable = [key for key in container.keys.all() if _is_usable(key, now)]
    if not usable:
        yield warn("no API key is usable", "make one: `taxiway keys create NAME`")
        return
    yield ok(f"{len(usable)} usable API keys")
    for key in usable:
        if key.expires is not None and key.expires - now < _SOON:
            days = (key.expires - now) // 86_400_000_000
            yield warn(
                f"key {key.id} ({key.name}) expires in {days} days",
                "make another one before: `taxiway keys create`",
            )


def _is_usable(key: ApiKey, now: int) -> bool:
    return key.revoked is None and (key.expires is None or key.expires > now)


def _check_collections(container: Container) -> Iterator[Finding]:
    found = container.collections.all()
    if found:
        yield ok(f"{len(found)} collections")
    else:
        yield warn("there is no collection", "`taxiway collections create --title T`")
