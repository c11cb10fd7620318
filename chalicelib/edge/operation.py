"""What a route does: its view, who may enter, and what the view works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from chalicelib.access.tiers import Tier
from chalicelib.container import Container
from chalicelib.core.apikey import ApiKey
from chalicelib.edge.negotiate import preferred
from chalicelib.edge.parameters import Parameter
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
    """What a view works with. `caller` is None on open routes only.

    `arguments` are the values of the declared parameters; `now` is when the
    request came, in microseconds.
    """

    request: Request
    container: Container
    caller: ApiKey | None
    now: int
    arguments: Mapping[str, Any] = field(default_factory=dict)

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

    def prefers(self, *media_types: str) -> str:
        """Choose what the client likes best; the first where it does not care."""
        return preferred(self.request.headers.get("accept", ""), media_types)


View = Callable[..., Reply]


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a route before it is called.

    `counts` names its row in the table of costs, `counts_as` those of some formats
    that cost otherwise, `needs` the row of the tier that it asks for
    (data/tiers.toml). `parameters` None: the view reads the query itself.
    `produces` are media types; what is not JSON is chosen by path or `format`, so
    Accept refuses none of them. `returns` and `takes` name models of api/schemas,
    `status` is the one of a good answer and `conditional` tells that it has an ETag
    and may be a 304: for OpenAPI.
    """

    door: Door = Door.KEY
    counts: str | None = None
    counts_as: Mapping[str, str] = field(default_factory=dict)
    scope: str | None = None
    needs: str | None = None
    parameters: tuple[Parameter, ...] | None = None
    produces: tuple[str, ...] = ()
    returns: str | None = None
    takes: str | None = None
    status: int = 200
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one route."""

    view: View
    traits: Traits

    @property
    def door(self) -> Door:
        """Who may enter."""
        return self.traits.door

    def row(self, request: Request) -> str | None:
        """Name the row of a request in the table of costs."""
        form = next(iter(request.query.get("format", ())), "")
        return self.traits.counts_as.get(form, self.traits.counts)


Operations = Mapping[str, Operation]


def operation_for(method: str, operations: Operations) -> Operation | None:
    """Find what answers a method; HEAD is answered as GET."""
    return operations.get("GET" if method == "HEAD" else method)
