"""The roles of the functions allow what the code calls, and no more."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STORE = ROOT / "chalicelib/store/dynamo"
NOT_ON_OBJECTS = {"update_item", "batch_write_item"}
"""Counters and keys are updated; collections are removed by the command line."""

TRANSACTIONS = {"transact_write_items", "transact_get_items"}
BY_TRANSACTION = {"put_item", "delete_item"}


def called() -> set[str]:
    text = (STORE / "table.py").read_text()
    return set(re.findall(r'self\._call\(\s*"(\w+)"', text))


def action(operation: str) -> str:
    return "dynamodb:" + "".join(part.title() for part in operation.split("_"))


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_objects_table_gets_what_the_store_calls(stage: str):
    wanted = called() - NOT_ON_OBJECTS - TRANSACTIONS
    for kind in ("", "-upkeep"):
        policy = json.loads((ROOT / f".chalice/policy-{stage}{kind}.json").read_text())
        (objects,) = [one for one in policy["Statement"] if one["Sid"] == "Objects"]
        assert set(objects["Action"]) == {
            action(one) for one in wanted | BY_TRANSACTION
        }
        assert objects["Resource"].endswith(f"table/taxiway-{stage}-objects")


def actions(stage: str, kind: str, sid: str) -> set[str]:
    policy = json.loads((ROOT / f".chalice/policy-{stage}{kind}.json").read_text())
    (statement,) = [one for one in policy["Statement"] if one["Sid"] == sid]
    return set(statement["Action"])


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_authorizer_reads_and_touches_keys_and_does_nothing_else(stage: str):
    text = (ROOT / f".chalice/policy-{stage}-authorizer.json").read_text()
    sids = {one["Sid"] for one in json.loads(text)["Statement"]}
    assert sids == {"Logs", "Keys"}
    wanted = {"dynamodb:GetItem", "dynamodb:UpdateItem"}
    assert actions(stage, "-authorizer", "Keys") == wanted


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_ingestion_reads_no_keys_of_callers(stage: str):
    text = (ROOT / f".chalice/policy-{stage}-ingest.json").read_text()
    statements = json.loads(text)["Statement"]
    assert {one["Sid"] for one in statements} == {"Logs", "Objects", "FeedKeys"}
    assert f"taxiway-{stage}-keys" not in text
    assert actions(stage, "-ingest", "Objects") == actions(
        stage, "-upkeep", "Objects"
    ) | {"dynamodb:UpdateItem"}
    (keys,) = [one for one in statements if one["Sid"] == "FeedKeys"]
    assert keys["Resource"].endswith(f":parameter/taxiway/{stage}/feeds/*")


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_api_manages_keys_and_counts(stage: str):
    assert actions(stage, "", "Keys") == {
        f"dynamodb:{name}Item" for name in ("Get", "BatchGet", "Put", "Update")
    } | {"dynamodb:Query"}
    assert actions(stage, "", "Counters") == {"dynamodb:UpdateItem", "dynamodb:Query"}
    assert actions(stage, "", "Secrets") == {"ssm:GetParameter"}


@pytest.mark.parametrize("stage", ["dev", "prod"])
@pytest.mark.parametrize("kind", ["", "-upkeep", "-ingest", "-authorizer"])
def test_no_function_removes_or_makes_tables_or_keys_of_the_gateway(
    stage: str, kind: str
):
    text = (ROOT / f".chalice/policy-{stage}{kind}.json").read_text()
    allowed = {
        action for one in json.loads(text)["Statement"] for action in one["Action"]
    }
    refused = re.compile(r".*Table|apigateway:DELETE|ssm:Put.*|iam:.*|.*\*")
    assert [one for one in allowed if refused.fullmatch(one)] == []
