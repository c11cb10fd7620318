"""Routes: from a request to a view and back, in one order for every room.

Request id, method, Accept, caller, allowance, view, answer. Chalice itself
turns unknown exceptions into its own words before any middleware sees them,
so this is a wrapper of each view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalice.app import Chalice, Response
from chalice.app import Request as ChaliceRequest

from chalicelib.access.presented import find_key
from chalicelib.container import Container, current
from chalicelib.core.apikey import ApiKey
from chalicelib.edge.dialect import Dialect, dialect_of
from chalicelib.edge.reply import Reply
from chalicelib.edge.request import Request, from_chalice, request_id
from chalicelib.errors import (
    AppError,
    Internal,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    TooLarge,
)
from chalicelib.observe import log, metrics

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_NO_CONTENT = 204


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


View = Callable[..., Reply]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one route."""

    view: View
    open: bool


class Router:
    """The routes of one room."""

    def __init__(self, dialect: Dialect) -> None:
        """Begin without routes."""
        self.dialect = dialect
        self._routes: dict[str, dict[str, Operation]] = {}

    def get(self, path: str, *, open: bool = False) -> Callable[[View], View]:  # noqa: A002 - no key is needed
        """Register a view for GET; `open` routes ask for no key."""
        return self._route(path, "GET", open=open)

    def post(self, path: str) -> Callable[[View], View]:
        """Register a view for POST."""
        return self._route(path, "POST")

    def delete(self, path: str) -> Callable[[View], View]:
        """Register a view for DELETE."""
        return self._route(path, "DELETE")

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

    def _route(
        self,
        path: str,
        method: str,
        *,
        open: bool = False,  # noqa: A002 - as in get
    ) -> Callable[[View], View]:
        def keep(view: View) -> View:
            self._routes.setdefault(path, {})[method] = Operation(view, open)
            return view

        return keep


def gateway_error(
    status: int, path: str, headers: Mapping[str, str]
) -> tuple[int, dict[str, str], str]:
    """Write the answer to a request that never reaches a view.

    For the local server, where API Gateway has its gateway responses: 404 for
    an unknown path, 413 for a body that is too large, 400 for what is no HTTP,
    500 for the rest. Gives status, headers and body in the path's dialect.
    """
    name = request_id(headers.get("x-amzn-requestid"))
    error, words = _GATEWAY_ERRORS.get(status, (Internal, _FAULT))
    dialect = dialect_of(path)
    reply = dialect.render(error(words), name)
    return reply.status, _headers(reply, dialect, name), reply.body


_FAULT = "something went wrong on our side: quote the request id to the operator"
_GATEWAY_ERRORS: Mapping[int, tuple[type[AppError], str]] = {
    400: (InvalidRequest, "this is no HTTP request that can be understood"),
    404: (NotFound, "there is nothing at this path"),
    405: (MethodNotAllowed, "this method is not known here"),
    413: (TooLarge, "the request is larger than the server takes"),
}


def _handler(
    app: Chalice, dialect: Dialect, operations: Mapping[str, Operation]
) -> Callable[..., Response]:
    def handle(**path: str) -> Response:
        if app.current_request is None:
            raise Internal("a view was called outside a request")
        return _serve(app.current_request, dialect, operations, path)

    return handle


def _serve(
    raw: ChaliceRequest,
    dialect: Dialect,
    operations: Mapping[str, Operation],
    path: Mapping[str, str],
) -> Response:
    container = current()
    request = from_chalice(raw, container.settings.public_url)
    with log.request(request) as record:
        try:
            call = _Call(container, dialect, operations, request, record)
            reply = _answer(call, path)
        except AppError as error:
            record.note(error)
            reply = dialect.render(error, request.id)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
            log.fault(request.id, error)
            reply = dialect.render(Internal(_FAULT), request.id)
        record.finish(reply.status)
    metrics.answered(dialect.name, reply.status)
    return Response(
        reply.body,
        headers={**_headers(reply, dialect, request.id)},
        status_code=reply.status,
    )


@dataclass(frozen=True, slots=True)
class _Call:
    container: Container
    dialect: Dialect
    operations: Mapping[str, Operation]
    request: Request
    record: log.Record


def _answer(call: _Call, path: Mapping[str, str]) -> Reply:
    request, operations = call.request, call.operations
    if request.method == "OPTIONS":
        return Reply("", _NO_CONTENT, {"Allow": _allowed(operations)})
    operation = operations.get("GET" if request.method == "HEAD" else request.method)
    if operation is None:
        raise MethodNotAllowed(
            f"{request.method} is not possible here",
            headers={"Allow": _allowed(operations)},
        )
    call.dialect.check_accept(request.headers.get("accept"))
    caller = None if operation.open else _caller(call)
    # The place of the tier's allowance: the caller is known and nothing is read.
    return operation.view(Context(request, call.container, caller), **path)


def _caller(call: _Call) -> ApiKey:
    secret = find_key(call.request.headers, call.request.query)
    caller = call.container.keys.authenticate(secret)
    call.record.caller(caller.id)
    return caller


def _allowed(operations: Mapping[str, Operation]) -> str:
    methods = [*operations, "OPTIONS"]
    if "GET" in operations:
        methods.append("HEAD")
    return ", ".join(sorted(methods))


def _headers(reply: Reply, dialect: Dialect, name: str) -> dict[str, str]:
    return {
        "Content-Type": reply.media_type or dialect.media_type,
        "X-Request-Id": name,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **reply.headers,
    }
