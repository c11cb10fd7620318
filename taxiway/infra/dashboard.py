"""The dashboard: one page that answers whether the service is well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from taxiway.infra.logs import METRIC_NAMESPACE
from taxiway.infra.names import GATEWAY_STAGE, Names

_WIDTH, _HEIGHT, _COLUMNS = 12, 6, 2
_PERIOD = 300

Metric = list[object]


def dashboard(names: Names, tables: Sequence[str], region: object) -> dict[str, Any]:
    """Describe the body of PutDashboard; `region` may be a reference."""
    panels = (
        ("Requests", "Sum", [_gateway(names, "Count")]),
        (
            "Latency in milliseconds",
            "p95",
            [
                [*_gateway(names, "Latency"), {"stat": "p50", "label": "p50"}],
                [*_gateway(names, "Latency"), {"stat": "p95", "label": "p95"}],
                [*_gateway(names, "Latency"), {"stat": "p99", "label": "p99"}],
            ],
        ),
        (
            "Errors",
            "Sum",
            [_gateway(names, "4XXError"), _gateway(names, "5XXError")],
        ),
        ("Refused with 429", "Sum", _limits(names)),
        ("Functions: duration, p95", "p95", _functions(names, "Duration")),
        (
            "Functions: errors and throttles",
            "Sum",
            [*_functions(names, "Errors"), *_functions(names, "Throttles")],
        ),
        ("Functions: runs", "Sum", _functions(names, "Invocations")),
        (
            "Capacity consumed",
            "Sum",
            _tables(
                tables, ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")
            ),
        ),
        (
            "Tables: throttles",
            "Sum",
            _tables(tables, ("ReadThrottleEvents", "WriteThrottleEvents")),
        ),
    )
    return {
        "widgets": [
            _widget(number, title, stat, list(metrics), region)
            for number, (title, stat, metrics) in enumerate(panels)
        ]
    }


def _widget(
    number: int, title: str, stat: str, metrics: list[Metric], region: object
) -> dict[str, Any]:
    return {
        "type": "metric",
        "x": number % _COLUMNS * _WIDTH,
        "y": number // _COLUMNS * _HEIGHT,
        "width": _WIDTH,
        "height": _HEIGHT,
        "properties": {
            "title": title,
            "stat": stat,
            "period": _PERIOD,
            "region": region,
            "view": "timeSeries",
            "metrics": metrics,
        },
    }


def _gateway(names: Names, metric: str) -> Metric:
    place = ("ApiName", names.api, "Stage", GATEWAY_STAGE)
    return ["AWS/ApiGateway", metric, *place]


def _limits(names: Names) -> list[Metric]:
    of = ("stage", names.stage)
    return [
        [METRIC_NAMESPACE, names.refused_filter, {"label": "by the gateway"}],
        [METRIC_NAMESPACE, "rate_limited", *of, {"label": "by the counters"}],
        [METRIC_NAMESPACE, "rate_limit_unavailable", *of, {"label": "uncounted"}],
    ]


def _functions(names: Names, metric: str) -> list[Metric]:
    return [["AWS/Lambda", metric, "FunctionName", name] for name in names.functions]


def _tables(tables: Iterable[str], metrics: Sequence[str]) -> list[Metric]:
    return [
        ["AWS/DynamoDB", metric, "TableName", name]
        for name in tables
        for metric in metrics
    ]
