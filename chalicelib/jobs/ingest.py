"""Reads the feeds that are due, every five minutes."""

from __future__ import annotations

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib import container as containers

ingestion = Blueprint(__name__)

SECONDS = 780.0
"""Time that a run may take; Lambda ends it after 900."""


@ingestion.schedule(Rate(5, unit=Rate.MINUTES))
def ingest(_event: CloudWatchEvent) -> None:
    """Read what is due, then revoke what is valid no longer."""
    # The API imports this module for its schedule, and never reads a feed.
    from chalicelib.ingest import source

    container = containers.current()
    deadline = container.clock.monotonic() + SECONDS
    pipeline = containers.ingestion(container)
    pipeline.run_due(source.chosen(container.settings.feeds), deadline)
    pipeline.expire(deadline)
