"""The merged template: what `taxiway provision` makes, made by CloudFormation."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app import app
from chalicelib.access.tiers import load
from chalicelib.settings import Settings
from chalicelib.store.dynamo.schema import table_definitions
from taxiway.infra.alarms import alarms
from taxiway.infra.dashboard import dashboard
from taxiway.infra.definition import metered_methods
from taxiway.infra.names import Names
from taxiway.infra.plans import plans
from tests.cli.conftest import taxiway

ROOT = Path(__file__).parents[2]
INLINE_LIMIT, S3_LIMIT = 51_200, 1_000_000
METHODS = {"get", "head", "post", "put", "patch", "delete", "options"}
SETTINGS = Settings.from_env({"TAXIWAY_STAGE": "dev"})
TABLES = (SETTINGS.objects_table, SETTINGS.keys_table, SETTINGS.counters_table)

Template = dict[str, Any]


@pytest.fixture(scope="module")
def template(package: Path) -> Template:
    return json.loads((package / "sam.json").read_text())


@pytest.fixture(scope="module")
def of_prod(package_of_prod: Path) -> Template:
    return json.loads((package_of_prod / "sam.json").read_text())


def of_type(template: Template, kind: str) -> dict[str, Any]:
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def test_cfn_lint_finds_nothing(package: Path, package_of_prod: Path):
    lint = Path(sys.executable).with_name("cfn-lint")
    templates = [str(folder / "sam.json") for folder in (package, package_of_prod)]
    done = subprocess.run(
        [lint, "--non-zero-exit-code", "informational", *templates],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_stages_differ_in_names_and_protection_alone(
    package: Path, package_of_prod: Path
):
    dev, prod = (
        (folder / "sam.json").read_text() for folder in (package, package_of_prod)
    )
    assert prod.count('"DeletionProtectionEnabled": true') == len(TABLES)
    prod = prod.replace(
        '"DeletionProtectionEnabled": true', '"DeletionProtectionEnabled": false'
    )
    assert re.sub(r"\bprod\b", "dev", prod).replace("_prod", "_dev") == dev


def test_it_is_small_enough_for_s3_and_too_large_to_go_without(package: Path):
    assert INLINE_LIMIT < (package / "sam.json").stat().st_size < S3_LIMIT


def test_metered_methods_ask_the_authorizer_and_for_a_plan_and_no_others_do(
    template: Template,
):
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    asked = {
        (path, method.upper())
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method in METHODS
        and operation.get("security") == [{"taxiway": []}, {"api_key": []}]
    }
    some = {
        (path, method.upper())
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method in METHODS and "security" in operation
    }
    metered = {
        (path, method)
        for path, methods in metered_methods(app).items()
        for method in methods
    }
    assert asked == some == metered
    assert ("/taxii2/api/collections", "GET") in metered
    assert ("/taxii2", "GET") not in metered


def test_the_api_counts_by_the_key_that_the_authorizer_names(template: Template):
    api = template["Resources"]["RestAPI"]["Properties"]
    security = api["DefinitionBody"]["securityDefinitions"]["taxiway"]
    authorizer = security["x-amazon-apigateway-authorizer"]
    (called,) = re.findall(r"\$\{(\w+)\.Arn\}", authorizer["authorizerUri"]["Fn::Sub"])
    function = template["Resources"][called]
    allowed = template["Resources"][f"{called}InvokePermission"]
    assert api["ApiKeySourceType"] == "AUTHORIZER"
    assert api["OpenApiVersion"] == "2.0"
    assert function["Properties"]["Handler"] == "chalicelib.edge.authorizer.authorize"
    assert allowed["Properties"]["FunctionName"] == {"Fn::GetAtt": [called, "Arn"]}


def test_open_methods_are_throttled_and_metered_ones_have_their_own_share(
    template: Template,
):
    settings = template["Resources"]["RestAPI"]["Properties"]["MethodSettings"]
    rates = {
        (one["ResourcePath"], one["HttpMethod"]): one["ThrottlingRateLimit"]
        for one in settings
    }
    everything = rates.pop(("/*", "*"))
    assert set(rates) == {
        ("/" + path.replace("/", "~1"), method)
        for path, methods in metered_methods(app).items()
        for method in methods
    }
    assert min(rates.values()) > everything > 0


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_tables_are_as_the_store_wants_them_and_outlive_the_stack(
    stage: str, template: Template, of_prod: Template
):
    chosen = {"dev": template, "prod": of_prod}[stage]
    settings = Settings.from_env({"TAXIWAY_STAGE": stage})
    made = of_type(chosen, "AWS::DynamoDB::Table")
    found = {one["TableName"]: one for one in made.values()}
    for definition in table_definitions(settings):
        one = found.pop(definition["TableName"])
        recovery = one["PointInTimeRecoverySpecification"]
        assert {name: one[name] for name in definition} == definition
        assert one["TimeToLiveSpecification"] == {
            "AttributeName": "ttl",
            "Enabled": True,
        }
        assert one["DeletionProtectionEnabled"] is (stage == "prod")
        assert recovery["PointInTimeRecoveryEnabled"] is (
            one["TableName"] != settings.counters_table
        )
    assert not found
    for name in made:
        resource = chosen["Resources"][name]
        assert resource["DeletionPolicy"] == "Retain"
        assert resource["UpdateReplacePolicy"] == "Retain"
        assert resource["Condition"] == "MakeTables"


def test_each_tier_has_its_plan_on_the_stage(template: Template):
    found = {
        one["UsagePlanName"]: one
        for one in of_type(template, "AWS::ApiGateway::UsagePlan").values()
    }
    for plan in plans(Names("dev"), load()):
        one = found.pop(plan.name)
        throttle, quota = one.get("Throttle"), one.get("Quota")
        assert one["ApiStages"] == [
            {"ApiId": {"Ref": "RestAPI"}, "Stage": {"Ref": "RestAPI.Stage"}}
        ]
        assert (throttle is None) == (plan.throttle is None)
        if plan.throttle:
            assert throttle == {
                "RateLimit": plan.throttle.rate,
                "BurstLimit": plan.throttle.burst,
            }
        expected = (
            None if plan.quota is None else {"Limit": plan.quota, "Period": "DAY"}
        )
        assert quota == expected
    assert not found


def test_functions_are_called_as_chalice_deploy_calls_them(template: Template):
    functions = of_type(template, "AWS::Serverless::Function")
    groups = of_type(template, "AWS::Logs::LogGroup")
    assert {one["FunctionName"] for one in functions.values()} == set(
        Names("dev").functions
    )
    assert {one["LogGroupName"] for one in groups.values()} == set(
        Names("dev").log_groups
    )
    assert all(one["RetentionInDays"] for one in groups.values())


def test_every_alarm_is_there_and_rings_only_where_a_topic_is_given(template: Template):
    found = {
        one["AlarmName"]: one
        for one in of_type(template, "AWS::CloudWatch::Alarm").values()
    }
    topic = {
        "Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopic"}, {"Ref": "AWS::NoValue"}]
    }
    wanted = alarms(Names("dev"), TABLES, "a topic")
    assert {one["AlarmName"] for one in wanted} == set(found)
    for alarm in wanted:
        one = found[alarm["AlarmName"]]
        rings = {"AlarmActions": [topic], "OKActions": [topic]}
        assert {name: one[name] for name in alarm} == alarm | rings
    assert template["Parameters"]["AlarmTopic"]["Default"] == ""


def test_the_dashboard_is_the_same_page_once_cloudformation_has_put_the_region_in(
    template: Template,
):
    (one,) = of_type(template, "AWS::CloudWatch::Dashboard").values()
    text = one["DashboardBody"]["Fn::Sub"]
    body = text.replace("${AWS::Region}", "eu-central-1").replace("${!", "${")
    assert json.loads(body) == dashboard(Names("dev"), TABLES, "eu-central-1")


def test_what_one_stack_sets_for_the_whole_account_is_asked_for_and_stays(
    template: Template,
):
    parameter = template["Parameters"]["SetApiGatewayAccountRole"]
    assert parameter["Default"] == "false"
    for name in ("GatewayLogsAccount", "GatewayLogsRole"):
        resource = template["Resources"][name]
        assert resource["Condition"] == "SetsAccountRole"
        assert resource["DeletionPolicy"] == "Retain"


def test_keys_and_secrets_are_not_in_it(template: Template):
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    assert kinds.isdisjoint(
        {
            "AWS::ApiGateway::ApiKey",
            "AWS::ApiGateway::UsagePlanKey",
            "AWS::SecretsManager::Secret",
            "AWS::SSM::Parameter",
        }
    )


def test_a_stage_that_is_not_configured_is_refused_in_one_line(tmp_path: Path):
    said = taxiway("package", "--stage", "nowhere", str(tmp_path / "out"))
    assert said.code == 1
    assert said.err.count("\n") == 1
    assert "no stage 'nowhere'" in said.err
    assert not (tmp_path / "out").exists()


def test_when_chalice_fails_its_last_word_is_told_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    project = tmp_path / "project"
    shutil.copytree(ROOT / ".chalice", project / ".chalice")
    (project / "app.py").write_text("raise RuntimeError('this app is broken')\n")
    monkeypatch.setattr("taxiway.template.command._PROJECT", project)
    said = taxiway("package", str(tmp_path / "out"))
    assert said.code == 1
    assert said.err.startswith("taxiway: chalice package failed: ")
    assert "this app is broken" in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_profile_that_is_not_there_is_told_in_one_line(tmp_path: Path):
    said = taxiway("package", str(tmp_path / "out"), AWS_PROFILE="nowhere")
    assert said.code == 1
    assert said.err == "taxiway: The config profile (nowhere) could not be found\n"
