"""Scopes: which kinds of answers a key is for.

The names are those of the products whose API we offer. A key has all scopes
of its tier; TAXII goes by grants, the REST routes ask for one each.
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.core.apikey import Tier

_READING = ("read:iocs", "read:articles")
_EXPORTING = (
    "read:articles:export",
    "read:stix",
    "read:misp",
    "read:cef",
    "read:openioc",
)

SCOPES: Mapping[Tier, tuple[str, ...]] = {
    Tier.FREE: _READING,
    Tier.PRO: _READING + _EXPORTING,
    Tier.INTERNAL: _READING + _EXPORTING,
}
