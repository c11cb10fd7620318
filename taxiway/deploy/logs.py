"""Log groups, what is counted in them, and the account's right to write them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from taxiway.deploy.aws import all_items, error_code, found
from taxiway.deploy.change import Action, Change, patch
from taxiway.deploy.place import Api, Place
from taxiway.deploy.waiting import patiently
from taxiway.infra.logs import RETENTION_DAYS, throttled_filter
from taxiway.infra.names import LOGS_ROLE

_POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "apigateway.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
# "The role ARN does not have required permissions configured": not yet.
_SOON = frozenset({"BadRequestException"})


def plan(place: Place) -> Iterator[Change]:
    """Compare the log groups, and what is counted, with what they should be."""
    for name in place.names.log_groups:
        yield from _group(place, name)
    yield from _filter(place)


def plan_role(place: Place) -> Iterator[Change]:
    """Let API Gateway write logs, if the account does not yet."""
    account = place.aws.apigateway.get_account()
    if account.get("cloudwatchRoleArn"):
        return
    why = "lets API Gateway write logs, for the whole account"
    yield Change(Action.CREATE, f"role {LOGS_ROLE}", why, partial(_let_write, place))


def log_group_arn(place: Place, api: Api, name: str) -> str:
    """Name a log group as API Gateway wants it, without `:*` behind."""
    where = f"{place.aws.partition}:logs:{place.aws.region}:{api.account}"
    return f"arn:{where}:log-group:{name}"


def group_of(place: Place, name: str) -> Mapping[str, Any] | None:
    """Read a log group."""
    groups = all_items(
        place.aws.logs, "describe_log_groups", "logGroups", logGroupNamePrefix=name
    )
    return next((each for each in groups if each["logGroupName"] == name), None)


def _group(place: Place, name: str) -> Iterator[Change]:
    group, thing = group_of(place, name), f"log group {name}"
    if group is None:
        why = f"kept for {RETENTION_DAYS} days"
        yield Change(Action.CREATE, thing, why, partial(_create, place, name))
    elif group.get("retentionInDays") is None:
        why = f"is kept for ever, not for {RETENTION_DAYS} days"
        yield Change(Action.REPAIR, thing, why, partial(_retain, place, name))


def _create(place: Place, name: str) -> None:
    logs = place.aws.logs
    # The function may write its first line at this moment.
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=name, tags=place.names.tags())
    _retain(place, name)


def _retain(place: Place, name: str) -> None:
    place.aws.logs.put_retention_policy(
        logGroupName=name, retentionInDays=RETENTION_DAYS
    )


def _filter(place: Place) -> Iterator[Change]:
    wanted = throttled_filter(place.names)
    told = found(
        place.aws.logs.describe_metric_filters,
        logGroupName=wanted["logGroupName"],
        filterNamePrefix=wanted["filterName"],
    )
    filters: list[Any] = list(told["metricFilters"]) if told else []
    has = [each for each in filters if each["filterName"] == wanted["filterName"]]
    if has and _is_same(wanted, has[0]):
        return
    yield Change(
        Action.REPAIR if has else Action.CREATE,
        f"metric {wanted['filterName']}",
        "counts something else" if has else "counts what the gateway throttles",
        lambda: place.aws.logs.put_metric_filter(**wanted),
    )


def _is_same(wanted: Mapping[str, Any], has: Mapping[str, Any]) -> bool:
    (told,) = wanted["metricTransformations"]
    (stands, *_) = has.get("metricTransformations") or [{}]
    return has.get("filterPattern") == wanted["filterPattern"] and all(
        stands.get(name) == value for name, value in told.items()
    )


def _let_write(place: Place) -> None:
    iam = place.aws.iam
    try:
        arn = iam.create_role(
            RoleName=LOGS_ROLE,
            AssumeRolePolicyDocument=json.dumps(_TRUST),
            Description="API Gateway writes the logs of all APIs with it",
        )["Role"]["Arn"]
    except ClientError as error:
        if error_code(error) != "EntityAlreadyExists":
            raise
        arn = iam.get_role(RoleName=LOGS_ROLE)["Role"]["Arn"]
    policy = f"arn:{place.aws.partition}:iam::aws:policy/{_POLICY}"
    iam.attach_role_policy(RoleName=LOGS_ROLE, PolicyArn=policy)
    patiently(
        lambda: place.aws.apigateway.update_account(
            patchOperations=[patch("replace", "/cloudwatchRoleArn", arn)]  # type: ignore[list-item]
        ),
        _SOON,
    )
