"""Which chain leads to the entries with a facet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zlib import crc32

MOST_CHAINS = 64
"""Facets with a chain of their own. The head names each, and is read by every
poll, so it must stay small whatever types a client makes up."""

LONGEST_NAME = 40
"""Characters of a facet with a chain of its own."""

OWN = "="
"""First character of facets that have a chain of their own in any case: ours,
which no client can make up, since STIX types have none such."""

LOOSE = "!"
"""First character of facets without a chain: they only tell what an entry is."""

_SHARED = 8


def chain_of(facet: str, chains: Mapping[str, object]) -> str:
    """Name the chain of a facet: its own, or one that many facets share.

    A facet that once shares a chain does so for ever, because chains are
    never taken away.
    """
    if facet in chains or facet.startswith(OWN):
        return facet
    if len(facet) <= LONGEST_NAME and len(chains) < MOST_CHAINS:
        return facet
    return f"~{crc32(facet.encode()) % _SHARED}"


def chains_of(facets: Iterable[str], chains: Mapping[str, object]) -> set[str]:
    """Name the chains that lead to what has some facets."""
    return {chain_of(one, chains) for one in facets if not one.startswith(LOOSE)}
