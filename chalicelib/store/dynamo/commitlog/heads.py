"""Heads: where each log ends, and what every write to it rests on."""

from __future__ import annotations

from typing import Any

from chalicelib.core.log.head import Head
from chalicelib.errors import NotFound
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.conditions import when_same
from chalicelib.store.dynamo.items import codec
from chalicelib.store.dynamo.schema import Item
from chalicelib.store.dynamo.table import Table


def read_head(table: Table, collection: str) -> tuple[Head, float | None]:
    """Read a head, and when by DynamoDB's clock in seconds. Raises NotFound."""
    reading = table.get(schema.key(schema.head(collection)))
    return to_head(reading.item), reading.answered


def to_head(item: Item | None) -> Head:
    """Read the head of a collection that is there. Raises NotFound."""
    if item is None or "closing" in item:
        raise NotFound("there is no such collection")
    return codec.item_to_head(item)


def replace_head(table: Table, before: Head, after: Head) -> dict[str, Any]:
    """Make the action that every write to a log begins with.

    It holds only while nobody else has written to the log since.
    """
    unchanged = when_same(rev={"N": str(before.revision)})
    return table.put_action(codec.head_to_item(after), **unchanged)
