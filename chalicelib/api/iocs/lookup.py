"""Looking values up: one with all that is known, or many in short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.api.envelope import meta
from chalicelib.api.iocs.listing import TYPE_SPELLINGS, TYPES
from chalicelib.api.room import ROOM, size_of
from chalicelib.core.iocs.ioc import IocType
from chalicelib.edge.body import read_json
from chalicelib.edge.dialect import REST
from chalicelib.edge.operation import Context
from chalicelib.edge.parameters import choice, text
from chalicelib.edge.reply import Reply, to_json
from chalicelib.edge.router import Router
from chalicelib.errors import TooLarge

if TYPE_CHECKING:
    from chalicelib.services.lookup import Lookup

lookup = Router(REST)

LARGEST = 1_000_000
"""Bytes of a body with many values, lest the answer be more than Lambda takes."""

_IOC = text(
    "ioc",
    "The value, also defanged: address, network, domain, URL, e-mail address, hash, "
    "CVE, technique or tactic of ATT&CK.",
    aliases=("value",),
    required=True,
    example="198.51.100.7",
)
TYPE = choice(
    "type",
    "What the value is, where it may be several things.",
    TYPES,
    spellings=TYPE_SPELLINGS,
)


def type_asked(ctx: Context) -> IocType | None:
    """Give the type that a request names."""
    name = ctx.arguments["type"]
    return None if name is None else IocType(name)


@lookup.get(
    "/lookup", parameters=(_IOC, TYPE), scope="read:iocs", returns="LookupAnswer"
)
def look_up(ctx: Context) -> Reply:
    """Tell all that is known of a value, and how to hunt for it."""
    from chalicelib.api.iocs import verdicts

    answer = _lookup(ctx).one(ctx.arguments["ioc"], type_asked(ctx), ctx.now)
    data = verdicts.whole(answer, ctx.container.origins)
    return Reply(to_json({"meta": meta(ctx), "data": data}))


@lookup.post(
    "/lookup",
    parameters=(),
    scope="read:iocs",
    counts="lookup_many",
    takes="LookUpMany",
    returns="LookupMany",
)
def look_up_many(ctx: Context) -> Reply:
    """Tell of up to 1,000 values in short, in the order in which they are given."""
    from chalicelib.api.iocs import verdicts
    from chalicelib.api.models import LookUpMany

    body = read_json(ctx.request, LookUpMany, largest=LARGEST)
    answers = _lookup(ctx).many(body.iocs, body.expand, ctx.now)
    data = [
        verdicts.brief(text, answer, body.expand)
        for text, answer in zip(body.iocs, answers, strict=True)
    ]
    counts: dict[str, Any] = {
        "total": len(data),
        "found": sum(item["found"] is True for item in data),
        "errors": sum(item["found"] is None for item in data),
    }
    text = to_json({"meta": meta(ctx, **counts), "data": data})
    if size_of(text) > ROOM:
        raise TooLarge(
            "one answer does not carry all that is known of these values: ask for "
            "half of them at once",
            details={"field": "iocs"},
        )
    return Reply(text)


def _lookup(ctx: Context) -> Lookup:
    from chalicelib.services.lookup import Lookup

    container = ctx.container
    return Lookup(container.iocs, container.articles, container.origins)
