"""Finding IOCs by a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.api.envelope import meta
from chalicelib.api.iocs.lookup import TYPE, type_asked
from chalicelib.api.room import carried
from chalicelib.core.lists.listing import SHORTEST_QUERY
from chalicelib.edge.dialect import REST
from chalicelib.edge.operation import Context
from chalicelib.edge.parameters import flag, text, whole
from chalicelib.edge.reply import Reply, to_json
from chalicelib.edge.router import Router

search = Router(REST)

MOST, USUAL = 100, 20

_PARAMETERS = (
    text(
        "q",
        "A value, also defanged, or how it begins, or what it looks like.",
        least=SHORTEST_QUERY,
        required=True,
        example="198.51.100.7",
    ),
    TYPE,
    flag(
        "include_related",
        "Tell of up to 10 IOCs of the same articles or malware as the first match.",
        default=True,
    ),
    whole("limit", "Matches at most.", 1, MOST, default=USUAL),
)


@search.get(
    "/iocs/search", parameters=_PARAMETERS, scope="read:iocs", returns="SearchAnswer"
)
def search_iocs(ctx: Context) -> Reply:
    """Find IOCs: the value itself, else what begins so or looks like it."""
    from chalicelib.services.search import Search, Stores

    given, container = ctx.arguments, ctx.container
    began = container.clock.monotonic()
    stores = Stores(container.iocs, container.rows, container.articles)
    found = Search(stores, container.origins).find(
        given["q"],
        type_asked(ctx),
        given["limit"],
        related=given["include_related"],
    )
    took = round((container.clock.monotonic() - began) * 1_000)

    def write(matches: Sequence[dict[str, Any]]) -> str:
        counts = {
            "total_matches": len(matches),
            "related_count": len(found.related),
            "search_time_ms": took,
        }
        data = {
            "found": bool(matches),
            "query": given["q"],
            "matches": matches,
            "relatedIOCs": found.related,
            "meta": counts,
        }
        return to_json({"meta": meta(ctx), "data": data})

    return Reply(carried(found.matches, write)[0])
