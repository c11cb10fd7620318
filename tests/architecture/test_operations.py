"""What docs/operations says is what is deployed, called and measured."""

from __future__ import annotations

import ast
import json
import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from chalicelib.settings import Settings
from chalicelib.store.dynamo.schema import table_definitions
from taxiway.infra.alarms import RUNBOOK, alarms
from taxiway.infra.names import Names, is_stage_name

ROOT = Path(__file__).parents[2]
OPERATIONS = ROOT / "docs/operations"
SETTINGS = Settings.from_env({"TAXIWAY_STAGE": "dev"})
TABLES = [one["TableName"] for one in table_definitions(SETTINGS)]
ALARMS = alarms(Names("dev"), TABLES)

SERVICES = (
    "apigateway",
    "cloudwatch",
    "dynamodb",
    "events",
    "iam",
    "lambda",
    "logs",
    "ssm",
)

# What Chalice 1.34 was seen to call on deploy, redeploy and delete of this app, and
# what its source calls when tags or concurrency change.
BY_CHALICE = {
    "apigateway": "create_deployment delete_rest_api get_rest_api import_rest_api "
    "put_rest_api update_rest_api",
    "events": "delete_rule put_rule put_targets remove_targets",
    "iam": "create_role delete_role delete_role_policy get_role list_role_policies "
    "put_role_policy",
    "lambda": "add_permission create_function delete_function "
    "delete_function_concurrency get_function get_function_configuration get_policy "
    "list_tags put_function_concurrency tag_resource untag_resource "
    "update_function_code update_function_configuration",
}
# What rights go with a call: parts of transactions, tags given at creation, roles
# handed on.
IMPLIED = {
    "dynamodb:DeleteItem",
    "dynamodb:TagResource",
    "cloudwatch:TagResource",
    "iam:PassRole",
    "logs:TagResource",
    "lambda:RemovePermission",
    "ssm:AddTagsToResource",
}


@cache
def operations(service: str) -> dict[str, str]:
    """Give the action of each method of a client."""
    model = botocore.session.get_session().get_service_model(service)
    found = {}
    for name in model.operation_names:
        # API Gateway's actions are the methods of HTTP.
        verb = model.operation_model(name).http["method"]
        action = verb if service == "apigateway" else name
        found[xform_name(name)] = f"{service}:{action}"
    return found


