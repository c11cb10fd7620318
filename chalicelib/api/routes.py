"""All areas of the REST API, in the order in which its description lists them."""

from __future__ import annotations

from chalicelib.api.articles import articles
from chalicelib.api.exports import exports
from chalicelib.api.feeds import feeds
from chalicelib.api.iocs import iocs
from chalicelib.api.keys import keys
from chalicelib.api.lookup import lookup
from chalicelib.api.misp import misp
from chalicelib.api.search import search
from chalicelib.api.sessions import sessions
from chalicelib.api.stats import stats

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
