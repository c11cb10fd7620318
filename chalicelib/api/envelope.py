"""What the answers of several areas have around their data."""

from __future__ import annotations

from typing import Any

from chalicelib.core import instants
from chalicelib.edge.operation import Context

SERVICE = "Taxiway"
FEED_VERSION = "1.0"


def meta(ctx: Context, **more: Any) -> dict[str, Any]:
    """Write what every answer says of itself."""
    return {
        "generated_at": instants.to_text(ctx.now),
        "feed_version": FEED_VERSION,
        "source": SERVICE,
        **more,
    }
