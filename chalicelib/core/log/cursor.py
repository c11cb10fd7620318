"""The `next` of TAXII 2.1 (section 3.5): a position and what was asked for.

A cursor holds all that the next page needs, so it is valid for ever, across
deploys and without the parameters that it was made from. It gives nobody more
than the request could ask for itself; the check sum tells a mistake, not a forger.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import dataclass
from hashlib import sha256

from chalicelib.core import instants
from chalicelib.core.log.query import EVERYTHING, Query, Versions
from chalicelib.errors import InvalidRequest

_FORMAT = b"1"
_CHECK_BYTES = 4
_LONGEST = 65_536
_LARGEST_UNPACKED = 1 << 20


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended. `position` and `added_after` in microseconds."""

    position: int
    collection: str | None = None
    added_after: int = 0
    limit: int | None = None
    query: Query = EVERYTHING


def encode(cursor: Cursor) -> str:
    """Write a cursor in letters, digits, '-' and '_' only."""
    state = {
        "c": _short(cursor.collection or ""),
        "p": cursor.position,
        "a": cursor.added_after or None,
        "n": cursor.limit,
        "i": _listed(cursor.query.ids),
        "t": _listed(cursor.query.types),
        "s": _listed(cursor.query.spec_versions),
        "v": [_versions_to_list(v) for v in cursor.query.versions] or None,
    }
    kept = {name: value for name, value in state.items() if value is not None}
    packed = zlib.compress(json.dumps(kept, separators=(",", ":")).encode(), 9)
    body = _FORMAT + packed
    return base64.urlsafe_b64encode(_check(body) + body).rstrip(b"=").decode()


def decode(text: str, collection: str) -> Cursor | None:
    """Read a cursor; None where it belongs to another collection.

    A timestamp in base64 is taken too: some clients make their own (Sekoia's
    poller, OpenCTI). Raises InvalidRequest for what is neither.
    """
    try:
        raw = _from_base64(text)
        state = _unpack(raw)
        if state is None:
            return Cursor(_instant(instants.to_microseconds(raw.decode())), collection)
        if state["c"] != _short(collection):
            return None
        return _to_cursor(state, collection)
    except (ValueError, TypeError, KeyError, RecursionError, zlib.error):
        raise InvalidRequest(
            "`next` is no cursor of this server: take it from an answer, or leave "
            "it out to begin at the start",
            details={"field": "next"},
        ) from None


def _to_cursor(state: dict[str, object], collection: str) -> Cursor:
    versions = state.get("v") or []
    query = Query(
        ids=_texts(state.get("i")),
        types=_texts(state.get("t")),
        spec_versions=_texts(state.get("s")),
        versions=tuple(_list_to_versions(v) for v in versions),  # type: ignore[attr-defined]
    )
    limit = state.get("n")
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        msg = "not a limit"
        raise ValueError(msg)
    return Cursor(
        position=_instant(state["p"]),
        collection=collection,
        added_after=_instant(state.get("a") or 0),
        limit=limit,
        query=query,
    )


def _instant(value: object) -> int:
    if not isinstance(value, int) or value > instants.LATEST:
        msg = "not an instant"
        raise ValueError(msg)
    return max(value, 0)


def _from_base64(text: str) -> bytes:
    if not text or len(text) > _LONGEST:
        msg = "no cursor is that long"
        raise ValueError(msg)
    standard = text.replace("-", "+").replace("_", "/").rstrip("=")
    padded = standard + "=" * (-len(standard) % 4)
    try:
        return base64.b64decode(padded, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _unpack(raw: bytes) -> dict[str, object] | None:
    check, body = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
    if body[:1] != _FORMAT or check != _check(body):
        return None
    # Bounded, so that a small forged cursor can't unpack to a large one.
    unpacked = zlib.decompressobj().decompress(body[1:], _LARGEST_UNPACKED)
    state = json.loads(unpacked)
    if not isinstance(state, dict):
        msg = "a cursor is an object"
        raise TypeError(msg)
    return state


def _check(body: bytes) -> bytes:
    return sha256(b"taxiway cursor" + body).digest()[:_CHECK_BYTES]


def _short(collection: str) -> str:
    return sha256(collection.encode()).hexdigest()[:12]


def _listed(texts: frozenset[str] | None) -> list[str] | None:
    return None if texts is None else sorted(texts)


def _texts(value: object) -> frozenset[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        msg = "not a list of texts"
        raise TypeError(msg)
    return frozenset(value)


def _versions_to_list(versions: Versions) -> list[str]:
    words = {"all": versions.every, "first": versions.first, "last": versions.last}
    return [word for word, given in words.items() if given] + sorted(versions.exact)


def _list_to_versions(words: list[str]) -> Versions:
    given = frozenset(words)
    return Versions(
        every="all" in given,
        first="first" in given,
        last="last" in given,
        exact=given - {"all", "first", "last"},
    )
