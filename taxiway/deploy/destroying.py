"""Takes a stage away, in the order that AWS wants; what is gone already is skipped.

Tables with items stay unless it is said otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from taxiway.deploy import finding, logs, memory, plans, project, twins, watching
from taxiway.deploy.aws import found
from taxiway.deploy.change import Action, Change, Step
from taxiway.deploy.place import Place
from taxiway.infra.names import LOGS_ROLE
from taxiway.trouble import Trouble


def steps(place: Place, *, with_data: bool) -> Iterator[Step]:
    """Give the steps. Raises Trouble before anything is done if one cannot be."""
    if finding.is_of_a_stack(place):
        raise Trouble(
            "CloudFormation made this stage: delete its stack "
            "(`aws cloudformation delete-stack --stack-name NAME`)"
        )
    if with_data:
        _check_unprotected(place)
    yield Step("Alarms", partial(_alarms, place))
    yield Step("Dashboard", partial(_dashboard, place))
    # Before the API: a plan that is attached to a stage cannot go.
    yield Step("Usage plans", partial(_plans, place))
    yield Step("Keys at the gateway", partial(_twins, place))
    yield Step("Functions and API", partial(_functions, place))
    yield Step("Logs", partial(_logs, place))
    yield Step("Secret", partial(_secret, place))
    yield Step("Tables", partial(_tables, place, with_data=with_data))
    yield Step("Account", partial(_account, place))


def _check_unprotected(place: Place) -> None:
    for name in place.tables:
        if _is_protected(place, name):
            raise Trouble(
                f"table {name} is protected against deletion. To delete it with its "
                "data for ever, take that away first: aws dynamodb update-table "
                f"--table-name {name} --no-deletion-protection-enabled"
            )


def _is_protected(place: Place, name: str) -> bool:
    told = found(place.aws.dynamodb.describe_table, TableName=name)
    return bool(told and told["Table"].get("DeletionProtectionEnabled"))


def _alarms(place: Place) -> Iterator[Change]:
    names = [str(each["AlarmName"]) for each in watching.alarms_of(place)]
    if names:
        delete = partial(place.aws.cloudwatch.delete_alarms, AlarmNames=names)
        yield Change(Action.REMOVE, f"{len(names)} alarms", "", delete)


def _dashboard(place: Place) -> Iterator[Change]:
    name = place.names.dashboard
    if watching.dashboard_of(place) is not None:
        delete = partial(place.aws.cloudwatch.delete_dashboards, DashboardNames=[name])
        yield Change(Action.REMOVE, f"dashboard {name}", "", delete)


def _plans(place: Place) -> Iterator[Change]:
    for each in plans.of_stage(place):
        yield plans.removal(place, each)


def _twins(place: Place) -> Iterator[Change]:
    for twin in twins.of_stage(place):
        yield twins.removal(place, twin)


def _functions(place: Place) -> Iterator[Change]:
    exist = memory.existing(place)
    if exist:
        yield Change(
            Action.REMOVE,
            f"{len(exist)} functions, roles, rules and APIs",
            f"chalice delete --stage {place.names.stage}",
            partial(_delete_functions, place),
        )


def _delete_functions(place: Place) -> None:
    stage = place.names.stage
    known = project.deployed_resources(stage)
    # Chalice fails at the first thing that is gone already.
    memory.write(stage, memory.merged(known, memory.existing(place), only=True))
    project.chalice("delete", "--stage", stage)


def _logs(place: Place) -> Iterator[Change]:
    for name in place.names.log_groups:
        if logs.group_of(place, name):
            delete = partial(place.aws.logs.delete_log_group, logGroupName=name)
            yield Change(Action.REMOVE, f"log group {name}", "", delete)


def _secret(place: Place) -> Iterator[Change]:
    name = place.names.session_secret
    if found(place.aws.ssm.get_parameter, Name=name):
        delete = partial(place.aws.ssm.delete_parameter, Name=name)
        yield Change(Action.REMOVE, f"secret {name}", "", delete)


def _tables(place: Place, *, with_data: bool) -> Iterator[Change]:
    for name in place.tables:
        if found(place.aws.dynamodb.describe_table, TableName=name):
            yield _table(place, name, with_data=with_data)


def _table(place: Place, name: str, *, with_data: bool) -> Change:
    thing = f"table {name}"
    # Not ItemCount: it is hours old.
    holds = bool(place.aws.dynamodb.scan(TableName=name, Limit=1)["Items"])
    if holds and not with_data:
        return Change(Action.KEEP, thing, "has data; --with-data takes it away too")
    if _is_protected(place, name):
        return Change(Action.KEEP, thing, "is protected against deletion")
    why = "with all its data" if holds else "is empty"
    return Change(Action.REMOVE, thing, why, partial(_delete_table, place, name))


def _delete_table(place: Place, name: str) -> None:
    place.aws.dynamodb.delete_table(TableName=name)
    waiter = place.aws.dynamodb.get_waiter("table_not_exists")
    waiter.wait(TableName=name, WaiterConfig={"Delay": 2, "MaxAttempts": 150})


def _account(place: Place) -> Iterator[Change]:
    role = place.aws.apigateway.get_account().get("cloudwatchRoleArn", "")
    if role.endswith(f"/{LOGS_ROLE}"):
        why = "all APIs of the account write their logs with it"
        yield Change(Action.KEEP, f"role {LOGS_ROLE}", why)