def words(path: Path) -> set[str]:
    """Give all names and short texts in a module: methods are called by both."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def called() -> set[frozenset[str]]:
    """Give what `taxiway` calls: for each method the actions that it may mean."""
    files = [
        *ROOT.glob("taxiway/deploy/*.py"),
        *(ROOT / "taxiway" / name for name in ("stage_checks.py", "tables.py")),
        *ROOT.glob("chalicelib/store/**/*.py"),
    ]
    spoken = set().union(*(words(path) for path in files))
    known = {service: operations(service) for service in SERVICES}
    return {
        frozenset(one[word] for one in known.values() if word in one)
        for word in spoken
        if any(word in one for one in known.values())
    }


def policy() -> list[dict[str, Any]]:
    return json.loads((OPERATIONS / "deployer-policy.json").read_text())["Statement"]


def allowed() -> set[str]:
    return {action for statement in policy() for action in statement["Action"]}


def by_chalice() -> set[str]:
    return {
        operations(service)[name]
        for service, names in BY_CHALICE.items()
        for name in names.split()
    }


def test_the_deployer_may_do_all_that_taxiway_calls():
    transactions = {"dynamodb:TransactWriteItems", "dynamodb:TransactGetItems"}
    missing = [
        sorted(actions)
        for actions in called()
        if not actions & (allowed() | transactions)
    ]
    assert missing == []
    assert len(called()) > 40


def test_the_deployer_may_do_all_that_chalice_calls():
    assert by_chalice() - allowed() == set()


def test_the_deployer_may_do_nothing_that_nobody_calls():
    wanted = set().union(*called()) | by_chalice() | IMPLIED
    assert allowed() - wanted == set()


def test_the_deployer_s_policy_reaches_what_is_named_for_taxiway():
    for statement in policy():
        resources = statement["Resource"]
        resources = resources if isinstance(resources, list) else [resources]
        reading = all(
            re.search(":(Describe|List|Get)", action) for action in statement["Action"]
        )
        for resource in resources:
            assert reading or "taxiway" in resource or ":apigateway:" in resource
    names = Names("dev")
    reach = [
        resource
        for statement in policy()
        for resource in (
            statement["Resource"]
            if isinstance(statement["Resource"], list)
            else [statement["Resource"]]
        )
    ]
    for arn in (
        *(f"arn:aws:lambda:r:1:function:{name}" for name in names.functions),
        *(f"arn:aws:dynamodb:r:1:table/{name}" for name in TABLES),
        *(f"arn:aws:cloudwatch:r:1:alarm:{one['AlarmName']}" for one in ALARMS),
        f"arn:aws:cloudwatch::1:dashboard/{names.dashboard}",
        f"arn:aws:ssm:r:1:parameter{names.session_secret}",
        *(f"arn:aws:logs:r:1:log-group:{name}" for name in names.log_groups),
    ):
        specific = [one for one in reach if not one.endswith(("log-group:*", "*:*"))]
        assert any(fnmatchcase(arn, one) for one in specific if one != "*"), arn


def test_the_policy_is_small_enough_for_iam():
    text = (OPERATIONS / "deployer-policy.json").read_text()
    assert len(re.sub(r"\s", "", text)) < 6_144


def test_the_runbook_has_a_section_for_each_alarm_in_the_same_order():
    text = (ROOT / RUNBOOK).read_text()
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == [
        one["AlarmName"].removeprefix(Names("dev").alarm("")) for one in ALARMS
    ]
    for one in ALARMS:
        anchor = re.search(rf"{re.escape(RUNBOOK)}#(\S+)", one["AlarmDescription"])
        assert anchor
        assert anchor[1] in headings


def test_every_stage_in_the_documents_could_be_one():
    for path in OPERATIONS.glob("*.md"):
        for name in re.findall(r"make \w+ STAGE=([\w-]+)", path.read_text()):
            assert is_stage_name(name), (path, name)


def test_every_operation_is_linked_from_its_front_page():
    front = (OPERATIONS / "README.md").read_text()
    for path in OPERATIONS.glob("*.md"):
        assert path.name == "README.md" or f"]({path.name}" in front


@pytest.mark.parametrize(
    ("operation", "way"),
    [
        ("POST of 1,000 new", "POSTs of 1,000"),
        ("POST of newer versions of 1,000", "newer versions, POSTs of 1,000"),
        ("POST of 1 new", "one by one"),
    ],
)
def test_the_units_in_the_costs_are_those_that_were_measured(operation: str, way: str):
    measured = row((ROOT / "bench/results.md").read_text(), operation)
    told = row((OPERATIONS / "cost.md").read_text(), way)
    reads, writes = number(measured[2]), number(measured[3])
    for cell, units in ((told[1], reads), (told[0], writes)):
        each = re.search(r"\d \S \(?([\d,]+)", cell)
        assert each, cell
        # A new measurement differs a little: some sizes are of the moment.
        assert number(each[1]) == pytest.approx(units, rel=0.02), cell


def row(text: str, name: str) -> list[str]:
    """Give the cells behind the first one of a table's row."""
    line = next(one for one in text.splitlines() if one.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.split("|")[2:-1]]


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_the_sums_in_the_costs_are_sums():
    text = (OPERATIONS / "cost.md").read_text()
    table = text.split("| a million |", 1)[1].split("\n\n", 1)[0]
    rows = [line.split("|")[2:-1] for line in table.splitlines()[2:]]
    assert len(rows) >= 5
    for cells in rows:
        *parts, total = (float(cell.strip(" *")) for cell in cells)
        assert sum(parts) == pytest.approx(total, abs=0.011)
