"""From a request to a view and back, in one order for every room.

Request id, method, caller, allowance, Accept, view, answer. Chalice itself
turns unknown exceptions into its own words before any middleware sees them,
so this is a wrapper of each view.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalice.app import Request as ChaliceRequest
from chalice.app import Response

from chalicelib.access.allowance import Allowance
from chalicelib.access.tiers import ONE
from chalicelib.container import Container, current
from chalicelib.core.apikey import ApiKey
from chalicelib.core.usage import Outcome
from chalicelib.edge import callers, cors, parameters, ratelimit
from chalicelib.edge.dialect import Dialect, dialect_of
from chalicelib.edge.operation import (
    Context,
    Door,
    Operation,
    Operations,
    operation_for,
)
from chalicelib.edge.reply import Reply
from chalicelib.edge.request import Request, from_chalice, request_id
from chalicelib.errors import (
    AppError,
    Forbidden,
    Internal,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    TierRequired,
    TooLarge,
)
from chalicelib.observe import log, metrics

_NO_CONTENT = 204
_FAULT = "something went wrong on our side: quote the request id to the operator"
_GATEWAY_ERRORS: Mapping[int, tuple[type[AppError], str]] = {
    400: (InvalidRequest, "this is no HTTP request that can be understood"),
    404: (NotFound, "there is nothing at this path"),
    405: (MethodNotAllowed, "this method is not known here"),
    413: (TooLarge, "the request is larger than the server takes"),
}


@dataclass(slots=True)
class _Call:
    container: Container
    dialect: Dialect
    operations: Operations
    request: Request
    record: log.Record
    # Headers of every answer to a counted caller, errors included.
    allowance: dict[str, str] = field(default_factory=dict)
    # Whose data request it is.
    caller: ApiKey | None = None
    counted: Allowance | None = None


def serve(
    raw: ChaliceRequest,
    dialect: Dialect,
    operations: Operations,
    path: Mapping[str, str],
) -> Response:
    """Answer a request that has come to one of our routes."""
    container = current()
    request = from_chalice(raw, container.settings.public_url)
    began = container.clock.monotonic()
    with log.request(request) as record:
        call = _Call(container, dialect, operations, request, record)
        try:
            reply = _answer(call, path)
        except AppError as error:
            record.note(error)
            reply = dialect.render(error, request.id)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
            log.fault(request.id, error)
            reply = dialect.render(Internal(_FAULT), request.id)
        record.finish(reply.status)
    metrics.answered(dialect.name, reply.status)
    _record_usage(call, reply.status, container.clock.monotonic() - began)
    said = _headers(reply, dialect, request.id) | call.allowance
    shared = cors.ANSWER if _is_shared(operations) else {}
    return Response(reply.body, headers={**said, **shared}, status_code=reply.status)


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
    return reply.status, _headers(reply, dialect, name) | cors.ANSWER, reply.body


def _answer(call: _Call, path: Mapping[str, str]) -> Reply:
    request, operations = call.request, call.operations
    if request.method == "OPTIONS":
        return _options(operations)
    operation = operation_for(request.method, operations)
    if operation is None:
        raise MethodNotAllowed(
            f"{request.method} is not possible here",
            headers={"Allow": _allowed(operations)},
        )
    caller = _caller(call, operation)
    traits = operation.traits
    if not traits.produces:
        call.dialect.check_accept(request.headers.get("accept"))
    arguments: Mapping[str, Any] = {}
    if traits.parameters is not None:
        arguments = parameters.read(traits.parameters, request.query)
    now = call.container.clock.now()
    context = Context(request, call.container, caller, now, arguments)
    return operation.view(context, **path)


def _caller(call: _Call, operation: Operation) -> ApiKey | None:
    if operation.door is Door.OPEN:
        return None
    find = callers.operator if operation.door is Door.ADMIN else callers.data_caller
    caller = find(call.container, call.request)
    call.record.caller(caller.id)
    if operation.door is Door.KEY:
        call.caller = caller
        _count(call, caller, operation)
        _check_rights(call, caller, operation)
    return caller


def _check_rights(call: _Call, caller: ApiKey, operation: Operation) -> None:
    """Raise TierRequired or Forbidden unless the key is for such answers.

    The tier comes first: who has too low a one lacks the scope as well.
    """
    scope, needs = operation.traits.scope, operation.traits.needs
    tiers = call.container.tiers
    required = tiers.needed(needs)
    if required is not None and not tiers.reaches(caller.tier, required):
        raise TierRequired(
            f"this asks for the tier {required}", details={"required": required}
        )
    if scope is not None and scope not in caller.scopes:
        raise Forbidden(
            f"this key is not for that: it asks for the scope {scope}",
            details={"required": scope},
        )


def _count(call: _Call, caller: ApiKey, operation: Operation) -> None:
    """Count a request before anything is read for it. Raises RateLimited."""
    allowance = call.container.limits.take(caller, operation.row(call.request))
    if allowance is None:
        return
    call.counted = allowance
    call.allowance.update(ratelimit.headers(allowance))
    if not allowance.accepted:
        metrics.count("rate_limited")
        raise ratelimit.refusal(allowance)


def _record_usage(call: _Call, status: int, seconds: float) -> None:
    if call.caller is None:
        return
    counted, request = call.counted, call.request
    outcome = Outcome(
        key_id=call.caller.id,
        at=call.container.clock.now(),
        route=f"{request.method} {request.route}",
        status=status,
        milliseconds=seconds * 1_000,
        minute_count=None if counted is None else counted.minute,
        cost=ONE if counted is None else counted.cost,
    )
    call.container.recorder.record(outcome)


def _allowed(operations: Operations) -> str:
    methods = [*operations, "OPTIONS"]
    if "GET" in operations:
        methods.append("HEAD")
    return ", ".join(sorted(methods))


def _options(operations: Operations) -> Reply:
    allowed = _allowed(operations)
    preflight = cors.preflight(allowed) if _is_shared(operations) else {}
    return Reply("", _NO_CONTENT, {"Allow": allowed, **preflight})


def _is_shared(operations: Operations) -> bool:
    return not any(one.door is Door.ADMIN for one in operations.values())


def _headers(reply: Reply, dialect: Dialect, name: str) -> dict[str, str]:
    return {
        "Content-Type": reply.media_type or dialect.media_type,
        "X-Request-Id": name,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **reply.headers,
    }
