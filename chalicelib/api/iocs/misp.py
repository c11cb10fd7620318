"""The feed that MISP reads by itself: manifest.json, events and hashes.csv.

https://www.misp-standard.org/rfc/misp-standard-core.html#name-manifest
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib.api.iocs.downloads import about
from chalicelib.api.iocs.listing import VERSION, check_format
from chalicelib.api.room import carried
from chalicelib.core.lists.row import Row
from chalicelib.core.windows import HOUR
from chalicelib.edge.conditional import cached, etag_of, unchanged
from chalicelib.edge.dialect import REST
from chalicelib.edge.operation import Context
from chalicelib.edge.reply import Reply
from chalicelib.edge.router import Router
from chalicelib.errors import InvalidRequest
from chalicelib.export import EXPORTERS

misp = Router(REST)

_EVENT = re.compile(
    r"([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})"
    r"\.json",
    re.ASCII,
)
_TRAITS: dict[str, Any] = {
    "scope": "read:misp",
    "counts": "iocs_misp",
    "needs": "iocs_misp",
    "parameters": (),
    "conditional": True,
}


@misp.get(
    "/misp/manifest.json",
    produces=("application/json",),
    returns="MispManifest",
    **_TRAITS,
)
def get_misp_manifest(ctx: Context) -> Reply:
    """List the events of the MISP feed: one for each day, or more for a large one."""
    from chalicelib.export import misp_feed

    end, tag = _version(ctx)
    if same := unchanged(ctx.request, tag):
        return same
    days = ctx.container.misp.days(ctx.tier, end)
    return Reply(misp_feed.manifest_of(days), headers=cached(tag))


@misp.get("/misp/hashes.csv", produces=("text/csv",), **_TRAITS)
def get_misp_hashes(ctx: Context) -> Reply:
    """Tell which events have a value, by its MD5; of the newest values."""
    from chalicelib.export import misp_feed

    end, tag = _version(ctx)
    if same := unchanged(ctx.request, tag):
        return same
    feed = ctx.container.misp
    parts = feed.by_part(feed.days(ctx.tier, end))
    written = misp_feed.hashes_csv(parts)
    return Reply(written, headers=cached(tag), media_type=EXPORTERS["csv"].media_type)


@misp.get(
    "/misp/{event}", produces=("application/json",), returns="MispEvent", **_TRAITS
)
def get_misp_event(ctx: Context, event: str) -> Reply:
    """Give one event of the MISP feed; `event` is its UUID and `.json`."""
    from chalicelib.export import misp_feed

    named = _EVENT.fullmatch(event)
    if named is None:
        raise InvalidRequest(
            "an event is named by its UUID and .json, as manifest.json has them",
            details={"field": "event"},
        )
    end, tag = _version(ctx)
    if same := unchanged(ctx.request, tag):
        return same
    feed = ctx.container.misp
    days = feed.days(ctx.tier, end)
    part = feed.part(named[1], days)
    rows = feed.rows(part)
    said = replace(about(ctx, rows), made_at=days[part.day].changed_at)

    def write(newest: Sequence[Row]) -> str:
        return misp_feed.event_of(part, newest[::-1], said)

    # MISP does not go on: what an answer does not carry are the oldest.
    text, oldest = carried(rows[::-1], write)
    skipped = oldest + EXPORTERS["misp"].skipped(rows[oldest:], said)
    return Reply(text, headers=cached(tag) | {"X-Skipped": str(skipped)})


def _version(ctx: Context) -> tuple[int, str]:
    """Read the end of the log, and name the version of all that rests on it."""
    check_format(ctx, "misp")
    end = ctx.container.catalogue.end()
    hour = ctx.now // HOUR
    tier = ctx.tier.lookback_days
    return end, etag_of(VERSION, ctx.request.route, end, hour, tier)
