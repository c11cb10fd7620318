"""Who is calling: a data key, or an operator with an admin key or a session."""

from __future__ import annotations

from chalicelib.access import networks
from chalicelib.access.presented import find_key
from chalicelib.container import Container
from chalicelib.core.apikey import ApiKey
from chalicelib.edge import passport
from chalicelib.edge.request import Request
from chalicelib.errors import AddressNotAllowed, Forbidden

COOKIE = "__Host-taxiway"
"""Browsers keep such a cookie to one host, its root path and HTTPS."""

_READING = {"GET", "HEAD"}


def data_caller(container: Container, request: Request) -> ApiKey:
    """Find whose request for data this is. Raises Unauthenticated and Forbidden."""
    secret = find_key(request.headers, request.query)
    stage, now = container.settings.stage, container.clock.now()
    key = passport.read(request.authorizer, secret, stage, now)
    key = key or container.keys.authenticate(secret)
    _check_address(key, request)
    if key.admin:
        raise Forbidden(
            "an admin key manages keys and reads nothing: use a key of your own",
            details={"required": "a data key"},
        )
    return key


def operator(container: Container, request: Request) -> ApiKey:
    """Find which operator is calling. Raises Unauthenticated and Forbidden.

    An admin key may come in a header, never in the address; a session in a
    cookie, and changes then need its token.
    """
    secret = find_key(request.headers, {})
    cookie = None if secret else session_cookie(request)
    if cookie is None:
        key = container.keys.authenticate(secret)
    else:
        session = container.sessions.check(cookie)
        if request.method not in _READING:
            given = request.headers.get("x-csrf-token")
            container.sessions.check_csrf(session, given)
        key = session.key
    _check_address(key, request)
    if not key.admin:
        raise Forbidden(
            "this is for operators: use a key made by `taxiway keys create --admin`",
            details={"required": "an admin key"},
        )
    return key


def session_cookie(request: Request) -> str | None:
    """Find the session in a request's cookies.

    `http.cookies` gives up at the first cookie that it finds odd, and a host's
    other pages may have set any.
    """
    for pair in request.headers.get("cookie", "").split(";"):
        name, _, value = pair.partition("=")
        if name.strip() == COOKIE:
            return value.strip().strip('"')
    return None


def _check_address(key: ApiKey, request: Request) -> None:
    if key.allowed_ips and not networks.includes(key.allowed_ips, request.source_ip):
        raise AddressNotAllowed(
            "this key may not be used from your address",
            details={"address": request.source_ip[:64]},
        )
