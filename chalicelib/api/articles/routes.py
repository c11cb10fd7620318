"""Articles over HTTP: lists of them, and one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from chalicelib.access import tiers
from chalicelib.api.articles import documents
from chalicelib.api.articles.parameters import LIST, ONE, Asked, fields_of, read
from chalicelib.api.envelope import meta
from chalicelib.api.iocs.downloads import attachment
from chalicelib.api.iocs.listing import next_headers
from chalicelib.core.articles.stored import Stored
from chalicelib.core.lists import cursor
from chalicelib.core.log.entry import escaped_size
from chalicelib.edge.conditional import cached, etag_of, unchanged
from chalicelib.edge.dialect import REST
from chalicelib.edge.operation import Context
from chalicelib.edge.reply import Reply, to_json
from chalicelib.edge.router import Router
from chalicelib.export import EXPORTERS
from chalicelib.services import articles as service
from chalicelib.services.articles import Listed

articles = Router(REST)

SCOPE = "read:articles"

_ROOM = 5_000_000
"""Bytes of the articles of an answer: a function gives 6 MB at most."""

_FRESH = "private, max-age=60, stale-while-revalidate=120"
_LINES = {name: EXPORTERS[name].media_type for name in ("ndjson", "csv")}


class _Page(NamedTuple):
    texts: list[str]
    cursor: str | None
    total: int | None


@articles.get(
    "/articles",
    parameters=LIST,
    scope=SCOPE,
    counts_as=dict.fromkeys(_LINES, "articles_export"),
    produces=("application/json", *_LINES.values()),
    returns="ArticlePage",
    conditional=True,
)
def list_articles(ctx: Context) -> Reply:
    """List articles, the newest first: what they say, and what is named in them.

    A page may be short or empty and have a cursor all the same: a filter that
    matches little reads 1,000 articles at a time.
    """
    asked = read(ctx)
    page = _page(ctx, asked)
    etag = etag_of(asked.format, asked.fields, page.cursor, *page.texts)
    found = unchanged(ctx.request, etag)
    if found is not None:
        return found
    headers = cached(etag) | next_headers(ctx, page.cursor)
    if asked.format == "json":
        return Reply(_envelope(ctx, asked, page), headers=headers)
    return _download(ctx, asked, page, headers)


@articles.get(
    "/articles/{article_id}",
    parameters=ONE,
    scope=SCOPE,
    returns="ArticleAnswer",
    conditional=True,
)
def get_article(ctx: Context, article_id: str) -> Reply:
    """Tell all of one article."""
    earliest = tiers.earliest_article(ctx.tier, ctx.now)
    found = service.find(ctx.container.articles, article_id, earliest)
    document = documents.to_document(found, ctx.request.base_url)
    data = documents.select(document, fields_of(ctx.arguments))
    etag = etag_of(to_json(data))
    headers = cached(etag) | {"Cache-Control": _FRESH}
    same = unchanged(ctx.request, etag)
    if same is not None:
        return replace(same, headers=headers)
    return Reply(to_json({"meta": meta(ctx), "data": data}), headers=headers)


def _page(ctx: Context, asked: Asked) -> _Page:
    """Read a page, and write as much of it as an answer takes."""
    store = ctx.container.articles
    find = service.gravest if asked.ranked else service.newest
    found = find(store, asked.query, asked.place, asked.limit)
    texts: list[str] = []
    room = _ROOM
    for article in _articles(ctx, asked, found):
        text = _text(ctx, asked, article)
        room -= escaped_size(text.encode())
        if room < 0 and texts:
            break
        texts.append(text)
    place, total = found.place, found.total
    if len(texts) < len(found.cards):
        last = found.cards[len(texts) - 1]
        place = service.behind(last, asked.query, ranked=asked.ranked)
    return _Page(texts, cursor.encode(place, asked.of) if place else None, total)


def _articles(ctx: Context, asked: Asked, found: Listed) -> Iterable[Stored]:
    if "iocs" in asked.fields:
        return service.whole(ctx.container.articles, found.cards)
    return map(Stored, found.cards)


def _text(ctx: Context, asked: Asked, article: Stored) -> str:
    document = documents.to_document(article, ctx.request.base_url)
    if asked.format == "csv":
        return documents.row_of(document, asked.fields)
    return to_json(documents.select(document, asked.fields))


def _envelope(ctx: Context, asked: Asked, page: _Page) -> str:
    told = meta(
        ctx,
        limit=asked.limit,
        offset=ctx.arguments["offset"],
        total=page.total,
        total_estimated=False,
        next_cursor=page.cursor,
        filters=asked.filters,
    )
    return f'{{"meta":{to_json(told)},"data":[{",".join(page.texts)}]}}'


def _download(
    ctx: Context, asked: Asked, page: _Page, headers: dict[str, str]
) -> Reply:
    if asked.format == "csv":
        body = "".join([documents.table_line(asked.fields), *page.texts])
    else:
        body = "".join(f"{line}\n" for line in page.texts)
    named = attachment(ctx, "articles", asked.format)
    return Reply(body, headers=headers | named, media_type=_LINES[asked.format])
