"""Files that no program of ours reads hold what others rely on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from tests.support.live import ROOT

STAGES = ("dev", "prod")
TABLE_ACTIONS = {
    "BatchGetItem",
    "BatchWriteItem",
    "ConditionCheckItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "UpdateItem",
}


def policy(name):
    statements = json.loads((ROOT / ".chalice" / name).read_text())["Statement"]
    return {
        statement["Resource"].rpartition("/")[2]: set(statement["Action"])
        for statement in statements
        if statement["Action"][0].startswith("dynamodb:")
    }


@pytest.mark.parametrize("stage", STAGES)
def test_role_of_the_api_reaches_its_tables_and_no_more(stage):
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    settings = config["stages"][stage]
    variables = settings["environment_variables"]
    granted = policy(settings["iam_policy_file"])
    objects, keys, counters = (
        variables[f"TAXIWAY_{kind}_TABLE"] for kind in ("OBJECTS", "KEYS", "COUNTERS")
    )
    assert set(granted) == {objects, keys, counters}
    assert granted[objects] <= {f"dynamodb:{action}" for action in TABLE_ACTIONS}
    assert "dynamodb:DeleteItem" not in granted[keys] | granted[counters]


@pytest.mark.parametrize("stage", STAGES)
def test_role_of_upkeep_does_not_reach_the_keys(stage):
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    upkeep = config["stages"][stage]["lambda_functions"]["upkeep"]
    assert set(policy(upkeep["iam_policy_file"])) == {f"taxiway-{stage}-objects"}
    assert upkeep["lambda_timeout"] == 900


def chosen_python(path):
    return subprocess.run(
        [shutil.which("bash"), str(ROOT / ".ci" / "python")],
        env={"PATH": f"{path}:/usr/bin:/bin", "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        check=False,
    )


def program(folder, name, body):
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)


def test_python_that_does_not_run_is_passed_over(tmp_path):
    program(tmp_path, "python3.13", "echo 'pyenv: not found' >&2; exit 127")
    program(tmp_path, "python3.12", "exit 0")
    said = chosen_python(tmp_path)
    assert (said.returncode, said.stdout.strip()) == (0, f"{tmp_path}/python3.12")


def test_no_python_that_is_new_enough_is_said(tmp_path):
    for name in ("python3.13", "python3.12", "python3.11", "python3", "python"):
        program(tmp_path, name, "exit 1")
    bash, type_of = shutil.which("bash"), tmp_path
    said = subprocess.run(
        [bash, str(ROOT / ".ci" / "python")],
        env={"PATH": str(type_of)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 1
    assert "3.11 or newer" in said.stderr
