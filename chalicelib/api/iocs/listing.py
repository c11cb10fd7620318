"""What lists and exports of IOCs have in common: their filters, and their pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from chalicelib.access.tiers import Tier
from chalicelib.core import instants
from chalicelib.core.iocs.confidence import LABELS
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists import industries
from chalicelib.core.lists.listing import Filters
from chalicelib.edge.conditional import etag_of, unchanged
from chalicelib.edge.operation import Context
from chalicelib.edge.parameters import (
    KEY_PARAMETER,
    Parameter,
    choice,
    instant,
    text,
    whole,
    words,
)
from chalicelib.edge.reply import Reply
from chalicelib.errors import TierRequired, invalid
from chalicelib.services.catalogue import MOST_OFFSET, Asked, Page

MOST = 10_000
DEFAULT_LIMIT = 100
ANY = "all"
VERSION = 1
"""Raised when answers change though nothing else does: part of every tag."""

_LONGEST_LINK = 4_096

NEWEST, OLDEST = "modified:desc", "modified:asc"

TYPES = tuple(str(one) for one in IocType)
TYPE_SPELLINGS = {"mitre-attack": str(IocType.TECHNIQUE)}

FILTERS: tuple[Parameter, ...] = (
    words(
        "type",
        "Types of IOCs",
        choices=(*TYPES, ANY),
        spellings=TYPE_SPELLINGS,
        example="ipv4,domain",
    ),
    words("category", "Categories of the leading source", example="malware"),
    words("confidence", "Confidence", choices=(*LABELS, ANY), example="high"),
    words(
        "industry",
        "Sectors of CISA, of the articles that mention it",
        choices=industries.SECTORS,
        spellings=industries.ALIASES,
        example="energy",
    ),
    words("tag", "Tags and malware families, in any case", example="mirai"),
    words("source", "Ids of sources, as /v1/feeds has them", example="urlhaus"),
    instant(
        "since", "New or changed after this; earlier than the tier's look-back is cut"
    ),
    instant("until", "New or changed no later than this"),
)


def paging(
    *, most: int = MOST, default: int = DEFAULT_LIMIT, sort: str = OLDEST
) -> tuple[Parameter, ...]:
    """Declare how much of a list is wanted, from which end and from where on."""
    return (
        whole(
            "limit",
            "Most IOCs of one answer; a tier has less",
            1,
            most,
            default=default,
        ),
        choice("sort", "Which come first", (NEWEST, OLDEST), default=sort),
        text("cursor", "Where the answer before this one ended"),
    )


def offset() -> Parameter:
    """Declare how many to pass over; far ahead a cursor is the way."""
    beyond = ": further on, use the `cursor` of an answer"
    about = f"IOCs to pass over{beyond}"
    return whole("offset", about, 0, MOST_OFFSET, beyond=beyond, default=0)


def asked(ctx: Context, of: str) -> Asked:
    """Read what a request asks for. Raises InvalidRequest.

    `of` names the list; the filters that are given and their order are added, since
    a cursor is good for nothing else. Those that are not leave no trace in it, so that
    it stays good when there are more of them one day.
    """
    given = ctx.arguments
    limit = check_limit(ctx.tier, given["limit"])
    if given.get("offset") and given["cursor"]:
        raise invalid("offset", "and `cursor` exclude each other")
    filters = Filters(
        types=tuple(map(IocType, _some(given["type"]))),
        categories=_some(given["category"]),
        confidences=_some(given["confidence"]),
        sources=_some(given["source"]),
        tags=tuple(one.casefold() for one in _some(given["tag"])),
        industries=_some(given["industry"]),
    )
    told = [
        f"{one.name}={given[one.name]}"
        for one in FILTERS
        if given[one.name] is not None
    ]
    return Asked(
        of="\x1f".join([of, *told, given["sort"]]),
        filters=filters,
        since=given["since"],
        until=given["until"],
        limit=limit,
        newest_first=given["sort"] == NEWEST,
        cursor=given["cursor"],
        offset=given.get("offset") or 0,
    )


def check_limit(tier: Tier, limit: int) -> int:
    """Give a limit that a tier allows. Raises InvalidRequest."""
    if tier.results is not None and limit > tier.results:
        raise invalid(
            "limit", f"is a whole number from 1 to {tier.results} in your tier"
        )
    return limit


def check_format(ctx: Context, name: str) -> None:
    """Raise TierRequired unless the tier has a format."""
    if name in ctx.tier.formats:
        return
    tiers = [one.name for one in ctx.container.tiers.all if name in one.formats]
    required = tiers[0] if tiers else None
    raise TierRequired(
        f"the format {name} asks for the tier {required}",
        details={"field": "format", "required": required},
    )


def next_link(ctx: Context, cursor: str | None) -> str | None:
    """Write the address of the next page."""
    if cursor is None:
        return None
    return address(ctx, {"cursor": cursor}, without=("offset",))


def address(
    ctx: Context, more: Mapping[str, str] | None = None, without: tuple[str, ...] = ()
) -> str:
    """Write the address of a request, with other parameters and never with a key."""
    more = more or {}
    dropped = {KEY_PARAMETER, *without, *more}
    query = [
        (name, value)
        for name, values in ctx.request.query.items()
        for value in values
        if name not in dropped
    ]
    written = urlencode([*query, *more.items()])
    address = f"{ctx.request.base_url}{ctx.request.route}"
    return f"{address}?{written}" if written else address


def filters_told(ctx: Context, page: Page) -> dict[str, Any]:
    """Repeat the filters; those that were not given are `all`."""
    given = ctx.arguments
    names = ("type", "category", "confidence", "industry", "tag", "source")
    told = {name: ",".join(given[name] or (ANY,)) for name in names}
    until = min(page.window.until, ctx.now)
    return told | {
        "since": instants.to_text(page.window.since),
        "until": instants.to_text(until),
    }


def going_on(ctx: Context, page: Page) -> dict[str, str]:
    """Say in headers where it goes on, for formats that have no place for it.

    The cursor to resume with is there on the last page too: for who comes again
    later, for what is new.
    """
    resume = {} if page.resume is None else {"X-Resume-Cursor": page.resume}
    return resume | next_headers(ctx, page.next)


def next_headers(ctx: Context, cursor: str | None) -> dict[str, str]:
    """Say in headers where the next page begins, if there is one."""
    link = next_link(ctx, cursor)
    if cursor is None or link is None:
        return {}
    # API Gateway takes 10,240 bytes of headers, and an address may be longer.
    short = len(link) <= _LONGEST_LINK
    return {
        "X-Next-Cursor": cursor,
        **({"Link": f'<{link}>; rel="next"'} if short else {}),
    }


def known(ctx: Context, asked: Asked, form: str) -> Reply | None:
    """Answer who has the current version already, for the price of the log's head."""
    if "if-none-match" not in ctx.request.headers:
        return None
    return unchanged(ctx.request, tag(ctx, asked, form, ctx.container.catalogue.end()))


def tag(ctx: Context, asked: Asked, form: str, end: int) -> str:
    """Name a version of an answer: the log, the request and the window it sees."""
    window = ctx.container.catalogue.window(asked, ctx.tier)
    options = sorted((name, str(value)) for name, value in ctx.arguments.items())
    return etag_of(VERSION, form, end, window, asked.of, options, ctx.request.base_url)


def _some(words: tuple[str, ...] | None) -> tuple[str, ...]:
    return () if not words or ANY in words else words
