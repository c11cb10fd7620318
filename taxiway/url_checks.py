"""The doctor asks a served Taxiway what a TAXII client asks first."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from taxiway.findings import Finding, broken, ok, warn

_MEDIA_TYPE = "application/taxii+json;version=2.1"
_TIMEOUT = 40.0


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    content: dict[str, Any]


def check_urls(discovery: str, key: str | None) -> Iterator[Finding]:
    """Follow every URL that the server advertises."""
    found = _get(discovery, None)
    yield from _judged(discovery, found, wanted=HTTPStatus.OK)
    roots = found.content.get("api_roots", [])
    if found.status == HTTPStatus.OK and not roots:
        yield broken(f"{discovery} names no API root", "is it Taxiway's discovery URL?")
    for root in roots:
        yield from _judged(root, _get(root, None), wanted=HTTPStatus.UNAUTHORIZED)
        if key:
            yield from _check_root(root, key)
    if not key:
        yield warn("no key to look further with", "pass --key, or TAXIWAY_API_KEY")


def check_open(url: str, wanted: int) -> Iterator[Finding]:
    """Ask a URL that wants no key."""
    yield from _judged(url, _get(url, None, accept="*/*"), wanted=wanted)


def _check_root(root: str, key: str) -> Iterator[Finding]:
    yield from _judged(root, _get(root, key), wanted=HTTPStatus.OK)
    url = f"{root.rstrip('/')}/collections/"
    listed = _get(url, key)
    yield from _judged(url, listed, wanted=HTTPStatus.OK)
    for collection in listed.content.get("collections", []):
        own = f"{url}{collection['id']}/"
        yield from _judged(own, _get(own, key), wanted=HTTPStatus.OK)
        if collection.get("can_read"):
            objects = f"{own}objects/?limit=1"
            yield from _judged(objects, _get(objects, key), wanted=HTTPStatus.OK)


def _judged(url: str, reply: _Reply, *, wanted: int) -> Iterator[Finding]:
    how = "without a key" if wanted == HTTPStatus.UNAUTHORIZED else ""
    if reply.status == wanted:
        yield ok(f"{url} answers {wanted} {how}".rstrip())
    elif reply.status == 0:
        yield broken(f"{url} does not answer", str(reply.content["reason"]))
    else:
        said = reply.content.get("description") or reply.content.get("title") or ""
        yield broken(
            f"{url} answers {reply.status}, not {wanted} {how}".rstrip(),
            str(said) or "look into the server's log",
        )


def _get(url: str, key: str | None, *, accept: str = _MEDIA_TYPE) -> _Reply:
    headers = {"Accept": accept}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT)
        with closing(connection):
            path = parts._replace(scheme="", netloc="").geturl() or "/"
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return _Reply(response.status, _parsed(response.read()))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _Reply(0, {"reason": error})


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
