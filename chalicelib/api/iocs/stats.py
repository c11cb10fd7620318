"""Numbers of the whole."""

from __future__ import annotations

from chalicelib.api.envelope import meta
from chalicelib.core import instants
from chalicelib.edge.conditional import cached, etag_of, unchanged
from chalicelib.edge.dialect import REST
from chalicelib.edge.operation import Context
from chalicelib.edge.reply import Reply, to_json
from chalicelib.edge.router import Router

stats = Router(REST)


@stats.get(
    "/iocs/stats",
    parameters=(),
    scope="read:iocs",
    needs="iocs_stats",
    returns="StatsAnswer",
    conditional=True,
)
def show_stats(ctx: Context) -> Reply:
    """Tell how much there is, how much comes, and how the sources do."""
    from chalicelib.ingest import source
    from chalicelib.services.stats import Stats

    container = ctx.container
    names = {one.id: one.name for one in source.load()}
    told = Stats(container.statistics, container.feeds, names)
    data = told.of(source.chosen(container.settings.feeds), ctx.now)
    etag = etag_of(to_json(data))
    # Counted at this moment; the headers are for clients that know caches of hours.
    headers = cached(etag) | {
        "X-Cache-Updated-At": instants.to_text(ctx.now),
        "X-Cache-Age-Seconds": "0",
        "X-Cache-Stale": "false",
    }
    body = to_json({"meta": meta(ctx), "data": data})
    return unchanged(ctx.request, etag) or Reply(body, headers=headers)
