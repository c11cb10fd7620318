"""The StatisticsStore port: items for each day and one for all, by adding.

Attributes are a letter and what is counted, such as `n:ipv4`. A name that no
item was made for yet needs no item to be there: ADD makes both. What articles name
stands in an item of its own: it is of many kilobytes, and few writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from chalicelib.core.iocs.statistics import Tally
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.schema import Item
from chalicelib.store.dynamo.table import Table

_LETTERS = {
    "n": "new",
    "g": "gone",
    "u": "updated",
    "c": "categories",
    "s": "sources",
    "a": "articles",
}
_NAMED = {"m": "named"}


class DynamoStatistics:
    """Counts in the table of objects.

    A call whose answer got lost may be repeated by botocore and count twice.
    """

    def __init__(self, table: Table) -> None:
        """Read nothing yet."""
        self._table = table

    def add(self, day: int, tally: Tally) -> None:
        """Add to two items, a write unit or two each; nothing for nothing."""
        counts, named = _addition(tally, _LETTERS), _addition(tally, _NAMED)
        for pk, place, addition in (
            (schema.STATISTICS, schema.day(day), counts),
            (schema.STATISTICS, schema.TOTALS, counts),
            (schema.NAMED, schema.day(day), named),
        ):
            if addition is not None:
                self._table.change(schema.key(pk, place), **addition)

    def totals(self) -> Tally:
        """Read one item."""
        key = schema.key(schema.STATISTICS, schema.TOTALS)
        return _from_item(self._table.get(key).item or {})

    def begin(self) -> int | None:
        """Read the first item of the partition, in which days stand before totals."""
        first = self._table.first(schema.STATISTICS, since=schema.day(0))
        if first is None or first[schema.SK]["S"] == schema.TOTALS:
            return None
        return int(first[schema.SK]["S"])

    def days(self, first: int, last: int) -> dict[int, Tally]:
        """Read a window of days by one Query."""
        return self._days(schema.STATISTICS, first, last)

    def named(self, first: int, last: int) -> Tally:
        """Read a window of days by one Query, some kilobytes for each."""
        tallies = self._days(schema.NAMED, first, last).values()
        return reduce(Tally.plus, tallies, Tally())

    def _days(self, pk: str, first: int, last: int) -> dict[int, Tally]:
        items = self._table.query_all(
            pk, after=schema.day(first - 1), until=schema.day(last)
        )
        return {int(item[schema.SK]["S"]): _from_item(item) for item in items}


def _addition(tally: Tally, letters: Mapping[str, str]) -> dict[str, Any] | None:
    counts = [
        (f"{letter}:{name}", number)
        for letter, attribute in letters.items()
        for name, number in getattr(tally, attribute).items()
        if number
    ]
    if not counts:
        return None
    parts = ", ".join(f"#a{at} :a{at}" for at in range(len(counts)))
    return {
        "UpdateExpression": f"ADD {parts}",
        "ExpressionAttributeNames": {
            f"#a{at}": name for at, (name, _) in enumerate(counts)
        },
        "ExpressionAttributeValues": {
            f":a{at}": {"N": str(number)} for at, (_, number) in enumerate(counts)
        },
    }


def _from_item(item: Item) -> Tally:
    letters = _LETTERS | _NAMED
    maps: dict[str, dict[str, int]] = {name: {} for name in letters.values()}
    for name, value in item.items():
        letter, colon, of = name.partition(":")
        if colon and letter in letters:
            maps[letters[letter]][of] = int(value["N"])
    return Tally(**maps)
