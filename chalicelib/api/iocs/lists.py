"""The list of IOCs, as JSON and as the plain formats that scripts read."""

from __future__ import annotations

from chalicelib.api.envelope import meta
from chalicelib.api.iocs import listing
from chalicelib.api.iocs.downloads import download
from chalicelib.edge.conditional import cached
from chalicelib.edge.dialect import REST
from chalicelib.edge.operation import Context
from chalicelib.edge.parameters import choice
from chalicelib.edge.reply import Reply, to_json
from chalicelib.edge.router import Router
from chalicelib.services.catalogue import Asked, Page

iocs = Router(REST)

FORMATS = ("json", "ndjson", "csv", "txt")


@iocs.get(
    "/iocs",
    scope="read:iocs",
    parameters=(
        *listing.FILTERS,
        choice("format", "How it is written", FORMATS, default="json"),
        *listing.paging(sort=listing.NEWEST),
        listing.offset(),
    ),
    produces=(
        "application/json",
        "application/x-ndjson",
        "text/csv",
        "text/plain",
    ),
    returns="IocPage",
    conditional=True,
)
def list_iocs(ctx: Context) -> Reply:
    """List IOCs, those first that changed last.

    Of each its current version, without those that are over. A page is at most
    5 MB and may be shorter than `limit`, even empty where a filter matches rarely:
    there is more as long as `links.next` says so.
    """
    name = ctx.arguments["format"]
    listing.check_format(ctx, name)
    asked = listing.asked(ctx, "iocs")
    if name != "json":
        return download(ctx, asked, name)
    if same := listing.known(ctx, asked, "json"):
        return same
    page = ctx.container.catalogue.page(asked, ctx.tier)
    tag = listing.tag(ctx, asked, "json", page.end)
    return Reply(
        _written(ctx, asked, page),
        headers=cached(tag) | listing.going_on(ctx, page),
    )


def _written(ctx: Context, asked: Asked, page: Page) -> str:
    count = len(page.rows)
    total, estimated = asked.offset + count, False
    if (
        page.next is not None
        or asked.cursor is not None
        or (asked.offset and not count)
    ):
        total, estimated = ctx.container.totals.of(asked.filters, page.window)
    said = meta(
        ctx,
        total=total,
        total_estimated=estimated,
        limit=asked.limit,
        offset=asked.offset,
        count=count,
        next_cursor=page.next,
        resume_cursor=page.resume,
        filters=listing.filters_told(ctx, page),
    )
    links = {"self": listing.address(ctx), "next": listing.next_link(ctx, page.next)}
    # The rows are JSON already.
    rows = b",".join(page.rows).decode()
    return f'{{"meta":{to_json(said)},"data":[{rows}],"links":{to_json(links)}}}'
