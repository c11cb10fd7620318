"""A stage is taken away in the order that AWS wants, and not its data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from taxiway.deploy import destroying, memory, project
from taxiway.deploy.change import carry_out
from taxiway.infra.names import LOGS_ROLE, Names
from taxiway.trouble import Trouble
from tests.infra.conftest import World, line, make_key


@pytest.fixture
def chalice(deployed: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Take the functions and the API away, as Chalice would; give its calls."""
    called: list[tuple[str, ...]] = []

    def run(*words: str) -> None:
        called.append(words)
        deployed.account.functions.all.clear()
        deployed.gateway.api.clear()
        memory.write("dev", [])

    monkeypatch.setattr(project, "chalice", run)
    return called


def destroy(world: World, *, with_data: bool = False, dry_run: bool = False):
    said: list[str] = []
    carry_out(
        destroying.steps(world.place, with_data=with_data),
        lambda one: said.append(line(one)),
        dry_run=dry_run,
    )
    return said


def test_the_plan_of_a_tier_that_is_gone_does_not_hold_the_api(
    deployed: World, chalice
):
    ours = deployed.place
    fewer = replace(ours.tiers, all=ours.tiers.all[1:])
    deployed.place = replace(ours, tiers=fewer)
    destroy(deployed)
    assert deployed.gateway.plans == {}
    assert chalice


def test_all_goes_but_what_the_account_shares(deployed: World, chalice):
    deployed.keys = [make_key("a")]
    deployed.provision()
    said = destroy(deployed)
    account = deployed.account
    assert chalice == [("delete", "--stage", "dev")]
    for left in (
        account.tables.all,
        account.secrets.all,
        account.logs.groups,
        account.watch.alarms,
        account.watch.dashboards,
        account.gateway.plans,
        account.gateway.keys,
    ):
        assert left == {}
    assert set(account.roles.all) == {LOGS_ROLE}
    assert said[-1].startswith(f"keep role {LOGS_ROLE}")


def test_the_second_time_nothing_is_left_to_do(deployed: World, chalice):
    destroy(deployed)
    deployed.account.calls.clear()
    said = destroy(deployed)
    assert [one for one in said if not one.startswith("keep")] == []
    assert deployed.account.writes() == []


def test_after_an_interruption_the_same_command_goes_on(deployed: World, chalice):
    every = list(destroying.steps(deployed.place, with_data=False))
    carry_out(every[:3], print)
    destroy(deployed)
    assert deployed.account.tables.all == {}
    assert deployed.gateway.plans == {}


def test_a_dry_run_takes_nothing_away(deployed: World, chalice):
    told = destroy(deployed, dry_run=True)
    assert deployed.account.writes() == []
    assert chalice == []
    assert told == destroy(deployed)


def test_tables_with_data_stay_unless_it_is_said(deployed: World, chalice):
    deployed.account.tables.all["taxiway-dev-keys"]["items"] = [{"pk": {"S": "x"}}]
    said = destroy(deployed)
    assert set(deployed.account.tables.all) == {"taxiway-dev-keys"}
    assert (
        "keep table taxiway-dev-keys: has data; --with-data takes it away too" in said
    )
    destroy(deployed, with_data=True)
    assert deployed.account.tables.all == {}


def test_protected_tables_stop_all_before_anything_is_done(deployed: World, chalice):
    table = deployed.account.tables.all["taxiway-dev-objects"]
    table["DeletionProtectionEnabled"] = True
    with pytest.raises(Trouble, match="--no-deletion-protection-enabled"):
        destroy(deployed, with_data=True)
    assert deployed.account.writes() == []
    said = destroy(deployed)
    assert "keep table taxiway-dev-objects: is protected against deletion" in said


def test_what_cloudformation_made_is_its_own(deployed: World):
    tags = {"lambda:createdBy": "SAM"}
    deployed.account.functions.deploy(Names("dev").api_function, **tags)
    with pytest.raises(Trouble, match="delete its stack"):
        destroy(deployed)


def test_chalice_is_told_only_of_what_is_still_there(deployed: World):
    known = [
        {"name": "gone", "resource_type": "iam_role", "role_name": "gone"},
        {"name": "theirs", "resource_type": "lambda_layer"},
        {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": "old"},
    ]
    exist = memory.existing(deployed.place)
    merged = memory.merged(known, exist, only=True)
    by_name = {one["name"]: one for one in merged}
    assert set(by_name) == {
        "theirs",
        "rest_api",
        "upkeep",
        "ingest",
        "api_handler",
        "authorizer",
    }
    assert by_name["rest_api"]["rest_api_id"] == "abc123"


def test_chalice_learns_what_it_forgot(deployed: World):
    path: Path = project.deployed_file("dev")
    path.unlink()
    (change,) = memory.plan(deployed.place)
    assert change.apply
    change.apply()
    assert project.deployed_api_id("dev") == "abc123"
    assert list(memory.plan(deployed.place)) == []


def test_before_the_first_deploy_chalice_has_nothing_to_learn(world: World):
    assert list(memory.plan(world.place)) == []
