"""The zip that Lambda gets: what is in it, and that it runs on its own."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUDGET = 10_000_000


def test_it_is_small_and_holds_neither_sdk_nor_command_line(package: Path):
    archive = package / "deployment.zip"
    names = {name.split("/")[0] for name in zipfile.ZipFile(archive).namelist()}
    assert archive.stat().st_size < BUDGET
    assert {"app.py", "chalicelib", "chalice"} <= names
    assert names.isdisjoint(
        {"boto3", "botocore", "taxiway", "tests", "rich", "typer", "ministack"}
    )
    assert not any(
        "chalice/cli" in name for name in zipfile.ZipFile(archive).namelist()
    )


def test_it_imports_with_its_own_packages_and_the_runtime_s_sdk(
    package: Path, tmp_path: Path
):
    unpacked = tmp_path / "task"
    zipfile.ZipFile(package / "deployment.zip").extractall(unpacked)
    sdk = tmp_path / "runtime"
    sdk.mkdir()
    site = (
        Path(sys.executable).parents[1]
        / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    )
    for name in ("boto3", "botocore", "s3transfer", "urllib3", "dateutil", "six.py"):
        (sdk / name).symlink_to(site / name)
    code = "import sys; sys.path[:0] = sys.argv[1:]; import app, chalicelib.jobs.upkeep, chalicelib.ingest.pipeline, chalicelib.ingest.publish, feedparser, idna; print(len(app.app.routes))"
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(unpacked), str(sdk)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 10


def test_the_template_names_the_functions_on_arm(package: Path):
    template = json.loads((package / "sam.json").read_text())
    functions = {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    assert {properties["Handler"] for properties in functions.values()} == {
        "app.app",
        "chalicelib.edge.authorizer.authorize",
        "chalicelib.jobs.ingest.ingest",
        "chalicelib.jobs.upkeep.upkeep",
    }
    assert all(one["Architectures"] == ["arm64"] for one in functions.values())
    timeouts = {one["Handler"]: one["Timeout"] for one in functions.values()}
    assert timeouts == {
        "app.app": 29,
        "chalicelib.edge.authorizer.authorize": 10,
        "chalicelib.jobs.ingest.ingest": 900,
        "chalicelib.jobs.upkeep.upkeep": 900,
    }


def test_no_function_may_make_tables_and_upkeep_sees_no_keys():
    for stage in ("dev", "prod"):
        api = json.loads((ROOT / f".chalice/policy-{stage}.json").read_text())
        upkeep = json.loads((ROOT / f".chalice/policy-{stage}-upkeep.json").read_text())
        for policy in (api, upkeep):
            actions = {
                action for one in policy["Statement"] for action in one["Action"]
            }
            assert not {one for one in actions if "Table" in one or one.endswith("*")}
        resources = json.dumps(upkeep)
        assert f"taxiway-{stage}-objects" in resources
        assert f"taxiway-{stage}-keys" not in resources
