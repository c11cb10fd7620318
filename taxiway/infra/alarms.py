"""Alarms: what a person should hear of, as PutMetricAlarm describes it.

CloudFormation's `AWS::CloudWatch::Alarm` has the same properties. Missing data is no
trouble, nobody asks at night, except for the schedule: there it is the trouble.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from taxiway.infra.logs import METRIC_NAMESPACE
from taxiway.infra.names import GATEWAY_STAGE, Names

RUNBOOK = "docs/operations/runbook.md"

_5_MINUTES = 300
_HOUR = 3_600
_6_HOURS = 21_600
_SILENT = {"upkeep": (_6_HOURS, "12 hours"), "ingest": (_HOUR, "two hours")}
"""Of which length two periods without a run are an alarm, and what they make."""


def alarms(
    names: Names, tables: Sequence[str], topic: object = None
) -> tuple[dict[str, Any], ...]:
    """Describe the alarms of a stage; `topic` hears of them and of their end."""
    actions = [topic] if topic else []
    return tuple(
        {
            "AlarmName": names.alarm(what),
            "AlarmDescription": f"{why}. See {RUNBOOK}#{what}",
            "ActionsEnabled": True,
            "AlarmActions": actions,
            "OKActions": actions,
            **rule,
        }
        for what, why, rule in _rules(names, tables)
    )


def _rules(
    names: Names, tables: Sequence[str]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    yield from _of_the_gateway(names)
    yield (
        "lambda-throttles",
        "Functions were not started for want of concurrency",
        _sum_of("AWS/Lambda", "FunctionName", names.functions, ["Throttles"]),
    )
    yield (
        "dynamodb-throttles",
        "DynamoDB refused reads or writes of a table",
        _sum_of(
            "AWS/DynamoDB",
            "TableName",
            tables,
            ["ReadThrottleEvents", "WriteThrottleEvents"],
        ),
    )
    yield (
        "rate-limit-open",
        "The counters could not be reached, so requests passed uncounted",
        {
            "Namespace": METRIC_NAMESPACE,
            "MetricName": "rate_limit_unavailable",
            "Dimensions": [{"Name": "stage", "Value": names.stage}],
            "Statistic": "Sum",
            **_at_least(1),
        },
    )
    yield from _of_the_schedules(names)


def _of_the_gateway(names: Names) -> Iterator[tuple[str, str, dict[str, Any]]]:
    gateway = {
        "Namespace": "AWS/ApiGateway",
        "Dimensions": [
            {"Name": "ApiName", "Value": names.api},
            {"Name": "Stage", "Value": GATEWAY_STAGE},
        ],
    }
    yield (
        "api-5xx",
        "More than 1 of 20 requests fails on our side",
        # The average of 5XXError is the share of requests that failed.
        {
            **gateway,
            "MetricName": "5XXError",
            "Statistic": "Average",
            **_above(0.05, periods=3, of_them=2),
        },
    )
    yield (
        "api-latency",
        "1 of 20 requests takes longer than 3 seconds",
        {
            **gateway,
            "MetricName": "Latency",
            "ExtendedStatistic": "p95",
            "EvaluateLowSampleCountPercentile": "ignore",
            **_above(3_000, periods=3, of_them=3),
        },
    )
    yield (
        "api-throttled",
        "Usage plans or the ceiling refuse more than 1 request a second",
        {
            "Namespace": METRIC_NAMESPACE,
            "MetricName": names.refused_filter,
            "Dimensions": [],
            "Statistic": "Sum",
            **_above(_5_MINUTES, periods=3, of_them=3),
        },
    )


def _of_the_schedules(names: Names) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for job, (period, silence) in _SILENT.items():
        function = {
            "Namespace": "AWS/Lambda",
            "Dimensions": [{"Name": "FunctionName", "Value": names.job(job)}],
            "Statistic": "Sum",
        }
        yield (
            f"{job}-failed",
            f"A run of the function {job} failed",
            {**function, "MetricName": "Errors", **_at_least(1), "Period": _HOUR},
        )
        yield (
            f"{job}-missing",
            f"The function {job} has not run for {silence}; a new stage rings at first",
            {
                **function,
                "MetricName": "Invocations",
                "Period": period,
                "EvaluationPeriods": 2,
                "DatapointsToAlarm": 2,
                "Threshold": 1.0,
                "ComparisonOperator": "LessThanThreshold",
                "TreatMissingData": "breaching",
            },
        )


def _above(threshold: float, *, periods: int, of_them: int) -> dict[str, Any]:
    return {
        "Period": _5_MINUTES,
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": of_them,
        "Threshold": float(threshold),
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }


def _at_least(threshold: float) -> dict[str, Any]:
    return {
        "Period": _5_MINUTES,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "Threshold": float(threshold),
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }


def _sum_of(
    namespace: str, dimension: str, values: Sequence[str], metrics: Sequence[str]
) -> dict[str, Any]:
    """Watch several metrics as one: ring at the first event of any."""
    parts = [(value, metric) for value in values for metric in metrics]
    queries: list[dict[str, Any]] = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": namespace,
                    "MetricName": metric,
                    "Dimensions": [{"Name": dimension, "Value": value}],
                },
                "Period": _5_MINUTES,
                "Stat": "Sum",
            },
            "ReturnData": False,
        }
        for number, (value, metric) in enumerate(parts)
    ]
    filled = "+".join(f"FILL(m{number},0)" for number in range(len(parts)))
    total = {"Id": "total", "Expression": filled, "Label": "all", "ReturnData": True}
    return {
        "Metrics": [total, *queries],
        **{name: value for name, value in _at_least(1).items() if name != "Period"},
    }
