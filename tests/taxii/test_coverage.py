"""Every requirement and every rule has a test, and no test names an unknown one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
CLAUSE = re.compile(r"[A-Z]+-\d{2}")
LEVELS = {"MUST": 151, "SHOULD": 5, "EXTRA": 52}
RULES = set(range(1, 26))


def listed() -> dict[str, str]:
    """Return the level of each requirement by its id."""
    lines = (HERE / "clauses.txt").read_text().splitlines()
    return dict(line.split() for line in lines)


def named_clauses() -> set[str]:
    """Return every requirement id that stands in a mark or in a table of cases."""
    return {
        node.value
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CLAUSE.fullmatch(node.value)
    }


def named_rules() -> set[int]:
    """Return the number of every rule that a test is marked with."""
    return {
        argument.value
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.rule"
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, int)
    }


def trees() -> list[ast.Module]:
    """Return the source of every test module here, parsed."""
    files = sorted(HERE.glob("test_*.py"))
    return [ast.parse(file.read_text()) for file in files]


def test_the_list_of_clauses_is_whole() -> None:
    found = list(listed().values())
    assert {level: found.count(level) for level in LEVELS} == LEVELS


def test_every_clause_has_a_test_and_no_test_names_an_unknown_one() -> None:
    assert named_clauses() == set(listed())


def test_every_rule_for_real_clients_has_a_test() -> None:
    assert named_rules() == RULES
