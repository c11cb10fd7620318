"""Answers that the client has already (RFC 9110 sections 8.8.3 and 13.1.2)."""

from __future__ import annotations

from hashlib import sha256

from chalicelib.edge.reply import Reply
from chalicelib.edge.request import Request

_NOT_MODIFIED = 304


def etag_of(*parts: object) -> str:
    """Make a weak tag of all that an answer depends on."""
    digest = sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:32]
    return f'W/"{digest}"'


def unchanged(request: Request, etag: str) -> Reply | None:
    """Give the answer to who has this version already, or None."""
    given = request.headers.get("if-none-match", "")
    tags = [one.strip().removeprefix("W/") for one in given.split(",")]
    if given.strip() != "*" and etag.removeprefix("W/") not in tags:
        return None
    return Reply("", _NOT_MODIFIED, cached(etag))


def cached(etag: str) -> dict[str, str]:
    """Let the client keep an answer, and ask whether it still holds."""
    return {"ETag": etag, "Cache-Control": "private, no-cache"}
