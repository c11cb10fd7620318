"""The UsageStore port: one item for each key and day, changed by adding.

Attributes are a letter and what is counted, such as `s:404`: ADD needs no item
to be there, where a map of maps would have to be made first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.core.usage import DayUsage
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.client import Contended
from chalicelib.store.dynamo.schema import Item
from chalicelib.store.dynamo.table import Table

KEPT_DAYS = 100
"""Days that an item is kept after its own, ten more than can be asked for."""

_DAY_SECONDS = 86_400
_MOST_PEAKS = 1_000
_MAPS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "s": ("statuses", int),
    "r": ("routes", str),
    "l": ("latencies", int),
    "h": ("limited", int),
}
_SUMS = {"us": "microseconds", "c": "cost"}
_PEAK = "mx"


class DynamoUsage:
    """Usage in the table of counters.

    A call whose answer got lost may be repeated by botocore and count twice.
    """

    def __init__(self, table: Table) -> None:
        """Read nothing yet."""
        self._table = table
        self._peaks: dict[tuple[str, int], int] = {}

    def add(self, usage: DayUsage) -> None:
        """Add to an item: one write, a second if somebody saw a higher peak."""
        if not schema.is_name(usage.key_id):
            return
        key = schema.key(schema.usage(usage.key_id), schema.day(usage.day))
        known = self._peaks.get((usage.key_id, usage.day), 0)
        if usage.peak > known:
            # DynamoDB has no maximum, but it can refuse to lower one.
            try:
                self._remember(usage, self._table.change(key, **_higher(usage)))
            except Contended:
                pass
            else:
                return
        self._remember(usage, self._table.change(key, **_addition(usage)))

    def read(self, key_id: str, first: int, last: int) -> list[DayUsage]:
        """Read a window of days by one Query."""
        if not schema.is_name(key_id):
            return []
        items = self._table.query_all(
            schema.usage(key_id), after=schema.day(first - 1), until=schema.day(last)
        )
        return [_from_item(key_id, item) for item in items]

    def _remember(self, usage: DayUsage, item: Item) -> None:
        if len(self._peaks) >= _MOST_PEAKS:
            self._peaks.clear()
        self._peaks[usage.key_id, usage.day] = _number(item, _PEAK)


def _addition(usage: DayUsage) -> dict[str, Any]:
    counts = {
        f"{letter}:{name}": number
        for letter, (attribute, _) in _MAPS.items()
        for name, number in getattr(usage, attribute).items()
    }
    counts |= {short: getattr(usage, name) for short, name in _SUMS.items()}
    added = [(name, number) for name, number in counts.items() if number]
    expires = (usage.day + 1 + KEPT_DAYS) * _DAY_SECONDS
    parts = ", ".join(f"#a{at} :a{at}" for at in range(len(added)))
    return {
        "UpdateExpression": "SET #ttl = :ttl" + (f" ADD {parts}" if parts else ""),
        "ExpressionAttributeNames": {
            "#ttl": schema.TTL,
            **{f"#a{at}": name for at, (name, _) in enumerate(added)},
        },
        "ExpressionAttributeValues": {
            ":ttl": {"N": str(expires)},
            **{f":a{at}": {"N": str(number)} for at, (_, number) in enumerate(added)},
        },
    }


def _higher(usage: DayUsage) -> dict[str, Any]:
    """Add, and raise the peak; refused where it is as high already."""
    addition = _addition(usage)
    expression = addition["UpdateExpression"].removeprefix("SET ")
    addition["ExpressionAttributeValues"][":mx"] = {"N": str(usage.peak)}
    return {
        **addition,
        "UpdateExpression": f"SET {_PEAK} = :mx, {expression}",
        "ConditionExpression": f"(attribute_not_exists({_PEAK}) OR {_PEAK} < :mx)",
    }


def _from_item(key_id: str, item: Item) -> DayUsage:
    fields: dict[str, Any] = {attribute: {} for attribute, _ in _MAPS.values()}
    for name, value in item.items():
        letter, colon, of = name.partition(":")
        if colon and letter in _MAPS:
            attribute, read = _MAPS[letter]
            fields[attribute][read(of)] = int(value["N"])
    for short, attribute in {**_SUMS, _PEAK: "peak"}.items():
        fields[attribute] = _number(item, short)
    return DayUsage(key_id, int(item[schema.SK]["S"]), **fields)


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0
