"""What a stage consists of, as pure descriptions."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import Any

import pytest

from app import app
from chalicelib import errors
from chalicelib.access import tiers
from chalicelib.access.tiers import Tier, Tiers
from taxiway.infra.alarms import alarms
from taxiway.infra.dashboard import dashboard
from taxiway.infra.definition import digest, extend, metered_methods
from taxiway.infra.logs import ACCESS_LOG_FORMAT
from taxiway.infra.names import Names, is_stage_name
from taxiway.infra.plans import CEILING, OPEN, method_settings, plans, seconds_for_one
from taxiway.infra.responses import gateway_responses

NAMES = Names("dev")
TABLES = ("objects", "keys", "counters")
RESPONSES = gateway_responses(tiers.load())

# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
KINDS = {
    "ACCESS_DENIED": 401,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 503,
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": 403,
    "INTEGRATION_FAILURE": 502,
    "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 403,
    "MISSING_AUTHENTICATION_TOKEN": 404,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "WAF_FILTERED": 403,
}


def header(kind: str, name: str) -> str | None:
    found: dict[str, str] = RESPONSES[kind]["responseParameters"]
    return found.get(f"gatewayresponse.header.{name}")


def body(kind: str) -> Any:
    return json.loads(RESPONSES[kind]["responseTemplates"]["application/json"])


@pytest.mark.parametrize("name", ["dev", "prod", "a1", "eu-west", "X" * 20])
def test_a_plain_word_is_a_stage(name: str):
    assert is_stage_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "-a",
        "a-",
        "a_b",
        "a.b",
        "a b",
        "1a",
        "é1",
        "X" * 21,
        "a\n",
        "dev-upkeep",
        "dev-ingest",
    ],
)
def test_a_name_that_would_break_others_is_no_stage(name: str):
    assert not is_stage_name(name)


def test_every_kind_of_gateway_answer_is_ours():
    assert {
        kind: int(one["statusCode"]) if "statusCode" in one else None
        for kind, one in RESPONSES.items()
    } == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_gateway_answer_is_a_taxii_error_and_holds_the_rest_error(kind: str):
    said = body(kind)
    assert said["error_id"] == said["error"]["request_id"] == "req_$context.requestId"
    assert said["error_code"] == said["error"]["code"]
    assert said["description"] == said["error"]["message"]
    if KINDS[kind]:
        assert said["http_status"] == str(KINDS[kind])
    else:
        assert "http_status" not in said
    assert header(kind, "Content-Type") == "'application/taxii+json;version=2.1'"
    assert header(kind, "Access-Control-Allow-Origin") == "'*'"
    assert header(kind, "Cache-Control") == "'no-store'"


@pytest.mark.parametrize("kind", KINDS)
def test_a_gateway_answer_speaks_only_of_what_the_gateway_can_fill_in(kind: str):
    written = json.dumps(RESPONSES[kind])
    known = {"requestId", "authorizer"}
    assert set(re.findall(r"\$context\.(\w+)", written)) <= known
    for name, value in RESPONSES[kind]["responseParameters"].items():
        static = value.startswith("'") and value.endswith("'")
        assert static or value.startswith("context.authorizer."), name


def test_codes_are_those_of_the_error_classes():
    codes = {one.code for one in _all(errors.AppError)}
    said = {body(kind)["error_code"] for kind in KINDS} - {"$context.authorizer.code"}
    assert said <= codes


def _all(kind: type[errors.AppError]) -> set[type[errors.AppError]]:
    return {kind}.union(*(_all(one) for one in kind.__subclasses__()))


def test_a_refused_key_hears_from_the_authorizer_why():
    said = body("ACCESS_DENIED")
    assert said["error_code"] == "$context.authorizer.code"
    assert said["title"] == "$context.authorizer.title"
    assert said["description"] == "$context.authorizer.message"
    assert str(header("ACCESS_DENIED", "WWW-Authenticate")).startswith("'Basic realm=")


def test_who_has_had_enough_hears_when_to_come_again():
    assert header("THROTTLED", "Retry-After") == "'6'"
    assert body("THROTTLED")["details"] == {"window": "minute"}
    assert header("QUOTA_EXCEEDED", "Retry-After") == "context.authorizer.day_left"
    assert body("QUOTA_EXCEEDED")["details"] == {"window": "day"}
    assert header("AUTHORIZER_FAILURE", "Retry-After") == "'5'"


def test_each_tier_has_a_plan_even_one_without_limits():
    free, pro, internal = plans(NAMES, tiers.load())
    assert (free.name, free.quota) == ("taxiway-dev-free", 1_000)
    assert free.throttle
    assert free.throttle.burst == 20
    assert pro.quota == 1_000_000
    assert (internal.throttle, internal.quota) == (None, None)


@pytest.mark.parametrize("per_minute", [1, 7, 10, 59, 60, 61, 1_000, 1_000_000])
def test_a_plan_never_gives_less_than_its_tier(per_minute: int):
    tier = Tier("any", per_minute=per_minute)
    (plan,) = plans(NAMES, Tiers((tier,), "any", {}))
    assert plan.throttle
    assert per_minute <= plan.throttle.rate * 60 <= per_minute + 0.1
    assert plan.throttle.burst == per_minute


def test_without_any_limit_a_throttled_caller_waits_a_second():
    assert seconds_for_one(Tiers((Tier("any"),), "any", {})) == 1


def test_methods_that_ask_for_a_key_are_those_of_the_data():
    metered = metered_methods(app)
    assert metered["/taxii2/api/collections"] == {"GET", "HEAD"}
    objects = "/taxii2/api/collections/{collection}/objects"
    assert metered[objects] == {"GET", "HEAD", "POST"}
    for path in ("/taxii2", "/health", "/v1/keys", "/v1/session"):
        assert path in app.routes
        assert path not in metered


def test_whatever_asks_for_no_key_is_slow_by_default():
    settings = method_settings({"/a/{b}": frozenset({"GET"})})
    assert settings == {"*/*": OPEN, "~1a~1{b}/GET": CEILING}


def test_no_tier_meets_the_ceiling_before_its_own_plan():
    for plan in plans(NAMES, tiers.load()):
        if plan.throttle:
            assert plan.throttle.rate < CEILING.rate
            assert plan.throttle.burst < CEILING.burst


def swagger() -> dict[str, Any]:
    operation = {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": "x"}}}
    return {
        "info": {"title": "taxiway"},
        "paths": {"/a": {"get": dict(operation), "options": dict(operation)}},
    }


def extended(**more: Any) -> dict[str, Any]:
    uri = {"Fn::Sub": "${Authorizer.Arn}"}
    return extend(swagger(), {"/a": frozenset({"GET"})}, uri, RESPONSES, **more)


def test_exactly_the_metered_methods_ask_for_a_key():
    paths = extended()["paths"]["/a"]
    assert paths["get"]["security"] == [{"taxiway": []}, {"api_key": []}]
    assert "security" not in paths["options"]


def test_the_authorizer_sees_every_request_and_nothing_is_cached():
    made = extended()["securityDefinitions"]["taxiway"]
    authorizer = made["x-amazon-apigateway-authorizer"]
    assert authorizer["type"] == "request"
    assert authorizer["identitySource"] == ""
    assert authorizer["authorizerResultTtlInSeconds"] == 0
    assert authorizer["authorizerUri"] == {"Fn::Sub": "${Authorizer.Arn}"}
    assert extended()["x-amazon-apigateway-api-key-source"] == "AUTHORIZER"


def test_extending_leaves_what_it_was_given_alone():
    given, before = swagger(), deepcopy(RESPONSES)
    made = extend(given, {"/a": frozenset({"GET"})}, "uri", RESPONSES, title="t")
    made["x-amazon-apigateway-gateway-responses"]["THROTTLED"].clear()
    assert given == swagger()
    assert before == RESPONSES


def test_a_digest_tells_definitions_apart_and_not_their_order():
    one = extended(title="t", compression=0)
    assert one["x-amazon-apigateway-minimum-compression-size"] == 0
    assert digest(one) == digest(dict(reversed(one.items())))
    assert digest(one) != digest(extended(title="t"))


def test_the_access_log_holds_no_secret():
    fields = set(re.findall(r"\$context\.([\w.]+)", ACCESS_LOG_FORMAT))
    assert "status" in fields
    for field in fields:
        assert not re.search(r"(?i)apikey|header|query|^path$|caller|digest", field)
    of_authorizer = {one for one in fields if one.startswith("authorizer.")}
    assert of_authorizer == {"authorizer.principalId", "authorizer.integrationLatency"}
    assert "\n" not in ACCESS_LOG_FORMAT


def test_every_alarm_says_where_to_read_on():
    for alarm in alarms(NAMES, TABLES):
        anchor = alarm["AlarmName"].removeprefix("taxiway-dev-")
        wanted = f"See docs/operations/runbook.md#{anchor}"
        assert alarm["AlarmDescription"].endswith(wanted)
        assert alarm["AlarmActions"] == alarm["OKActions"] == []


def test_alarms_ring_at_the_topic():
    for alarm in alarms(NAMES, TABLES, "arn:topic"):
        assert alarm["AlarmActions"] == alarm["OKActions"] == ["arn:topic"]


def test_only_the_schedules_ring_for_silence():
    breaching = [
        alarm["AlarmName"]
        for alarm in alarms(NAMES, TABLES)
        if alarm["TreatMissingData"] == "breaching"
    ]
    assert breaching == ["taxiway-dev-upkeep-missing", "taxiway-dev-ingest-missing"]


def test_an_alarm_watches_one_metric_or_a_sum_of_few():
    for alarm in alarms(NAMES, TABLES):
        assert ("MetricName" in alarm) != ("Metrics" in alarm)
        assert len(alarm.get("Metrics", [])) <= 10
        assert ("Statistic" in alarm) + ("ExtendedStatistic" in alarm) <= 1


def test_throttles_of_every_table_and_function_are_watched():
    written = json.dumps(alarms(NAMES, TABLES))
    for name in (*TABLES, *NAMES.functions):
        assert f'"Value": "{name}"' in written


def test_the_fail_open_alarm_has_the_dimensions_that_are_written(capsys):
    from chalicelib.observe import metrics

    metrics.belong_to(NAMES.stage)
    metrics.count("rate_limit_unavailable")
    written = json.loads(capsys.readouterr().out)
    (told,) = written["_aws"]["CloudWatchMetrics"]
    (alarm,) = [
        one
        for one in alarms(NAMES, TABLES)
        if one.get("MetricName") == "rate_limit_unavailable"
    ]
    dimensions = [one["Name"] for one in alarm["Dimensions"]]
    assert told["Namespace"] == alarm["Namespace"]
    assert told["Dimensions"] == [dimensions]
    assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == {
        name: written[name] for name in dimensions
    }


def test_the_dashboard_is_laid_out_without_overlaps():
    widgets = dashboard(NAMES, TABLES, "eu-central-1")["widgets"]
    places = {(one["x"], one["y"]) for one in widgets}
    assert len(places) == len(widgets)
    assert all(one["x"] + one["width"] <= 24 for one in widgets)
    assert all(one["properties"]["metrics"] for one in widgets)
