"""Provisioning: read, plan, apply; once."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from taxiway.deploy import finding, logs, project, steps, tables, waiting
from taxiway.deploy.change import carry_out
from taxiway.infra.names import LOGS_ROLE, Names
from taxiway.trouble import Trouble
from tests.doubles.gateway_api import API
from tests.doubles.wire import Refused
from tests.infra.conftest import World, by_hand, line, make_key


def test_before_the_first_deploy_there_are_tables_and_a_secret(world: World):
    said = world.provision()
    made = world.account.tables.all
    assert set(made) == {
        "taxiway-dev-objects",
        "taxiway-dev-keys",
        "taxiway-dev-counters",
    }
    assert all(one["BillingMode"] == "PAY_PER_REQUEST" for one in made.values())
    assert all(one["expires"] == "ttl" for one in made.values())
    recovers = {name for name, one in made.items() if one.get("recovers")}
    assert recovers == {"taxiway-dev-objects", "taxiway-dev-keys"}
    assert said[-1].startswith("keep API: is not deployed yet")


def test_the_session_secret_is_long_encrypted_and_never_told(world: World):
    said = world.provision()
    (secret,) = world.account.secrets.all.values()
    assert secret["Type"] == "SecureString"
    assert len(base64.b64decode(secret["Value"])) == 32
    assert not any(secret["Value"] in one for one in said)


def test_a_secret_in_plain_text_is_replaced(deployed: World):
    secrets = deployed.account.secrets.all
    name = Names("dev").session_secret
    secrets[name] = {"Type": "String", "Value": "plain"}
    (said,) = deployed.provision()
    assert said.startswith(f"repair secret {name}: is not encrypted")
    assert secrets[name]["Type"] == "SecureString"


@pytest.mark.parametrize(("stage", "protected"), [("dev", False), ("prod", True)])
def test_the_tables_of_prod_refuse_to_be_deleted(world: World, stage: str, protected):
    place = world.at(stage)
    carry_out(steps.before_deploy(place), print)
    made = world.account.tables.all.values()
    assert {one["DeletionProtectionEnabled"] for one in made} == {protected}


def test_protection_that_was_taken_away_comes_back(world: World):
    place = world.at("prod")
    carry_out(steps.before_deploy(place), print)
    table = world.account.tables.all["taxiway-prod-keys"]
    table["DeletionProtectionEnabled"] = False
    (change,) = tables.plan(place)
    assert line(change) == ("repair table taxiway-prod-keys: protect against deletion")
    assert change.apply
    change.apply()
    assert table["DeletionProtectionEnabled"]


def test_a_table_of_another_program_is_left_alone(world: World):
    world.account.tables.all["taxiway-dev-keys"] = {"KeySchema": []}
    with pytest.raises(Trouble, match="another program's"):
        world.provision()


def test_a_provision_at_the_same_moment_does_no_harm(world: World):
    changes = list(tables.plan(world.place))
    world.provision()
    for change in changes:
        assert change.apply
        change.apply()
    assert len(world.account.tables.all) == 3


def test_after_the_deploy_the_rest_comes(deployed: World):
    assert {one["name"] for one in deployed.gateway.plans.values()} == {
        "taxiway-dev-free",
        "taxiway-dev-pro",
        "taxiway-dev-internal",
    }
    assert deployed.gateway.api["name"] == "taxiway-dev"
    assert deployed.gateway.api["apiKeySource"] == "AUTHORIZER"
    assert set(deployed.account.logs.groups) == set(Names("dev").log_groups)
    assert len(deployed.account.watch.alarms) == 10
    assert set(deployed.account.watch.dashboards) == {"taxiway-dev"}


def test_the_second_time_nothing_is_done(deployed: World):
    assert deployed.provision() == []
    assert deployed.account.writes() == []


def test_a_dry_run_writes_nothing_and_tells_the_same(world: World):
    world.chalice_deploys()
    world.account.calls.clear()
    told = world.provision(dry_run=True)
    assert world.account.writes() == []
    assert told == world.provision()


def test_plans_and_twins_are_there_before_the_definition_asks_for_them(world: World):
    world.keys = [make_key("one")]
    world.provision()
    world.chalice_deploys()
    world.account.calls.clear()
    world.provision()
    writes = world.account.writes()
    for name in ("create_usage_plan", "create_usage_plan_key"):
        assert writes.index(name) < writes.index("put_rest_api")
    assert writes.index("put_rest_api") < writes.index("create_deployment")


def test_a_plan_is_made_attached_and_limited_in_one_call(deployed: World):
    by_name = {one["name"]: one for one in deployed.gateway.plans.values()}
    free, internal = by_name["taxiway-dev-free"], by_name["taxiway-dev-internal"]
    assert free["apiStages"] == [{"apiId": API, "stage": "api"}]
    assert free["throttle"] == {"rateLimit": 0.167, "burstLimit": 20}
    assert free["quota"] == {"limit": 1_000, "period": "DAY"}
    assert "throttle" not in internal
    assert "quota" not in internal


def test_the_stage_logs_and_holds_back(deployed: World):
    stage = deployed.gateway.stage
    where = (
        "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/apigateway/taxiway-dev"
    )
    assert stage["accessLogSettings"]["destinationArn"] == where
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 20
    assert stage["methodSettings"]["~1taxii2~1api/GET"]["throttlingBurstLimit"] == 4_000


def test_the_ways_to_write_a_method_are_one(deployed: World):
    # The documents write `~1a~1b/GET`; other tools have `a~1b/GET`.
    settings = deployed.gateway.stage["methodSettings"]
    for key in list(settings):
        settings[key.removeprefix("~1")] = settings.pop(key)
    assert deployed.provision() == []


def other_format(world: World):
    world.gateway.stage["accessLogSettings"]["format"] = "$context.identity.apiKey"


def fast_health(world: World):
    world.gateway.stage["methodSettings"]["~1health/GET"] = {
        "throttlingRateLimit": 9_000.0,
        "throttlingBurstLimit": 9_000,
    }


def fast_all(world: World):
    world.gateway.stage["methodSettings"]["*/*"]["throttlingRateLimit"] = 9_000.0


def traced(world: World):
    world.gateway.stage["methodSettings"]["*/*"]["dataTraceEnabled"] = True


def forever(world: World):
    del world.account.logs.groups["/aws/lambda/taxiway-dev"]["retentionInDays"]


def counts_other(world: World):
    (one,) = world.account.logs.filters.values()
    one["filterPattern"] = "x"


def quieter(world: World):
    world.account.watch.alarms["taxiway-dev-api-5xx"]["Threshold"] = 1.0


def other_sum(world: World):
    metrics = world.account.watch.alarms["taxiway-dev-lambda-throttles"]["Metrics"]
    metrics.pop()


def other_dashboard(world: World):
    world.account.watch.dashboards["taxiway-dev"] = "{}"


def no_recovery(world: World):
    world.account.tables.all["taxiway-dev-keys"]["recovers"] = False


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (other_format, "repair access log"),
        (fast_health, "repair throttles of methods: changed: /health/GET"),
        (fast_all, "repair throttles of methods: changed: */*"),
        (traced, "repair data trace: would write keys into a log"),
        (forever, "repair log group /aws/lambda/taxiway-dev: is kept for ever"),
        (counts_other, "repair metric gateway_throttled_dev: counts something else"),
        (quieter, "repair alarm taxiway-dev-api-5xx: Threshold is 1.0"),
        (other_sum, "repair alarm taxiway-dev-lambda-throttles: Metrics was changed"),
        (other_dashboard, "repair dashboard taxiway-dev: was changed"),
        (no_recovery, "repair table taxiway-dev-keys: turn point-in-time recovery on"),
    ],
)
def test_whatever_was_changed_by_hand_is_repaired(
    deployed: World, change: Callable[[World], None], words: str
):
    change(deployed)
    (said,) = deployed.provision()
    assert said.startswith(words)
    assert deployed.provision() == []


def test_a_retention_that_somebody_chose_stays(deployed: World):
    deployed.account.logs.groups["/aws/lambda/taxiway-dev"]["retentionInDays"] = 365
    assert deployed.provision() == []


def test_alarms_keep_their_topic_when_none_is_named(deployed: World):
    deployed.place = deployed.at("dev", topic="arn:aws:sns:eu-central-1:1:ops")
    assert len(deployed.provision()) == 10
    assert deployed.provision() == []
    deployed.place = deployed.at("dev")
    assert deployed.provision() == []
    quieter(deployed)
    deployed.provision()
    alarm = deployed.account.watch.alarms["taxiway-dev-api-5xx"]
    assert alarm["AlarmActions"] == ["arn:aws:sns:eu-central-1:1:ops"]


def test_the_account_gets_a_role_for_logs_when_it_has_none(deployed: World):
    role = f"arn:aws:iam::123456789012:role/{LOGS_ROLE}"
    assert deployed.gateway.account == {"cloudwatchRoleArn": role}
    (policy,) = deployed.account.roles.all[LOGS_ROLE]
    assert policy.endswith("/AmazonAPIGatewayPushToCloudWatchLogs")


def test_a_role_that_the_account_has_is_left_alone(world: World):
    world.gateway.account = {"cloudwatchRoleArn": "arn:theirs"}
    world.provision()
    world.chalice_deploys()
    world.provision()
    assert world.gateway.account == {"cloudwatchRoleArn": "arn:theirs"}
    assert world.account.roles.all == {}


def test_a_role_that_is_not_known_everywhere_yet_is_asked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    pauses: list[float] = []
    real = waiting.patiently
    monkeypatch.setattr(
        logs, "patiently", lambda call, codes: real(call, codes, sleep=pauses.append)
    )
    answers = [Refused("BadRequestException"), Refused("BadRequestException")]
    update = world.gateway.update_account

    def slow(patchOperations):  # noqa: N803
        if answers:
            raise answers.pop()
        update(patchOperations)

    world.gateway.update_account = slow
    carry_out(list(steps.before_deploy(world.place)), print)
    world.chalice_deploys()
    world.provision()
    assert pauses == [1.0, 2.0]
    assert world.gateway.account["cloudwatchRoleArn"].endswith(LOGS_ROLE)


def test_a_stage_of_cloudformation_gets_its_secret_and_twins_only(deployed: World):
    functions = deployed.account.functions
    functions.deploy(*Names("dev").functions, **{"aws:cloudformation:stack-name": "s"})
    deployed.gateway.api["apiKeySource"] = "HEADER"
    by_hand(deployed, "free")["throttle"]["rateLimit"] = 99.0
    deployed.keys = [make_key("a")]
    said = deployed.provision()
    assert said[0].startswith("keep stack: CloudFormation made this stage")
    assert said[1:] == ["create gateway key taxiway-dev-a: in plan taxiway-dev-free"]


def test_the_api_is_found_from_another_checkout(deployed: World):
    project.deployed_file("dev").unlink()
    api = finding.api_of(deployed.place)
    assert api
    assert (api.id, api.account) == (API, "123456789012")


def test_an_api_that_leads_elsewhere_is_not_ours(deployed: World):
    project.deployed_file("dev").unlink()
    for resource in deployed.gateway.resources:
        for method in resource["resourceMethods"].values():
            method["methodIntegration"]["uri"] = "arn:function:other/invocations"
    assert finding.api_of(deployed.place) is None
