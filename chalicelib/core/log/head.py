"""Where a log ends, and all that a reader has to know before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from chalicelib.core.collection import Collection

ROWS = "iocs"
"""The log of the rows of IOCs. It is no collection: those have UUIDs."""


class Chain(NamedTuple):
    """How far the chain of a facet goes and how many entries it leads to."""

    last: int
    entries: int


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a log: its collection, its end and the ends of its chains.

    Every write to a collection raises `revision`; `last` is the sort key of
    the last segment. `marked` is the newest entry that a mark was ever put on,
    so that nobody looks for marks behind it. `compacted` is where the next
    compaction begins.
    """

    collection: Collection
    revision: int = 0
    segments: int = 0
    marked: int = 0
    compacted: int = 0
    closing: bool = False
    chains: Mapping[str, Chain] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The collection's id."""
        return self.collection.id

    @property
    def last(self) -> int:
        """The end of the log."""
        return self.collection.last

    @property
    def entries(self) -> int:
        """How many entries there are."""
        return self.collection.entries

    def grown(self, *, entries: int, last: int, **changes: Any) -> Head:
        """Give the next head after `entries` more (or fewer) of them."""
        collection = replace(self.collection, entries=self.entries + entries, last=last)
        return replace(
            self, collection=collection, revision=self.revision + 1, **changes
        )
