"""Sessions: an admin key exchanged for a short signed cookie, for browsers.

A session says whose key it stands for and until when, with an HMAC-SHA256 by
the stage's secret. Revoking the key ends it at once, for the key is read again.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from dataclasses import dataclass
from hashlib import sha256

from chalicelib.core.apikey import ApiKey
from chalicelib.core.ports import Clock, Secrets
from chalicelib.core.stage_names import SESSION_SECRET
from chalicelib.core.windows import MICROSECONDS
from chalicelib.errors import Forbidden, InvalidSession, NotFound
from chalicelib.services.keys import Keys

SECRET = SESSION_SECRET
SECONDS = 3_600
"""How long a session lasts."""

_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Session:
    """A session: its signed text, what proves a caller's own page, its end.

    `expires` is in microseconds since 1970.
    """

    key: ApiKey
    text: str
    csrf_token: str
    expires: int


class Sessions:
    """Makes and checks sessions."""

    def __init__(self, keys: Keys, vault: Secrets, clock: Clock) -> None:
        """Ask for no secret yet."""
        self._keys = keys
        self._vault = vault
        self._clock = clock

    def open(self, key: ApiKey) -> Session:
        """Begin a session; it ends with its key. Raises Unavailable."""
        now = self._clock.now()
        expires = now + SECONDS * MICROSECONDS
        if key.expires is not None:
            expires = min(expires, key.expires)
        claims = {"key": key.id, "exp": expires, "nonce": secrets.token_hex(8)}
        body = _encode(json.dumps(claims, separators=(",", ":")).encode())
        return Session(key, f"{body}.{self._sign(body)}", self._csrf(body), expires)

    def check(self, text: str) -> Session:
        """Read a session. Raises InvalidSession, and Unavailable."""
        body, _, signature = text.partition(".")
        if len(text) > _LONGEST or not text.isascii() or not self._is(body, signature):
            raise InvalidSession("this is no session of this server")
        claims = json.loads(_decode(body))
        if claims["exp"] <= self._clock.now():
            raise InvalidSession("the session is over: open a new one")
        try:
            key = self._keys.get(claims["key"])
        except NotFound:
            raise InvalidSession("the key of the session is gone") from None
        if not (key.admin and key.is_active(self._clock.now())):
            raise InvalidSession("the key of the session was revoked or has expired")
        return Session(key, text, self._csrf(body), claims["exp"])

    def check_csrf(self, session: Session, given: str | None) -> None:
        """Make sure that a change comes from the caller's own page.

        Raises Forbidden. A foreign page can't read the token that opening the
        session answered.
        """
        if not hmac.compare_digest((given or "").encode(), session.csrf_token.encode()):
            raise Forbidden(
                "with a session, send its csrf_token as X-CSRF-Token",
                details={"required": "X-CSRF-Token"},
            )

    def _is(self, body: str, signature: str) -> bool:
        return hmac.compare_digest(signature.encode(), self._sign(body).encode())

    def _sign(self, body: str) -> str:
        return self._mac(b"session:" + body.encode())

    def _csrf(self, body: str) -> str:
        return self._mac(b"csrf:" + body.encode())

    def _mac(self, message: bytes) -> str:
        return _encode(hmac.new(self._vault.get(SECRET), message, sha256).digest())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise InvalidSession("this is no session of this server") from None
