"""Mend three things in ministack 1.5.33's DynamoDB; leave any other version alone.

- A Query parses its key condition again for every item of the partition.
- Numbers are added with 28 digits; DynamoDB has 38.
- `get_state` copies every attribute of every item while no request is served.
"""

from __future__ import annotations

import base64
import decimal
import re
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

KNOWN_VERSION = "1.5.33"

Value = Mapping[str, Any]
Item = Mapping[str, Value]
Test = Callable[[Item], bool]

_NAME = r"(?P<name>\#?[A-Za-z_]\w*)"
_CLAUSES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\s*{_NAME}\s*(?P<op><=|>=|=|<|>)\s*(?P<low>:\w+)\s*",
        rf"\s*{_NAME}\s+(?P<op>BETWEEN)\s+(?P<low>:\w+)\s+AND\s+(?P<high>:\w+)\s*",
        rf"\s*(?P<op>begins_with)\s*\(\s*{_NAME}\s*,\s*(?P<low>:\w+)\s*\)\s*",
    )
)
_AND = re.compile(r"AND\b", re.IGNORECASE)
_OPERATORS: dict[str, Callable[[Any, Any, Any], bool]] = {
    "=": lambda found, value, _: bool(found == value),
    "<": lambda found, value, _: bool(found < value),
    "<=": lambda found, value, _: bool(found <= value),
    ">": lambda found, value, _: bool(found > value),
    ">=": lambda found, value, _: bool(found >= value),
    "BETWEEN": lambda found, low, high: bool(low <= found <= high),
    "BEGINS_WITH": lambda found, value, _: bool(found.startswith(value)),
}


def apply(dynamodb: Any) -> bool:
    """Mend the module; return False when this ministack is not the known one."""
    if version("ministack") != KNOWN_VERSION:
        return False
    decimal.DefaultContext.prec = decimal.getcontext().prec = 38
    dynamodb._evaluate_condition = _parsing_once(dynamodb._evaluate_condition)
    original_state = dynamodb.get_state
    dynamodb.get_state = lambda: _state(dynamodb, original_state)
    return True


def key_test(
    expression: str, values: Mapping[str, Value], names: Mapping[str, str]
) -> Test | None:
    """Compile a key condition, or return None for what is not recognised."""
    tests, position = [], 0
    while True:
        clause = _clause_at(expression, position)
        if clause is None:
            return None
        tests.append(_test(clause, values, names))
        position = clause.end()
        if position == len(expression):
            return lambda item: all(test(item) for test in tests)
        joint = _AND.match(expression, position)
        if joint is None:
            return None
        position = joint.end()


def _clause_at(expression: str, position: int) -> re.Match[str] | None:
    matches = (pattern.match(expression, position) for pattern in _CLAUSES)
    return next((match for match in matches if match), None)


def _test(
    clause: re.Match[str], values: Mapping[str, Value], names: Mapping[str, str]
) -> Test:
    parts = clause.groupdict()
    name, kind = names.get(parts["name"], parts["name"]), parts["op"].upper()
    low_type, low = _comparable(values[parts["low"]])
    if kind == "BETWEEN":
        high_type, high = _comparable(values[parts["high"]])
        if high_type != low_type:
            raise ValueError("two types in one BETWEEN")
    else:
        high = None
    holds = _OPERATORS[kind]

    def test(item: Item) -> bool:
        value = item.get(name)
        if value is None or low_type not in value:
            return False
        return holds(_comparable(value)[1], low, high)

    return test


def _comparable(value: Value) -> tuple[str, Any]:
    ((kind, content),) = value.items()
    if kind == "N":
        return kind, decimal.Decimal(content)
    if kind == "B" and isinstance(content, str):
        return kind, base64.b64decode(content)
    if kind in {"S", "B"}:
        return kind, content
    raise ValueError(f"{kind} is no key type")


def _parsing_once(original: Callable[..., bool]) -> Callable[..., bool]:
    """Wrap the evaluator: the first item of a Query is judged by the original."""
    seen: tuple[Any, Any, Any, Test | None] = (None, None, None, None)

    def evaluate(
        expression: str,
        item: Item,
        values: Mapping[str, Value],
        names: Mapping[str, str],
        slot: str = "ConditionExpression",
    ) -> bool:
        nonlocal seen
        if slot != "KeyConditionExpression":
            return original(expression, item, values, names, slot)
        if seen[0] is expression and seen[1] is values and seen[2] is names:
            return (
                seen[3](item)
                if seen[3]
                else original(expression, item, values, names, slot)
            )
        holds = original(expression, item, values, names, slot)
        seen = (expression, values, names, _compiled(expression, values, names))
        return holds

    return evaluate


def _compiled(
    expression: str, values: Mapping[str, Value], names: Mapping[str, str]
) -> Test | None:
    try:
        return key_test(expression, values or {}, names or {})
    except (KeyError, ValueError, decimal.InvalidOperation):
        return None


def _state(dynamodb: Any, original: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the state, items by reference: ministack replaces them, never edits."""
    live = dynamodb._tables
    tables = type(live)()
    for (account, region, name), table in live.all_items():
        copied = {
            key: value for key, value in table.items() if key != dynamodb._INDEX_MEMBERS
        }
        copied["items"] = {key: dict(rows) for key, rows in table["items"].items()}
        tables.set_scoped(account, region, name, copied)
    with dynamodb._lock:
        dynamodb._tables = type(live)()
        try:
            return {**original(), "tables": tables}
        finally:
            dynamodb._tables = live
