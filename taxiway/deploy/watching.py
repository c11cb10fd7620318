"""Alarms and the dashboard."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from taxiway.deploy.aws import found
from taxiway.deploy.change import Action, Change
from taxiway.deploy.place import Place
from taxiway.infra.alarms import alarms
from taxiway.infra.dashboard import dashboard

Found = Mapping[str, Any]
_ACTIONS = ("AlarmActions", "OKActions")
_NOT_ALWAYS_TOLD = ("EvaluateLowSampleCountPercentile", "Metrics")


def plan_alarms(place: Place) -> Iterator[Change]:
    """Compare the alarms with what they should be.

    Without a topic, the actions that an alarm has are left to it.
    """
    there = {each["AlarmName"]: each for each in alarms_of(place)}
    for wanted in alarms(place.names, place.tables, place.topic):
        name = wanted["AlarmName"]
        has = there.get(name)
        full = dict(wanted)
        if has is not None and place.topic is None:
            full |= {each: list(has.get(each) or []) for each in _ACTIONS}
        reasons = [] if has is None else _differing(full, has)
        if has is not None and not reasons:
            continue
        yield Change(
            Action.CREATE if has is None else Action.REPAIR,
            f"alarm {name}",
            "; ".join(reasons),
            partial(_put_alarm, place, full, new=has is None),
        )


def alarms_of(place: Place) -> list[Found]:
    """Read the alarms that bear a name of ours."""
    names = [each["AlarmName"] for each in alarms(place.names, place.tables)]
    told = place.aws.cloudwatch.describe_alarms(
        AlarmNames=names, AlarmTypes=["MetricAlarm"], MaxRecords=100
    )
    return [dict(each) for each in told["MetricAlarms"]]


def plan_dashboard(place: Place) -> Iterator[Change]:
    """Compare the dashboard with what it should be."""
    wanted = dashboard(place.names, place.tables, place.aws.region)
    has = dashboard_of(place)
    if has == wanted:
        return
    yield Change(
        Action.CREATE if has is None else Action.REPAIR,
        f"dashboard {place.names.dashboard}",
        "" if has is None else "was changed",
        lambda: place.aws.cloudwatch.put_dashboard(
            DashboardName=place.names.dashboard,
            DashboardBody=json.dumps(wanted, sort_keys=True),
        ),
    )


def dashboard_of(place: Place) -> object:
    """Read the dashboard; None where there is none."""
    told = found(
        place.aws.cloudwatch.get_dashboard, DashboardName=place.names.dashboard
    )
    return None if told is None else json.loads(told["DashboardBody"])


def _put_alarm(place: Place, wanted: dict[str, Any], *, new: bool) -> None:
    tags = [{"Key": k, "Value": v} for k, v in place.names.tags().items()]
    # Tags of an alarm that is there are ignored.
    extra: dict[str, Any] = {"Tags": tags} if new else {}
    place.aws.cloudwatch.put_metric_alarm(**wanted, **extra)


def _differing(wanted: Found, has: Found) -> list[str]:
    reasons = [
        f"{name} is {has.get(name)}" if name == "Threshold" else f"{name} was changed"
        for name, value in wanted.items()
        if not (name in _NOT_ALWAYS_TOLD and has.get(name) is None)
        and not covers(has.get(name), value)
    ]
    if has.get("MetricName") and "MetricName" not in wanted:
        reasons.append(f"watches {has['MetricName']}")
    return reasons


def covers(has: object, wanted: object) -> bool:
    """Tell whether all that is wanted stands there, in any order, with more or not."""
    if isinstance(wanted, Mapping):
        return isinstance(has, Mapping) and all(
            covers(has.get(name), value) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        has = has or []
        return (
            isinstance(has, list)
            and len(has) == len(wanted)
            and all(any(covers(each, one) for each in has) for one in wanted)
        )
    return bool(has == wanted)
