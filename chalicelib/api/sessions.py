"""Sessions of operators: an admin key exchanged for a cookie, for browsers."""

from __future__ import annotations

from typing import Any

from chalicelib.access.presented import find_key
from chalicelib.core import instants
from chalicelib.edge.callers import COOKIE, session_cookie
from chalicelib.edge.dialect import REST
from chalicelib.edge.operation import Context, Door
from chalicelib.edge.reply import Reply, to_json
from chalicelib.edge.router import Router
from chalicelib.errors import InvalidSession, MissingApiKey
from chalicelib.services.sessions import SECONDS, Session

sessions = Router(REST)

_FLAGS = "Path=/; HttpOnly; Secure; SameSite=Strict"


@sessions.post(
    "/session", door=Door.ADMIN, parameters=(), returns="SessionResult", status=201
)
def open_session(ctx: Context) -> Reply:
    """Exchange the admin key of the request for a session of an hour.

    The key itself: one session would else open the next, for ever.
    """
    if find_key(ctx.request.headers, {}) is None:
        raise MissingApiKey("a session is opened with the admin key, in a header")
    session = ctx.container.sessions.open(ctx.key)
    cookie = f"{COOKIE}={session.text}; Max-Age={SECONDS}; {_FLAGS}"
    return Reply(to_json({"data": _told(session)}), 201, {"Set-Cookie": cookie})


@sessions.get("/session", door=Door.ADMIN, parameters=(), returns="SessionResult")
def get_session(ctx: Context) -> Reply:
    """Tell of the session in the cookie, with the token that changes need."""
    cookie = session_cookie(ctx.request)
    if cookie is None:
        raise InvalidSession("the request has no session")
    return Reply(to_json({"data": _told(ctx.container.sessions.check(cookie))}))


@sessions.delete("/session", door=Door.ADMIN, parameters=(), returns="Done")
def close_session(_ctx: Context) -> Reply:
    """Take the cookie back."""
    headers = {"Set-Cookie": f"{COOKIE}=; Max-Age=0; {_FLAGS}"}
    return Reply(to_json({"success": True}), headers=headers)


def _told(session: Session) -> dict[str, Any]:
    return {
        "key_id": session.key.id,
        "csrf_token": session.csrf_token,
        "expires_at": instants.to_text(session.expires),
    }
