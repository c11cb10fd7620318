"""Cursors of lists: a place, and which list with which filters it is in.

Letters, digits, `-` and `_`. It holds for ever, across deploys. It gives nobody
more than a request could ask for itself; the check sum tells a mistake, not a forger.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from hashlib import sha256

from chalicelib.errors import InvalidRequest

_CHECK_BYTES = 6
_LONGEST = 4_096

Place = list[str | int]


def encode(place: Sequence[str | int], of: str) -> str:
    """Write a cursor; `of` names the list and its filters."""
    body = json.dumps(list(place), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(body, of) + body).rstrip(b"=").decode()


def decode(text: str, of: str) -> Place:
    """Read a cursor of this list. Raises InvalidRequest for any other text."""
    raw = _from_base64(text)
    check, body = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
    if not body or check != _check(body, of):
        raise InvalidRequest(
            "`cursor` is none of this list with these filters: take it from an "
            "answer, with the same filters, or leave it out to begin at the start",
            details={"field": "cursor"},
        )
    place: Place = json.loads(body)
    return place


def _from_base64(text: str) -> bytes:
    padded = text + "=" * (-len(text) % 4)
    try:
        if len(text) > _LONGEST:
            return b""
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _check(body: bytes, of: str) -> bytes:
    return sha256(b"taxiway list" + of.encode() + b"\0" + body).digest()[:_CHECK_BYTES]
