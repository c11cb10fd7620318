"""How a run of a source ended, and where it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from chalicelib.core.feeds.state import Counts, FeedState
from chalicelib.ingest.overview import counted
from chalicelib.ingest.source import Source
from chalicelib.observe import metrics
from chalicelib.observe.log import logger

Ending = Literal["read", "unchanged", "failed", "cut", "busy"]


@dataclass(frozen=True, slots=True)
class Report:
    """How a run of a source ended, and the state it left."""

    source: Source
    ending: Ending
    state: FeedState
    counts: Counts = field(default_factory=Counts)


def tell(report: Report) -> None:
    """Write a line into the log and count."""
    source, counts = report.source.id, report.counts
    logger.info(
        "feed",
        extra={
            "source": source,
            "ending": report.ending,
            **counted(counts),
            "error": report.state.last_error,
        },
    )
    metrics.count(f"ingest_{report.ending}", source=source)
    for name in ("new", "updated", "vanished"):
        if number := getattr(counts, name):
            metrics.count(f"ingest_{name}", number, source=source)
    if rejected := sum(counts.rejected.values()):
        metrics.count("ingest_rejected", rejected, source=source)
