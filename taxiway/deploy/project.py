"""What Chalice knows: its configuration, its app, and what it has deployed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taxiway.infra import definition
from taxiway.infra.names import is_stage_name
from taxiway.state import read_json
from taxiway.trouble import Trouble

ROOT = Path(__file__).parents[2]
_CHALICE = "import sys; from chalice.cli import main; sys.exit(main())"


@dataclass(frozen=True, slots=True)
class Described:
    """An API as Chalice would deploy it, and which of its methods are metered."""

    swagger: dict[str, Any]
    metered: dict[str, frozenset[str]]
    compression: int | None


def stage_environment(stage: str) -> dict[str, str]:
    """Read the environment of a stage's functions. Raises Trouble for no stage."""
    config = read_json(ROOT / ".chalice/config.json")
    if not is_stage_name(stage):
        raise Trouble(
            f"{stage} cannot be a stage: 2 to 20 letters, digits and `-`, "
            "a letter first"
        )
    if stage not in config.get("stages", {}):
        raise Trouble(
            f"there is no stage {stage} in .chalice/config.json; "
            f"`taxiway stage {stage}` adds it"
        )
    shared = config.get("environment_variables", {})
    own = config["stages"][stage].get("environment_variables", {})
    return {**shared, **own}


def deployed_file(stage: str) -> Path:
    """Say where Chalice writes down what it has deployed."""
    return ROOT / f".chalice/deployed/{stage}.json"


def deployed_resources(stage: str) -> list[dict[str, Any]]:
    """Read what Chalice has deployed from this directory."""
    return list(read_json(deployed_file(stage)).get("resources", []))


def deployed_api_id(stage: str) -> str | None:
    """Read which API Chalice has deployed from this directory."""
    for resource in deployed_resources(stage):
        if resource.get("resource_type") == "rest_api":
            return str(resource["rest_api_id"])
    return None


def describe(stage: str, region: str, function_arn: str) -> Described:
    """Make the definition that `chalice deploy` makes, by Chalice's own code."""
    from chalice.cli.factory import CLIFactory
    from chalice.config import Config
    from chalice.deploy.appgraph import ApplicationGraphBuilder
    from chalice.deploy.deployer import PolicyGenerator
    from chalice.deploy.models import RestAPI
    from chalice.deploy.swagger import SwaggerGenerator
    from chalice.policy import AppPolicyGenerator
    from chalice.utils import OSUtils

    before = dict(os.environ)
    try:
        config: Config = CLIFactory(str(ROOT)).create_config_obj(stage)
        app = config.chalice_app
        graph = ApplicationGraphBuilder().build(config, stage)
        rest_api = next(one for one in graph.resources if isinstance(one, RestAPI))
        tools = OSUtils()
        # Reads a resource policy that the configuration may name.
        PolicyGenerator(AppPolicyGenerator(tools), tools).handle(config, rest_api)
        known = {"api_handler_arn": function_arn, "lambda_functions": {}}
        swagger = SwaggerGenerator(region, known).generate_swagger(app, rest_api)
    finally:
        # Chalice puts the stage's variables into our environment.
        os.environ.clear()
        os.environ.update(before)
    size = config.minimum_compression_size
    return Described(
        swagger=swagger,
        metered=definition.metered_methods(app),
        compression=size if isinstance(size, int) else None,
    )


def chalice(*words: str, quiet: bool = False) -> None:
    """Run Chalice here, with its output shown. Raises Trouble when it fails."""
    done = subprocess.run(
        [sys.executable, "-c", _CHALICE, *words],
        cwd=ROOT,
        env=_environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if quiet else None,
        check=False,
    )
    if done.returncode:
        raise Trouble(
            f"`chalice {' '.join(words)}` ended with {done.returncode}: see above; "
            "when the cause is gone, run the same command again"
        )


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    # What we have set for ourselves is not for Chalice: the stage says it.
    return {name: value for name, value in environ.items() if name[:8] != "TAXIWAY_"}
