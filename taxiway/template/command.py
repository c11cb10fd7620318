"""`taxiway package`: the zip and the template, without AWS."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taxiway.output import Json, console, print_json
from taxiway.template.merged import merge, to_text
from taxiway.trouble import Trouble

if TYPE_CHECKING:
    from chalice.app import Chalice

TEMPLATE, ARCHIVE = "sam.json", "deployment.zip"
_PROJECT = Path(__file__).parents[2]
_ANY_REGION = "us-east-1"

Out = Annotated[Path, typer.Argument(help="Folder for the zip and the template.")]
Stage = Annotated[
    str, typer.Option("--stage", envvar="TAXIWAY_STAGE", help="A stage of Chalice's.")
]


def package(
    out: Out = Path("out"), *, stage: Stage = "dev", as_json: Json = False
) -> None:
    """Build what Lambda gets, and one CloudFormation template for the stage.

    Needs neither credentials nor a network connection to AWS.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        _run_chalice(stage, made)
        sam = json.loads((made / TEMPLATE).read_text())
        text = to_text(merge(sam, _application()))
        out.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made / ARCHIVE, out / ARCHIVE)
        (out / TEMPLATE).write_text(text)
    if as_json:
        print_json({name: str(out / name) for name in (TEMPLATE, ARCHIVE)})
        return
    console().print(f"{out / TEMPLATE}: the template", markup=False)
    console().print(f"{out / ARCHIVE}: the code, beside it", markup=False)


def _run_chalice(stage: str, out: Path) -> None:
    _check_stage(stage)
    chalice = Path(sys.executable).with_name("chalice")
    done = subprocess.run(
        [chalice, "package", "--stage", stage, out],
        cwd=_PROJECT,
        env={**os.environ, "AWS_DEFAULT_REGION": _region()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Trouble(f"chalice package failed: {said[-1] if said else 'no word'}")


def _region() -> str:
    """Read the region, which tells AWS's partitions apart and no more."""
    import botocore.session

    region = botocore.session.get_session().get_config_variable("region")
    return str(region or _ANY_REGION)


def _check_stage(stage: str) -> None:
    """Refuse a stage that is not configured; Chalice would package a bare one."""
    path = _PROJECT / ".chalice" / "config.json"
    config: dict[str, Any] = json.loads(path.read_text())
    if stage not in config["stages"]:
        raise Trouble(
            f"there is no stage {stage!r} in .chalice/config.json; "
            f"`taxiway stage {stage}` adds one"
        )


def _application() -> Chalice:
    if str(_PROJECT) not in sys.path:
        sys.path.insert(0, str(_PROJECT))
    app: Chalice = importlib.import_module("app").app
    return app
