"""API keys as they are kept: all but the secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ANY = "*"
"""In grants: every collection."""


class Tier(StrEnum):
    """What a key may take; the limits of each are policy."""

    FREE = "free"
    PRO = "pro"
    INTERNAL = "internal"


class Grant(StrEnum):
    """What a key may do in a collection."""

    READ = "r"
    WRITE = "w"
    BOTH = "rw"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One API key; times in microseconds since 1970.

    `prefix` is the beginning of the secret, for people to know it by; `scopes`
    are the kinds of answers that it is for.
    `grants` maps a collection's id or `*` to what is allowed there; a key
    without any reads what its tier may read.
    """

    id: str
    name: str
    prefix: str
    tier: Tier
    created: int
    scopes: tuple[str, ...] = ()
    grants: Mapping[str, Grant] = field(default_factory=dict)
    expires: int | None = None
    revoked: int | None = None
    reason: str | None = None
    last_used: int | None = None

    def may_read(self, collection: str) -> bool:
        """Tell whether the key reads a collection."""
        if not self.grants:
            return True
        return Grant.READ in self._granted(collection)

    def may_write(self, collection: str) -> bool:
        """Tell whether the key adds to a collection."""
        return Grant.WRITE in self._granted(collection)

    def _granted(self, collection: str) -> str:
        return self.grants.get(collection, "") + self.grants.get(ANY, "")
