"""Before anything is deployed: what a dry run tells, and what it leaves alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.support.project import STAGE, copy_of_project

if TYPE_CHECKING:
    from tests.rehearsal.support.aws import Aws

pytestmark = pytest.mark.rehearsal


def test_a_dry_run_in_an_empty_account_tells_and_makes_nothing(
    aws: Aws, tmp_path_factory: pytest.TempPathFactory
):
    empty = aws.another_account("333333333333")
    project = copy_of_project(tmp_path_factory.mktemp("dry"), empty)
    said = project.make("deploy", "ARGS=--dry-run").out
    for part in (f"taxiway-{STAGE}-objects", "session-secret", "chalice deploy"):
        assert part in said
    assert empty.client("dynamodb").list_tables()["TableNames"] == []
    assert empty.client("ssm").describe_parameters()["Parameters"] == []
    assert empty.client("lambda").list_functions()["Functions"] == []


def test_a_user_without_rights_is_told_which_one_in_a_line(
    aws: Aws, tmp_path_factory: pytest.TempPathFactory
):
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    nothing = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    project = copy_of_project(
        tmp_path_factory.mktemp("nobody"), aws.user("nobody", nothing)
    )
    said = project.make("deploy", check=False)
    assert said.code != 0
    assert "Traceback" not in said.all
    assert "may not call" in said.err
