"""Cursors of lists: a place, and which list with which filters it is in.

Letters, digits, `-` and `_`. It holds for ever, across deploys. It gives nobody
more than a request could ask for itself; the check sum tells a mistake, not a forger.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from hashlib import sha256

from chalicelib.errors import InvalidRequest, invalid

_CHECK_BYTES = 6
_LETTERS = re.compile(r"[\w-]{0,4096}", re.ASCII)

Place = list[str | int]


def encode(place: Sequence[str | int], of: str) -> str:
    """Write a cursor; `of` names the list and its filters."""
    body = json.dumps(list(place), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(body, of) + body).rstrip(b"=").decode()


def decode(text: str, of: str) -> Place:
    """Read a cursor of this list. Raises InvalidRequest for any other text."""
    raw = _from_base64(text)
    check, body = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
    place = _place(body) if check == _check(body, of) else None
    if place is None:
        raise unknown()
    return place


def unknown() -> InvalidRequest:
    """Make the error of a cursor that no answer had."""
    return invalid(
        "cursor",
        "is none of this list with these filters: take it from an answer, with "
        "the same filters, or leave it out to begin at the start",
    )


def _place(body: bytes) -> Place | None:
    """Read a place. Whoever has the code can write any, with its check sum."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, list) and all(isinstance(one, str | int) for one in found):
        return found
    return None


def _from_base64(text: str) -> bytes:
    # The decoder takes + and / for - and _, and passes over much else.
    if not _LETTERS.fullmatch(text):
        return b""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return b""


def _check(body: bytes, of: str) -> bytes:
    return sha256(b"taxiway list" + of.encode() + b"\0" + body).digest()[:_CHECK_BYTES]
