"""Routes: which view answers which method of which path, and to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.edge.dialect import Dialect
from chalicelib.edge.operation import (
    Door,
    Operation,
    Operations,
    Traits,
    View,
    operation_for,
)
from chalicelib.edge.serving import serve
from chalicelib.errors import Internal

if TYPE_CHECKING:
    from chalice.app import Chalice, Response

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Router:
    """The routes of one room."""

    def __init__(self, dialect: Dialect) -> None:
        """Begin without routes."""
        self.dialect = dialect
        self._routes: dict[str, dict[str, Operation]] = {}

    def get(self, path: str, **traits: Any) -> Callable[[View], View]:
        """Register a view for GET, and HEAD; see Traits."""
        return self._route(path, "GET", Traits(**traits))

    def post(self, path: str, **traits: Any) -> Callable[[View], View]:
        """Register a view for POST; see Traits."""
        return self._route(path, "POST", Traits(**traits))

    def delete(self, path: str, **traits: Any) -> Callable[[View], View]:
        """Register a view for DELETE; see Traits."""
        return self._route(path, "DELETE", Traits(**traits))

    def register(self, app: Chalice, prefix: str) -> None:
        """Add the routes to an app, below a prefix.

        Every method is registered, so that the answer to a wrong one is ours.
        """
        for path, operations in self._routes.items():
            route = prefix + path or "/"
            handler = _handler(app, self.dialect, operations)
            for method in METHODS:
                name = f"{method}_{route}".replace("/", "_")
                app.route(route, methods=[method], content_types=["*/*"], name=name)(
                    handler
                )

    @property
    def routes(self) -> Mapping[str, Operations]:
        """All operations, by path and method."""
        return self._routes

    def _route(self, path: str, method: str, traits: Traits) -> Callable[[View], View]:
        def keep(view: View) -> View:
            self._routes.setdefault(path, {})[method] = Operation(view, traits)
            return view

        return keep


def _handler(
    app: Chalice, dialect: Dialect, operations: Operations
) -> Callable[..., Response]:
    def handle(**path: str) -> Response:
        if app.current_request is None:
            raise Internal("a view was called outside a request")
        return serve(app.current_request, dialect, operations, path)

    handle.metered = _metered(operations)  # type: ignore[attr-defined]
    return handle


def _metered(operations: Operations) -> frozenset[str]:
    """Name the methods that a gateway asks for a key and counts."""
    found = {method: operation_for(method, operations) for method in METHODS}
    return frozenset(
        method for method, one in found.items() if one and one.door is Door.KEY
    )
