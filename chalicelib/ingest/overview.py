"""How the sources do, for people and machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.core import instants
from chalicelib.core.feeds.state import Counts, FeedState
from chalicelib.ingest.source import Source


def overview(
    sources: Iterable[Source], states: Mapping[str, FeedState], now: int
) -> list[dict[str, Any]]:
    """Tell of each source, in the order of their table.

    `health` is ok, failing, stale, off or never. `last` is of the last run that
    read a list, `totals` of all runs.
    """
    return [
        _told(source, states.get(source.id, FeedState(source.id)), now)
        for source in sources
    ]


def _told(source: Source, state: FeedState, now: int) -> dict[str, Any]:
    health = state.health(now, source.every, enabled=source.enabled)
    return {
        "id": source.id,
        "name": source.name,
        "category": source.category,
        "licence": source.licence,
        "attribution": source.attribution,
        "enabled": source.enabled,
        "every_minutes": source.every,
        "health": str(health),
        "listed": state.listed,
        "last_run": _instant(state.last_run),
        "last_success": _instant(state.last_success),
        "next_due": _instant(state.due_at(source.every)) if source.enabled else None,
        "failures_in_a_row": state.failures,
        "last_error": state.last_error,
        "warning": state.warning,
        "last": counted(state.last),
        "totals": counted(state.totals),
    }


def counted(counts: Counts) -> dict[str, Any]:
    """Write counts as they are told."""
    return {
        "rows": counts.rows,
        "new": counts.new,
        "updated": counts.updated,
        "same": counts.same,
        "vanished": counts.vanished,
        "rejected": dict(counts.rejected),
    }


def _instant(microseconds: int | None) -> str | None:
    return instants.to_text(microseconds) if microseconds else None
