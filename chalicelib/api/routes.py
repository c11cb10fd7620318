"""All areas of the REST API, in the order in which its description lists them."""

from __future__ import annotations

from chalicelib.api.articles.routes import articles
from chalicelib.api.feeds import feeds
from chalicelib.api.iocs.exports import exports
from chalicelib.api.iocs.lists import iocs
from chalicelib.api.iocs.lookup import lookup
from chalicelib.api.iocs.misp import misp
from chalicelib.api.iocs.search import search
from chalicelib.api.iocs.stats import stats
from chalicelib.api.keys import keys
from chalicelib.api.sessions import sessions

V1 = (
    iocs,
    search,
    lookup,
    stats,
    exports,
    misp,
    articles,
    feeds,
    keys,
    sessions,
)
