"""The mended key condition says what ministack's own evaluator says, item by item."""

from __future__ import annotations

import base64
import copy
import importlib.metadata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ministack.services import dynamodb

from taxiway import emulator_patch

NAMES = {"#p": "pk", "#s": "sk"}
texts = st.text("ab#\x00é", max_size=3)
numbers = st.decimals(-20, 20, places=1).map(str)
octets = st.binary(max_size=2).map(lambda data: base64.b64encode(data).decode())
values = st.one_of(
    st.builds(lambda text: {"S": text}, texts),
    st.builds(lambda number: {"N": number}, numbers),
    st.builds(lambda data: {"B": data}, octets),
)
items = st.fixed_dictionaries({}, optional={"pk": values, "sk": values})
comparisons = st.sampled_from(["=", "<", "<=", ">", ">="])


@st.composite
def conditions(draw):
    second = draw(st.sampled_from(["", "compare", "between", "begins"]))
    given_values = {":p": draw(values)}
    parts = [draw(st.sampled_from(["pk = :p", "#p=:p", "  pk  =  :p "]))]
    if second:
        given_values[":a"] = draw(values)
    if second == "compare":
        parts.append(f"sk {draw(comparisons)} :a")
    elif second == "between":
        kind = next(iter(given_values[":a"]))
        bounds = [given_values[":a"], draw(values.filter(lambda value: kind in value))]
        bounds.sort(key=lambda value: emulator_patch._comparable(value)[1])
        given_values |= dict(zip((":a", ":b"), bounds, strict=True))
        parts.append(
            draw(st.sampled_from(["#s BETWEEN :a AND :b", "sk between :a and :b"]))
        )
    elif second == "begins":
        given_values[":a"] = draw(values.filter(lambda value: "N" not in value))
        parts.append("begins_with(#s , :a)")
    joint = draw(st.sampled_from([" AND ", " and "]))
    return joint.join(parts), given_values


@given(conditions(), st.lists(items, max_size=5))
def test_compiled_condition_agrees_with_ministack(condition, rows):
    expression, given_values = condition
    names = {name: real for name, real in NAMES.items() if name in expression}
    test = emulator_patch.key_test(expression, given_values, names)
    assert test is not None
    for row in rows:
        if "begins_with" in expression and not given_values[":a"].keys() & row.get(
            "sk", ()
        ):
            continue  # an item of another type is an error there; the schema has one
        wanted = dynamodb._evaluate_condition(
            expression, row, given_values, names, "KeyConditionExpression"
        )
        assert test(row) == wanted


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "pk = :p OR sk = :p",
        "(pk = :p)",
        "pk = :p AND",
        "pk = :p sk = :p",
        "NOT pk = :p",
        "pk.x = :p",
        "pk[0] = :p",
        "pk <> :p",
        "size(pk) > :p",
        "attribute_exists(pk)",
    ],
)
def test_what_is_not_recognised_is_left_to_ministack(expression):
    assert emulator_patch.key_test(expression, {":p": {"S": "x"}}, {}) is None


class Calls:
    """An evaluator that notes which items it was asked about."""

    def __init__(self) -> None:
        self.items = []

    def __call__(self, expression, item, values, names, slot="ConditionExpression"):
        self.items.append(item)
        return dynamodb._evaluate_condition(expression, item, values, names, slot)


def test_original_judges_the_first_item_only_and_each_request_anew():
    original = Calls()
    evaluate = emulator_patch._parsing_once(original)
    rows = [{"pk": {"S": "a"}, "sk": {"S": str(n)}} for n in range(10)]
    names = {}
    for lowest in (3, 7):
        given_values = {":a": {"S": "a"}, ":n": {"S": str(lowest)}}
        found = [
            evaluate(
                "pk = :a AND sk >= :n",
                row,
                given_values,
                names,
                "KeyConditionExpression",
            )
            for row in rows
        ]
        assert found == [n >= lowest for n in range(10)]
    assert original.items == [rows[0], rows[0]]


def test_conditions_of_writes_are_left_to_ministack():
    original = Calls()
    evaluate = emulator_patch._parsing_once(original)
    for _ in range(2):
        assert evaluate("attribute_not_exists(pk)", {}, {}, {})
    assert len(original.items) == 2


class OtherModule:
    """A ministack whose insides nobody has looked at."""

    _evaluate_condition = get_state = object()


def test_other_versions_are_left_alone(monkeypatch):
    monkeypatch.setattr(emulator_patch, "version", lambda _name: "1.6.0")
    module = OtherModule()
    before = copy.copy(vars(module))
    assert emulator_patch.apply(module) is False
    assert vars(module) == before


def test_installed_version_is_the_known_one():
    assert importlib.metadata.version("ministack") == emulator_patch.KNOWN_VERSION
