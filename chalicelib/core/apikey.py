"""API keys as they are kept: all but the secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ANY = "*"
"""In grants: every collection."""


class Grant(StrEnum):
    """What a key may do in a collection."""

    READ = "r"
    WRITE = "w"
    BOTH = "rw"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One API key; times in microseconds since 1970.

    `prefix` is the beginning of the secret, for people to know it by; `tier`
    names what it may take; `scopes` are the kinds of answers that it is for.
    An `admin` key manages keys and reads nothing. `allowed_ips` are networks
    that it may be used from, all if there are none.
    `grants` maps a collection's id or `*` to what is allowed there; a key
    without any reads what its tier may read.
    """

    id: str
    name: str
    prefix: str
    tier: str
    created: int
    scopes: tuple[str, ...] = ()
    grants: Mapping[str, Grant] = field(default_factory=dict)
    admin: bool = False
    owner: str | None = None
    allowed_ips: tuple[str, ...] = ()
    expires: int | None = None
    revoked: int | None = None
    reason: str | None = None
    last_used: int | None = None

    def is_active(self, now: int) -> bool:
        """Tell whether the key opens anything at a time."""
        return self.revoked is None and (self.expires is None or self.expires > now)

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
