"""Exports as answers: rendered, cut to what one answer carries, named as files."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.api.iocs import listing
from chalicelib.api.room import ROOM, fewer, size_of
from chalicelib.core import instants
from chalicelib.core.lists.row import Row, from_json
from chalicelib.edge.conditional import cached
from chalicelib.edge.operation import Context
from chalicelib.edge.reply import Reply
from chalicelib.export import EXPORTERS, ndjson
from chalicelib.export.about import About
from chalicelib.services.attack import titled
from chalicelib.services.catalogue import Asked, Page


def download(
    ctx: Context,
    asked: Asked,
    form: str,
    *,
    extension: str | None = None,
    media_type: str | None = None,
) -> Reply:
    """Answer with an export; `form` names the exporter.

    It goes on by cursor, in headers, since most formats have no place for it. Block
    lists are read by devices that do not go on.
    """
    if same := listing.known(ctx, asked, form):
        return same
    exporter = EXPORTERS[form]
    page, text, skipped = _rendered(ctx, asked, form)
    headers = {
        **cached(listing.tag(ctx, asked, form, page.end)),
        **listing.going_on(ctx, page),
        **attachment(ctx, form, extension or exporter.extension),
        "X-Skipped": str(skipped),
    }
    return Reply(text, headers=headers, media_type=media_type or exporter.media_type)


def attachment(ctx: Context, form: str, extension: str) -> dict[str, str]:
    """Name the file that an answer is to be kept as."""
    name = f"taxiway-{form}-{instants.to_date(ctx.now)}.{extension}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def about(ctx: Context, rows: Sequence[Row]) -> About:
    """Tell a renderer what it needs besides the rows."""
    named = {one for row in rows for one in row.techniques}
    return About(
        made_at=max((one.modified for one in rows), default=0),
        base_url=ctx.request.base_url,
        options=ctx.arguments,
        origins=ctx.container.origins,
        techniques={one: name for one in named if (name := titled(one).name)},
    )


def _rendered(ctx: Context, asked: Asked, form: str) -> tuple[Page, str, int]:
    """Give what fits into an answer: the page, its text, and how many were no use."""
    exporter = EXPORTERS[form]
    catalogue = ctx.container.catalogue
    read = catalogue.filled if form == "blocklist" else catalogue.page
    page = read(asked, ctx.tier)
    if form == "ndjson":
        # The rows are such lines already, and there is room for each page of them.
        return page, ndjson.written(page.rows), 0
    rows = [from_json(one) for one in page.rows]
    while True:
        said = about(ctx, rows)
        text = exporter.render(rows, said)
        size = size_of(text)
        if size <= ROOM or len(rows) == 1:
            return page, text, exporter.skipped(rows, said)
        count = fewer(len(rows), size)
        page = ctx.container.catalogue.shortened(asked, page, count)
        rows = rows[:count]
