"""The roles of the functions allow what the code calls, and no more."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STORE = ROOT / "chalicelib/store/dynamo"
ONLY_ON_THE_COMMAND_LINE = {"update_item", "batch_write_item"}
TRANSACTIONS = {"transact_write_items", "transact_get_items"}
BY_TRANSACTION = {"put_item", "delete_item"}


def called() -> set[str]:
    text = (STORE / "table.py").read_text()
    return set(re.findall(r'self\._call\(\s*"(\w+)"', text))


def action(operation: str) -> str:
    return "dynamodb:" + "".join(part.title() for part in operation.split("_"))


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_objects_table_gets_what_the_store_calls(stage: str):
    wanted = called() - ONLY_ON_THE_COMMAND_LINE - TRANSACTIONS
    for kind in ("", "-upkeep"):
        policy = json.loads((ROOT / f".chalice/policy-{stage}{kind}.json").read_text())
        (objects,) = [one for one in policy["Statement"] if one["Sid"] == "Objects"]
        assert set(objects["Action"]) == {
            action(one) for one in wanted | BY_TRANSACTION
        }
        assert objects["Resource"].endswith(f"table/taxiway-{stage}-objects")


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_keys_table_is_read_and_touched_by_the_api_alone(stage: str):
    policy = json.loads((ROOT / f".chalice/policy-{stage}.json").read_text())
    (keys,) = [one for one in policy["Statement"] if one["Sid"] == "Keys"]
    assert set(keys["Action"]) == {"dynamodb:GetItem", "dynamodb:UpdateItem"}
