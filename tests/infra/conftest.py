"""A stage in an account that is all fake, and the ways to it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from chalicelib.access import tiers
from chalicelib.core.apikey import ApiKey
from chalicelib.settings import Settings
from taxiway.deploy import finding, memory, project, steps, twins
from taxiway.deploy.aws import Aws
from taxiway.deploy.change import Change, carry_out
from taxiway.deploy.place import Place
from taxiway.infra.names import Names
from tests.doubles.account import Account
from tests.doubles.gateway_api import API

ROOT = Path(__file__).parents[2]


class World:
    """A stage `dev` and what is done to it."""

    def __init__(self, stage: str = "dev") -> None:
        self.account = Account()
        self.gateway = self.account.gateway
        self.keys: list[ApiKey] = []
        self.place = self.at(stage)

    def at(self, stage: str, topic: str | None = None) -> Place:
        settings = Settings.from_env({"TAXIWAY_STAGE": stage})
        aws = Aws(self.account.client)
        return Place(Names(stage), settings, aws, tiers.load(), topic)

    def chalice_deploys(self) -> None:
        """Do what `chalice deploy` does, as far as the fake account has it."""
        names = self.place.names
        self.account.functions.deploy(*names.functions)
        told = finding.function_of(self.place, names.api_function)
        described = project.describe(
            "dev", self.place.aws.region, str(told and told["FunctionArn"])
        )
        self.gateway.deploy_by_chalice(described.swagger)
        known = {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": API}
        memory.write("dev", [known])

    def provision(self, *, dry_run: bool = False) -> list[str]:
        """Give what provision says it does."""
        said: list[str] = []
        carry_out(
            steps.steps(self.place), lambda one: said.append(line(one)), dry_run=dry_run
        )
        return said


def line(change: Change) -> str:
    return f"{change.action} {change.thing}: {change.why}"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """Give a stage before its first deploy; Chalice remembers nothing."""
    made = World()
    shutil.copytree(
        ROOT / ".chalice",
        tmp_path / ".chalice",
        ignore=shutil.ignore_patterns("deploy*"),
    )
    shutil.copy(ROOT / "app.py", tmp_path)
    monkeypatch.setattr(project, "ROOT", tmp_path)
    monkeypatch.setattr(twins, "_keys", lambda _place: made.keys)
    return made


@pytest.fixture
def deployed(world: World) -> World:
    """Give a stage that is deployed and provisioned; its calls are forgotten."""
    world.provision()
    world.chalice_deploys()
    world.provision()
    world.account.calls.clear()
    return world


def make_key(key_id: str, tier: str = "free", **more: Any) -> ApiKey:
    return ApiKey(id=key_id, name=key_id, prefix="txw_", tier=tier, created=0, **more)


def by_hand(world: World, plan: str) -> dict[str, Any]:
    """Give a plan as the console has it."""
    (found,) = [
        one for one in world.gateway.plans.values() if one["name"].endswith(plan)
    ]
    return found
