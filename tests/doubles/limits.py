"""What DynamoDB takes: types, sizes and keys of items, as errors of botocore."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

from bench.units import item_size

LARGEST_ITEM = 400 * 1_024
LARGEST_TRANSACTION = 4 * 1_024 * 1_024
LARGEST_QUERY_PAGE = 1_048_576
LONGEST_PK = 2_048
LONGEST_SK = 1_024
MOST_ACTIONS = 100
MOST_GETS = 100
MOST_WRITES = 25
LARGEST_BATCH = 16 * 1_024 * 1_024

_NUMBER = re.compile(r"-?\d{1,38}")
_TYPES: dict[str, type] = {"S": str, "N": str, "B": bytes, "BOOL": bool}

Item = dict[str, Any]


def refuse(operation: str, code: str, message: str, **more: Any) -> ClientError:
    """Make the error that botocore raises for an answer of DynamoDB."""
    answer: Any = {"Error": {"Code": code, "Message": message}, **more}
    return ClientError(answer, operation)


def check_item(operation: str, item: Item) -> None:
    """Raise what DynamoDB would for an item that it does not take."""
    check_key(operation, {name: item.get(name) for name in ("pk", "sk")})
    for name, value in item.items():
        _check_value(operation, name, value)
    if item_size(item) > LARGEST_ITEM:
        raise invalid(operation, "Item size has exceeded the maximum allowed size")


def check_key(operation: str, key: Item) -> None:
    """Raise what DynamoDB would for a key that can't be one."""
    if set(key) != {"pk", "sk"}:
        raise invalid(operation, "The provided key element does not match the schema")
    for name, longest in (("pk", LONGEST_PK), ("sk", LONGEST_SK)):
        _check_value(operation, name, key[name])
        text = key[name].get("S")
        if not text:
            raise invalid(operation, f"The AttributeValue for a key, {name}, is empty")
        if len(text.encode()) > longest:
            raise invalid(operation, f"Size of {name} has exceeded the maximum size")


def invalid(operation: str, message: str) -> ClientError:
    """Make a ValidationException."""
    return refuse(operation, "ValidationException", message)


def _check_value(operation: str, name: str, value: Any) -> None:
    if not isinstance(value, dict) or len(value) != 1:
        raise invalid(operation, f"{name} is no typed value: {value!r:.80}")
    kind: str = next(iter(value))
    content: Any = value[kind]
    is_right = type(content) is _TYPES.get(kind)
    if not is_right:
        raise invalid(operation, f"{name} has no value of type {kind}")
    if kind == "N" and not _NUMBER.fullmatch(content):
        raise invalid(operation, f"{name} is no number: {content:.80}")
    if kind == "S":
        _check_text(operation, content)


def _check_text(operation: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise refuse(
            operation, "SerializationException", "half a surrogate pair"
        ) from None
