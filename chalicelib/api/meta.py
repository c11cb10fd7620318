"""About the service itself."""

from __future__ import annotations

from chalicelib.edge.dialect import REST
from chalicelib.edge.operation import Context, Door
from chalicelib.edge.reply import Reply, to_json
from chalicelib.edge.router import Router

meta = Router(REST)


@meta.get("/health", door=Door.OPEN)
def get_health(ctx: Context) -> Reply:
    """Tell that the function runs; no table is asked."""
    return Reply(to_json({"status": "ok", "stage": ctx.container.settings.stage}))
