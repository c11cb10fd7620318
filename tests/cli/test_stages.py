"""`taxiway stage`: another stage beside dev and prod."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from taxiway.stages import copy_stage
from taxiway.trouble import Trouble
from tests.cli.conftest import taxiway

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("deploy*")
    return Path(shutil.copytree(ROOT / ".chalice", tmp_path / "c", ignore=ignored))


def test_a_new_stage_has_names_and_policies_of_its_own(folder: Path):
    written = copy_stage(folder, "blue", "dev")
    stages = json.loads((folder / "config.json").read_text())["stages"]
    assert list(stages) == ["dev", "prod", "blue"]
    assert stages["blue"]["environment_variables"]["TAXIWAY_STAGE"] == "blue"
    files = {
        one["iam_policy_file"] for one in stages["blue"]["lambda_functions"].values()
    }
    for name in files | {stages["blue"]["iam_policy_file"]}:
        assert name.startswith("policy-blue")
        assert folder / name in written
    text = json.dumps(stages["blue"]) + "".join(one.read_text() for one in written[:-1])
    assert "taxiway-blue" in text
    assert "dev" not in text.replace("/dev/null", "")


def test_the_other_stages_stay_as_they_are(folder: Path):
    before = json.loads((folder / "config.json").read_text())
    copy_stage(folder, "blue", "prod")
    after = json.loads((folder / "config.json").read_text())
    del after["stages"]["blue"]
    assert after == before


@pytest.mark.parametrize(
    ("name", "like", "words"),
    [
        ("dev", "prod", "there already"),
        ("blue", "green", "there is no stage green"),
        ("b/../x", "dev", "cannot be a stage"),
        ("dev-upkeep", "dev", "cannot be a stage"),
    ],
)
def test_a_stage_that_cannot_be_is_refused(
    folder: Path, name: str, like: str, words: str
):
    before = sorted(folder.iterdir())
    with pytest.raises(Trouble, match=words):
        copy_stage(folder, name, like)
    assert sorted(folder.iterdir()) == before


def test_a_policy_file_that_is_there_is_not_overwritten(folder: Path):
    mine = folder / "policy-blue.json"
    mine.write_text("mine")
    with pytest.raises(Trouble, match=r"policy-blue\.json is there already"):
        copy_stage(folder, "blue", "dev")
    assert mine.read_text() == "mine"
    assert not (folder / "policy-blue-upkeep.json").exists()


@pytest.mark.parametrize("command", ["provision", "deploy", "destroy"])
@pytest.mark.parametrize(
    ("stage", "words"),
    [("nowhere", "`taxiway stage nowhere` adds it"), ("a b", "cannot be a stage")],
)
def test_a_stage_must_be_known(command: str, stage: str, words: str):
    said = taxiway(command, "--stage", stage)
    assert said.code == 1
    assert words in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("command", ["provision", "deploy", "destroy"])
def test_without_credentials_one_line_says_so(command: str, tmp_path: Path):
    nothing = str(tmp_path / "none")
    said = taxiway(
        command,
        AWS_SHARED_CREDENTIALS_FILE=nothing,
        AWS_CONFIG_FILE=nothing,
        AWS_DEFAULT_REGION="eu-central-1",
    )
    assert said.code == 1
    assert "no AWS credentials" in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("command", ["provision", "deploy", "destroy"])
def test_without_a_region_one_line_says_so(command: str, tmp_path: Path):
    nothing = str(tmp_path / "none")
    said = taxiway(
        command,
        AWS_SHARED_CREDENTIALS_FILE=nothing,
        AWS_CONFIG_FILE=nothing,
        AWS_ACCESS_KEY_ID="x",
        AWS_SECRET_ACCESS_KEY="x",
    )
    assert said.code == 1
    assert "no AWS region" in said.err
    assert said.err.count("\n") == 1
