"""Finding IOCs by a text."""

from __future__ import annotations

from chalicelib.api.envelope import meta
from chalicelib.api.iocs.lookup import TYPE, type_of
from chalicelib.edge.dialect import REST
from chalicelib.edge.operation import Context
from chalicelib.edge.parameters import flag, text, whole
from chalicelib.edge.reply import Reply, to_json
from chalicelib.edge.router import Router
from chalicelib.services.search import MOST, SHORTEST_QUERY, USUAL, Search, Stores

search = Router(REST)

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
    given, container = ctx.arguments, ctx.container
    began = container.clock.monotonic()
    stores = Stores(container.iocs, container.rows, container.articles)
    found = Search(stores, container.origins).find(
        given["q"],
        type_of(given["type"]),
        given["limit"],
        related=given["include_related"],
    )
    data = {
        "found": bool(found.matches),
        "query": given["q"],
        "matches": found.matches,
        "relatedIOCs": found.related,
        "meta": {
            "total_matches": len(found.matches),
            "related_count": len(found.related),
            "search_time_ms": round((container.clock.monotonic() - began) * 1_000),
        },
    }
    return Reply(to_json({"meta": meta(ctx), "data": data}))
