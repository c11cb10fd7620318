"""`taxiway stage`: add a stage to what Chalice can deploy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from taxiway.infra.names import is_stage_name
from taxiway.output import console
from taxiway.state import read_json
from taxiway.trouble import Trouble

_CHALICE = Path(__file__).parents[1] / ".chalice"


def add_stage(
    name: Annotated[str, typer.Argument(help="2 to 20 letters, digits and `-`.")],
    *,
    like: Annotated[
        str, typer.Option(metavar="STAGE", help="Which stage to copy.")
    ] = "dev",
) -> None:
    """Add a stage to .chalice/config.json, with policies of its own."""
    for path in copy_stage(_CHALICE, name, like):
        console().print(f"wrote {path.relative_to(_CHALICE.parent)}", markup=False)


def copy_stage(folder: Path, name: str, like: str) -> list[Path]:
    """Copy a stage under another name; give the files written. Raises Trouble."""
    config = read_json(folder / "config.json")
    stages = config.get("stages", {})
    _check(stages, name, like)
    old = stages[like]
    files = {file: _renamed_file(file, like, name) for file in _policies(old)}
    for file in files.values():
        if (folder / file).exists():
            raise Trouble(f"{file} is there already: remove it, or choose a name")
    text = json.dumps(old)
    for before, after in files.items():
        text = text.replace(json.dumps(before), json.dumps(after))
        policy = _renamed((folder / before).read_text(), like, name)
        (folder / after).write_text(policy)
    stages[name] = json.loads(_renamed(text, like, name))
    whole = folder / "config.json"
    whole.write_text(json.dumps(config, indent=2) + "\n")
    return [*(folder / file for file in sorted(files.values())), whole]


def _check(stages: dict[str, Any], name: str, like: str) -> None:
    if not is_stage_name(name):
        raise Trouble(
            f"{name} cannot be a stage: 2 to 20 letters, digits and `-`, a letter "
            "first, no `-` last, not ending in -upkeep or -authorizer"
        )
    if name in stages:
        raise Trouble(f"stage {name} is there already")
    if like not in stages:
        raise Trouble(f"there is no stage {like}; there are {', '.join(stages)}")


def _policies(stage: dict[str, Any]) -> set[str]:
    functions = stage.get("lambda_functions", {}).values()
    files = [one.get("iam_policy_file") for one in (stage, *functions)]
    return {str(file) for file in files if file}


def _renamed_file(file: str, old: str, new: str) -> str:
    return file.replace(f"policy-{old}", f"policy-{new}", 1)


def _renamed(text: str, old: str, new: str) -> str:
    for before, after in (
        (f"taxiway-{old}", f"taxiway-{new}"),
        (f"/taxiway/{old}/", f"/taxiway/{new}/"),
        (f'"TAXIWAY_STAGE": "{old}"', f'"TAXIWAY_STAGE": "{new}"'),
    ):
        text = text.replace(before, after)
    return text
