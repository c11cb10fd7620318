"""What DynamoDB bills: sizes of items, read and write units. Pure.

The developer guide, "Item sizes and formats" and "Read and write operations":
a read takes a unit for each 4 KB begun, a write for each 1 KB begun; half that
for an eventually consistent read, twice that in a transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Value = Mapping[str, Any]
Item = Mapping[str, Value]

READ_BLOCK = 4_096
WRITE_BLOCK = 1_024
TRANSACTION = 2
"""How much dearer a read or a write is in a transaction."""

_NESTING = 3
_ELEMENT = 1


def item_size(item: Item) -> int:
    """Give the bytes that an item counts for: its names and its values."""
    return sum(len(name.encode()) + value_size(item[name]) for name in item)


def value_size(value: Value) -> int:
    """Give the bytes that one typed value counts for. Raises ValueError."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "B":
            return len(content.encode() if kind == "S" else content)
        case "N":
            return number_size(content)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return _NESTING + sum(_ELEMENT + value_size(one) for one in content)
        case "M":
            return _NESTING + len(content) * _ELEMENT + item_size(content)
        case "SS" | "NS" | "BS":
            return sum(value_size({kind[0]: one}) for one in content)
    raise ValueError(f"no type of DynamoDB: {kind}")


def number_size(text: str) -> int:
    """Give the bytes of a number: one for two digits, one more, one for a minus."""
    digits = text.lstrip("-").partition("e")[0].replace(".", "").strip("0")
    return -(-len(digits) // 2) + 1 + text.startswith("-")


def read_units(size: int, *, consistent: bool = True) -> float:
    """Give the units of reading one item; one that is not there costs as much."""
    blocks = max(-(-size // READ_BLOCK), 1)
    return float(blocks) if consistent else blocks / 2


def get_units(item: Item | None, *, consistent: bool = True) -> float:
    """Give the units of a GetItem."""
    return read_units(item_size(item) if item else 0, consistent=consistent)


def query_units(items: Iterable[Item], *, consistent: bool = True) -> float:
    """Give the units of one page of a Query: its items are read together."""
    return read_units(sum(map(item_size, items)), consistent=consistent)


def batch_get_units(items: Iterable[Item | None], *, consistent: bool = True) -> float:
    """Give the units of a BatchGetItem: each item is read alone."""
    return sum(get_units(item, consistent=consistent) for item in items)


def transact_get_units(items: Iterable[Item | None]) -> float:
    """Give the units of a TransactGetItems."""
    return TRANSACTION * batch_get_units(items)


def write_units(before: Item | None, after: Item | None) -> float:
    """Give the units of a write: the larger of what was and what is there."""
    size = max(item_size(item) if item else 0 for item in (before, after))
    return float(max(-(-size // WRITE_BLOCK), 1))


def transact_write_units(writes: Iterable[tuple[Item | None, Item | None]]) -> float:
    """Give the units of a TransactWriteItems, of what was and is at each item."""
    return TRANSACTION * sum(write_units(before, after) for before, after in writes)
