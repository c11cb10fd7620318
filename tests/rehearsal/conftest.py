"""The rehearsal's fixtures: AWS once, and Taxiway deployed on it once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.support.aws import Aws, running_aws
from tests.rehearsal.support.deployment import Deployment, Key, deploy
from tests.rehearsal.support.environments import ROOT, environments
from tests.rehearsal.support.project import STAGE, Project, copy_of_project

if TYPE_CHECKING:
    from collections.abc import Iterator

# What these do to the stage, or to the time that is left, others should not see.
_LAST = ("test_hand_edits", "test_schedule", "test_redeploy", "test_destroy")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the order to chance, but what ends the stage comes last."""

    def place(item: pytest.Item) -> int:
        name = item.path.stem
        ours = item.get_closest_marker("rehearsal") is not None
        return _LAST.index(name) + 1 if ours and name in _LAST else 0

    items.sort(key=place)


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """Give an emulated AWS with nothing in it."""
    log = tmp_path_factory.mktemp("aws") / "emulator.log"
    with running_aws(environments(), log) as running:
        yield running


@pytest.fixture(scope="session")
def project(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give a copy of the project with a stage for this machine.

    Its commands run with the rights that the documents say a deployer needs.
    """
    policy = (ROOT / "docs/operations/deployer-policy.json").read_text()
    deployer = aws.user("deployer", policy)
    return copy_of_project(tmp_path_factory.mktemp("clone"), deployer)


@pytest.fixture(scope="session")
def deployed(aws: Aws, project: Project) -> Deployment:
    """Give a deployed stage; its schedules run each minute, not each hours."""
    made = deploy(project, aws)
    events = aws.client("events")
    names = events.list_rules(NamePrefix=f"taxiway-{STAGE}")["Rules"]
    for rule in names:
        events.put_rule(Name=rule["Name"], ScheduleExpression="rate(1 minute)")
    return made


@pytest.fixture(scope="session")
def pro(deployed: Deployment) -> Key:
    """Give a key that reads and writes, for tests that use up nothing."""
    return deployed.writer()
