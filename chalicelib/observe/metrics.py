"""Metrics in CloudWatch's embedded format: a line in the log, no call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools.metrics import MetricUnit, single_metric

NAMESPACE = "Taxiway"


_everywhere: dict[str, str] = {}
_silent: list[bool] = []


def belong_to(stage: str) -> None:
    """Name the stage in all metrics: an account may have several."""
    _everywhere["stage"] = stage


@contextmanager
def silent() -> Iterator[None]:
    """Count nothing for a while: a command prints its own words."""
    _silent.append(True)
    try:
        yield
    finally:
        _silent.pop()


def count(name: str, value: int = 1, **dimensions: str) -> None:
    """Count something, by what it was about."""
    if _silent:
        return
    with single_metric(
        name=name, unit=MetricUnit.Count, value=value, namespace=NAMESPACE
    ) as metric:
        for dimension, of in {**_everywhere, **dimensions}.items():
            metric.add_dimension(dimension, of)


def answered(area: str, status: int) -> None:
    """Count an answer by room and kind of status, such as 2xx."""
    count("requests", area=area, status=f"{status // 100}xx")
