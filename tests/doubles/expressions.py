"""The few forms of DynamoDB expressions that the store uses; others raise."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

Item = dict[str, Any]
Test = Callable[[Item | None], bool]

_COMPARISON = re.compile(r"\s*(#?\w+) (=|>|>=|<|<=) (:\w+)\s*")
_BETWEEN = re.compile(r"\s*(#?\w+) BETWEEN (:\w+) AND (:\w+)\s*")
_EXISTS = re.compile(r"\s*attribute_(not_)?exists\((#?\w+)\)\s*")
_EITHER = re.compile(r"\s*\((.+) OR (.+)\)\s*")
_CLAUSE = re.compile(r"\b(SET|ADD|REMOVE) ")
_ADD = re.compile(r"(#?\w+) (:\w+)")
_SET_VALUE = re.compile(r"(#?\w+) = (:\w+)")
_SET_ABSENT = re.compile(r"(#?\w+) = if_not_exists\((#?\w+), (:\w+)\)")
_SET_SUM = re.compile(r"(#?\w+) = (#?\w+) \+ (:\w+)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
}


class UnknownExpression(AssertionError):
    """The store uses a form that the double does not know: teach it."""


class Names:
    """Placeholders of one expression; all must be used, as DynamoDB demands."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        """Take them from the arguments of a call or an action."""
        self._names = dict(arguments.get("ExpressionAttributeNames", {}))
        self._values = dict(arguments.get("ExpressionAttributeValues", {}))
        self._unused = {*self._names, *self._values}

    def name(self, text: str) -> str:
        """Give the attribute that a name stands for."""
        self._unused.discard(text)
        if text.startswith("#"):
            return str(self._names[text])
        if text.upper() in RESERVED:
            raise UnknownExpression(f"{text} is a reserved word of DynamoDB")
        return text

    def value(self, text: str) -> dict[str, Any]:
        """Give the value that a placeholder stands for."""
        self._unused.discard(text)
        found = self._values[text]
        assert isinstance(found, dict)
        return found

    def check_all_used(self) -> None:
        """Fail where a placeholder was given and not used."""
        if self._unused:
            raise UnknownExpression(f"unused placeholders: {sorted(self._unused)}")


def key_range(arguments: Mapping[str, Any]) -> tuple[str, Callable[[str], bool]]:
    """Read a key condition: the partition, and a test of sort keys."""
    names = Names(arguments)
    first, _, rest = arguments["KeyConditionExpression"].partition(" AND ")
    match = _COMPARISON.fullmatch(first)
    if match is None or names.name(match[1]) != "pk" or match[2] != "=":
        raise UnknownExpression(first)
    pk = names.value(match[3])["S"]
    test = _sort_key_test(rest, names) if rest else lambda _: True
    names.check_all_used()
    return pk, test


def condition(arguments: Mapping[str, Any]) -> Test:
    """Read a condition on an item that may not be there."""
    expression = arguments.get("ConditionExpression")
    names = Names(arguments)
    if expression is None:
        tests: list[Test] = []
    else:
        tests = [_one_condition(part, names) for part in expression.split(" AND ")]
        if "UpdateExpression" not in arguments:
            names.check_all_used()
    return lambda item: all(test(item) for test in tests)


def update(arguments: Mapping[str, Any]) -> Callable[[Item], Item]:
    """Read an update: SET of values, of absent values and of sums, ADD, REMOVE."""
    names = Names(arguments)
    expression = arguments["UpdateExpression"]
    start, *clauses = _CLAUSE.split(expression)
    if start or not clauses:
        raise UnknownExpression(expression)
    steps = [
        _STEPS[word](part.strip(), names)
        for word, text in zip(clauses[::2], clauses[1::2], strict=True)
        for part in re.split(r",\s*(?![^()]*\))", text)
    ]

    def apply(item: Item) -> Item:
        changed = dict(item)
        touched: set[str] = set()
        for step in steps:
            name, value = step(item)
            assert name not in touched, f"two paths overlap: {name}"
            touched.add(name)
            if value is None:
                changed.pop(name, None)
            else:
                changed[name] = value
        return changed

    return apply


def _sort_key_test(text: str, names: Names) -> Callable[[str], bool]:
    if match := _BETWEEN.fullmatch(text):
        low, high = names.value(match[2])["S"], names.value(match[3])["S"]
        if low > high:
            raise BadRange
        name = match[1]
        found: Callable[[str], bool] = lambda sk: low <= sk <= high  # noqa: E731
    elif match := _COMPARISON.fullmatch(text):
        compare, bound = _COMPARE[match[2]], names.value(match[3])["S"]
        name = match[1]
        found = lambda sk: compare(sk, bound)  # noqa: E731
    else:
        raise UnknownExpression(text)
    if names.name(name) != "sk":
        raise UnknownExpression(text)
    return found


class BadRange(Exception):
    """BETWEEN with the ends the wrong way round."""


def _one_condition(text: str, names: Names) -> Test:
    if match := _EXISTS.fullmatch(text):
        name, wanted = names.name(match[2]), match[1] is None
        return lambda item: (item is not None and name in item) == wanted
    if match := _EITHER.fullmatch(text):
        one, other = (_one_condition(part, names) for part in match.groups())
        return lambda item: one(item) or other(item)
    if (match := _COMPARISON.fullmatch(text)) and match[2] == "=":
        name, value = names.name(match[1]), names.value(match[3])
        return lambda item: item is not None and _equal(item.get(name), value)
    if match := _COMPARISON.fullmatch(text):
        compare, name = _COMPARE[match[2]], names.name(match[1])
        bound = Decimal(names.value(match[3])["N"])
        return lambda item: (
            item is not None
            and "N" in item.get(name, {})
            and compare(Decimal(item[name]["N"]), bound)
        )
    raise UnknownExpression(text)


def _equal(one: dict[str, Any] | None, other: dict[str, Any]) -> bool:
    if one is not None and "N" in one and "N" in other:
        return Decimal(one["N"]) == Decimal(other["N"])
    return one == other


def _one_step(text: str, names: Names) -> Callable[[Item], tuple[str, Any]]:
    if match := _SET_VALUE.fullmatch(text):
        name, value = names.name(match[1]), names.value(match[2])
        return lambda _: (name, value)
    if match := _SET_ABSENT.fullmatch(text):
        name, old = names.name(match[1]), names.name(match[2])
        value = names.value(match[3])
        return lambda item: (name, item.get(old, value))
    if match := _SET_SUM.fullmatch(text):
        name, old = names.name(match[1]), names.name(match[2])
        value = names.value(match[3])
        return lambda item: (
            name,
            {"N": str(Decimal(item[old]["N"]) + Decimal(value["N"]))},
        )
    raise UnknownExpression(text)


def _one_addition(text: str, names: Names) -> Callable[[Item], tuple[str, Any]]:
    match = _ADD.fullmatch(text)
    if match is None:
        raise UnknownExpression(text)
    name, value = names.name(match[1]), names.value(match[2])
    return lambda item: (
        name,
        {"N": str(Decimal(item.get(name, {"N": "0"})["N"]) + Decimal(value["N"]))},
    )


def _one_removal(text: str, names: Names) -> Callable[[Item], tuple[str, Any]]:
    name = names.name(text)
    return lambda _: (name, None)


_STEPS = {"SET": _one_step, "ADD": _one_addition, "REMOVE": _one_removal}

_RESERVED_WORDS = """
    ABORT ACTION ADD ALL ALTER AND ANY AS ASC AT ATTRIBUTE BEGIN BETWEEN BINARY BY
    CLOSE CONDITION COUNT CREATE CURRENT CURSOR DATA DATE DAY DEFINE DELETE DESC
    END EXISTS FACET FIRST FROM GET GROUP HASH HEAD HOUR IN INDEX INTERVAL INTO IS
    ITEM ITEMS KEY KEYS LAST LEVEL LIMIT LOG MARK MAX MIN MONTH NAME NAMES NEXT NO
    NONE NOT NULL NUMBER OF OLD ON OR ORDER OWNER PAGE PARTITION POSITION PREVIOUS
    PRIOR RANGE READ REPLACE ROLE SCAN SECOND SEGMENT SELECT SET SIZE START STATE
    STATUS STORE SUM TABLE TEXT TIME TIMESTAMP TO TOKEN TOTAL TRANSACTION TTL TYPE
    UNION UNIQUE UNIT UPDATE USE USER VALUE VALUES VERSION VIEW WHERE WITH WRITE
    YEAR ZONE
"""
RESERVED = frozenset(_RESERVED_WORDS.split())
"""Words that an expression may not use as they are (an excerpt of the list)."""
