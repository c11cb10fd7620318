"""`deploy`, `destroy` and the doctor of a stage, with Chalice and AWS faked."""

from __future__ import annotations

import json
import sys

import pytest

from taxiway import deploying, provision, stage_checks
from taxiway.deploy import finding, project
from taxiway.findings import State
from taxiway.infra.names import Names
from taxiway.trouble import Trouble
from tests.infra.conftest import World


@pytest.fixture
def commands(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Lead the commands to the fake stage."""
    monkeypatch.setenv("TAXIWAY_STAGE", "dev")
    monkeypatch.setenv("TAXIWAY_GATEWAY", "on")
    monkeypatch.setattr(finding, "place_of", lambda _stage, **_: world.place)
    monkeypatch.setattr(deploying, "_look", lambda _place: sys.stdout.write("looked\n"))

    def chalice(*words: str) -> None:
        world.account.calls.append(" ".join(words))
        world.chalice_deploys()

    monkeypatch.setattr(project, "chalice", chalice)
    return world


def test_deploy_makes_tables_then_functions_then_the_rest(commands: World, capsys):
    deploying.deploy()
    calls = commands.account.calls
    deploy = calls.index("deploy --stage dev")
    assert max(at for at, name in enumerate(calls) if name == "create_table") < deploy
    assert calls.index("create_usage_plan") > deploy
    said = capsys.readouterr().out
    places = [said.index(f"{number}/4") for number in (1, 2, 3, 4)]
    assert places == sorted(places)
    assert said.endswith("looked\n")
    assert commands.provision() == []


def test_the_api_keeps_its_routes_until_the_functions_have_the_new_ones(
    commands: World,
):
    deploying.deploy()
    commands.account.calls.clear()
    commands.gateway.create_deployment("abc123", "api", "by hand")
    deploying.deploy()
    calls = commands.account.calls
    assert calls.index("put_rest_api") > calls.index("deploy --stage dev")


def test_a_dry_run_of_the_first_deploy_tells_all_and_does_nothing(
    commands: World, capsys
):
    deploying.deploy(dry_run=True)
    assert commands.account.writes() == []
    told = capsys.readouterr().out
    for part in (
        "table taxiway-dev-keys",
        "chalice dev plan --stage dev",
        "usage plan taxiway-dev-free: 0.167 a second, 20 at once, 1000 a day",
        "alarm taxiway-dev-api-5xx",
        "dashboard taxiway-dev",
    ):
        assert part in told


def test_a_dry_run_of_another_deploy_tells_what_differs(commands: World, capsys):
    deploying.deploy()
    commands.account.calls.clear()
    capsys.readouterr()
    deploying.deploy(dry_run=True)
    assert commands.account.writes() == []
    assert "Nothing to do." in capsys.readouterr().out


def test_a_deploy_that_chalice_fails_stops_there(
    commands: World, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: str) -> None:
        raise Trouble("`chalice deploy` ended with 1")

    monkeypatch.setattr(project, "chalice", fail)
    with pytest.raises(Trouble, match="ended with 1"):
        deploying.deploy()
    assert commands.gateway.plans == {}


def test_a_stack_is_not_deployed_over(commands: World):
    functions = commands.account.functions
    functions.deploy(Names("dev").api_function, **{"lambda:createdBy": "SAM"})
    with pytest.raises(Trouble, match="CloudFormation made this stage"):
        deploying.deploy()


def test_destroy_asks_first(commands: World, monkeypatch: pytest.MonkeyPatch):
    deploying.deploy()
    commands.account.calls.clear()
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(Trouble, match="--yes"):
        deploying.destroy()
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "prod")
    with pytest.raises(Trouble, match="nothing was removed"):
        deploying.destroy()
    assert commands.account.writes() == []
    monkeypatch.setattr("typer.prompt", lambda *_, **__: " dev ")
    deploying.destroy()
    assert commands.account.tables.all == {}


def test_provision_tells_machines_what_it_did(commands: World, capsys):
    provision.provision(as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert {"action", "thing", "why"} == told[0].keys()
    assert {one["action"] for one in told} == {"create", "keep"}


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_checks, "_answers", lambda *_: iter(()))


def findings(world: World) -> dict[str, State]:
    return {one.what: one.state for one in stage_checks.check(world.place, None)}


def test_a_stage_as_provisioned_is_well(deployed: World, quiet):
    found = findings(deployed)
    assert set(found.values()) == {State.OK}
    assert "4 functions" in found
    assert deployed.account.writes() == []


def test_the_doctor_names_what_provision_would_mend(deployed: World, quiet):
    deployed.gateway.api["apiKeySource"] = "HEADER"
    deployed.account.secrets.all.clear()
    found = findings(deployed)
    broken = [what for what, state in found.items() if state is State.BROKEN]
    assert len(broken) == 2
    assert any("API key source is HEADER" in what for what in broken)
    assert any("secret /taxiway/dev/session-secret" in what for what in broken)


def test_the_doctor_misses_a_function(deployed: World, quiet):
    del deployed.account.functions.all["taxiway-dev-upkeep"]
    assert findings(deployed)["function taxiway-dev-upkeep is missing"] is State.BROKEN


def test_a_stage_that_was_never_deployed_is_no_fault(world: World, quiet):
    world.provision()
    found = findings(world)
    assert found["stage dev has no API"] is State.WARN
    assert State.BROKEN not in found.values()


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "https://abc123.execute-api.eu-central-1.amazonaws.com/api/"),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566/"},
            "http://127.0.0.1:4566/_aws/execute-api/abc123/api/",
        ),
    ],
)
def test_the_doctor_asks_where_the_api_is(
    deployed: World, monkeypatch: pytest.MonkeyPatch, environment: dict, url: str
):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    api = finding.api_of(deployed.place)
    assert api
    assert finding.base_url(deployed.place, api) == url
