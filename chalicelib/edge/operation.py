"""What a route does: its view, who may enter, and what the view works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from chalicelib.access.tiers import Tier
from chalicelib.container import Container
from chalicelib.core.apikey import ApiKey
from chalicelib.edge.reply import Reply
from chalicelib.edge.request import Request
from chalicelib.errors import Internal


class Door(Enum):
    """Who may enter a route."""

    OPEN = "anybody"
    KEY = "who has a data key; counted"
    ADMIN = "operators"


@dataclass(frozen=True, slots=True)
class Context:
    """What a view works with. `caller` is None on open routes only."""

    request: Request
    container: Container
    caller: ApiKey | None

    @property
    def key(self) -> ApiKey:
        """The caller's key, on a route that asks for one."""
        if self.caller is None:
            raise Internal("an open route asked who is calling")
        return self.caller

    @property
    def tier(self) -> Tier:
        """The tier of the caller's key."""
        return self.container.tiers.of(self.key.tier)


View = Callable[..., Reply]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one route; `counts` names its row in the table of costs."""

    view: View
    door: Door
    counts: str | None


Operations = Mapping[str, Operation]


def operation_for(method: str, operations: Operations) -> Operation | None:
    """Find what answers a method; HEAD is answered as GET."""
    return operations.get("GET" if method == "HEAD" else method)
