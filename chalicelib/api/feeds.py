"""The sources that are read, and how they do."""

from __future__ import annotations

from chalicelib.edge.dialect import REST
from chalicelib.edge.operation import Context
from chalicelib.edge.reply import Reply, to_json
from chalicelib.edge.router import Router

feeds = Router(REST)


@feeds.get("/feeds", parameters=(), returns="FeedPage")
def list_feeds(ctx: Context) -> Reply:
    """Tell of each source: where it is from, when it was read, what came of it."""
    from chalicelib.ingest import source
    from chalicelib.ingest.overview import overview

    container = ctx.container
    sources = source.chosen(container.settings.feeds)
    told = overview(sources, container.feeds.states(), container.clock.now())
    return Reply(to_json({"data": told, "meta": {"total": len(told)}}))
