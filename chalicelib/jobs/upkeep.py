"""Keeps every log dense, four times a day."""

from __future__ import annotations

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.container import Container, current
from chalicelib.core.log.head import ROWS
from chalicelib.core.ports import Tidied
from chalicelib.errors import NotFound
from chalicelib.observe import metrics
from chalicelib.observe.log import logger

schedules = Blueprint(__name__)

SECONDS = 780.0
"""Time that a run may take; Lambda ends it after 900."""


@schedules.schedule(Rate(6, unit=Rate.HOURS))
def upkeep(_event: CloudWatchEvent) -> None:
    """Compact all collections."""
    compact_all(current(), SECONDS)


def compact_all(container: Container, seconds: float) -> dict[str, Tidied]:
    """Compact every collection while there is time; tell what was done to each.

    What is left is done by the next run: a log remembers how far it got.
    """
    deadline = container.clock.monotonic() + seconds
    done: dict[str, Tidied] = {}
    collections = [one.id for one in container.collections.all()]
    for name in (*collections, ROWS):
        if container.clock.monotonic() > deadline:
            break
        try:
            tidied = container.log.compact(name, deadline)
        except NotFound:
            continue
        done[name] = tidied
        logger.info("compacted", extra={"collection": name, **tidied._asdict()})
    metrics.count("compacted_segments", sum(one.segments for one in done.values()))
    return done
