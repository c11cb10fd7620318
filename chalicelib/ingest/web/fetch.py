"""Feeds fetched from the internet, and from nowhere else.

Each hop is one connection to an address that was looked up once and checked: what
a name means can't change between check and use. The body is unpacked within
limits while it is read. What goes wrong is told by the host's name alone, as
paths, queries and headers may hold secrets.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import IO
from urllib.parse import urljoin

from chalicelib.core.ports import Clock
from chalicelib.ingest.web import hosts, unpack
from chalicelib.ingest.web.connection import Answer, Connection, trusting_context
from chalicelib.ingest.web.target import BadUrl, Target
from chalicelib.ingest.web.unpack import BadBody

MOST_BYTES = 256 * 1_024 * 1_024
MOST_REDIRECTS = 5
_MOST_ADDRESSES = 4
_AGENT = "Taxiway (threat feed reader)"
_OK, _NOT_MODIFIED = 200, 304
_REDIRECTS = {301, 302, 303, 307, 308}
_BUSY = {429, 503}
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body, unpacked, at its beginning; close the stream when it was read.

    `digest` is its SHA-256, `size` its bytes.
    """

    stream: IO[bytes]
    etag: str | None
    last_modified: str | None
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The server says that nothing has changed."""


class FetchFailed(Exception):
    """A feed that could not be fetched, why, and in how many seconds to try again."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        """Keep both."""
        super().__init__(why)
        self.why = why
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: for a connection, for any bytes, and for all of it."""

    connect: float = 10.0
    read: float = 30.0
    total: float = 180.0


@dataclass(frozen=True, slots=True)
class _Hop:
    """One request on the way to the body."""

    target: Target
    headers: Mapping[str, str]
    ends: float


class Fetcher:
    """Fetches feeds. `allow` names networks that are let in though not public."""

    def __init__(
        self,
        clock: Clock,
        *,
        allow: Iterable[str] = (),
        patience: Patience | None = None,
        tls: ssl.SSLContext | None = None,
        resolve: hosts.Resolve = hosts.resolve,
    ) -> None:
        """Set the rules; the certificates are read at the first use."""
        self._clock = clock
        self._allow = hosts.networks(allow)
        self._patience = patience or Patience()
        self._tls = tls
        self._resolve = resolve

    def fetch(  # noqa: PLR0913 - all but the first are named and have defaults
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = MOST_BYTES,
        secure: bool = True,
    ) -> Fetched | Unchanged:
        """Fetch a URL, unless it is as it was. Raises FetchFailed.

        `headers` go to the host of the URL only, whatever it redirects to.
        """
        asked = {
            "User-Agent": _AGENT,
            "Accept": "*/*",
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
            **({"If-None-Match": etag} if etag else {}),
            **({"If-Modified-Since": last_modified} if last_modified else {}),
        }
        ends = self._clock.monotonic() + self._patience.total
        target = _target(url, secure=secure)
        own = dict(headers or {})
        for _ in range(MOST_REDIRECTS + 1):
            hop = _Hop(target, {**asked, **own}, ends)
            with self._asked(hop) as answer:
                if answer.status not in _REDIRECTS:
                    return self._take(hop, answer, max_bytes)
                location = answer.header("Location")
            target = _target(urljoin(target.url, location), secure=secure)
            if not location:
                break
            if target.origin != hop.target.origin:
                own = {}
        raise FetchFailed(f"{target.host} redirects to nowhere, or too often")

    def opener(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = MOST_BYTES,
        secure: bool = True,
    ) -> Callable[[str], IO[bytes]]:
        """Give what opens further URLs of a feed, relative to the feed's own.

        `headers` go to the feed's own host only; `max_bytes` is for each of them.
        """
        feed = _target(url, secure=secure)

        def opened(further: str) -> IO[bytes]:
            there = _target(urljoin(feed.url, further), secure=secure)
            own = headers if there.origin == feed.origin else None
            found = self.fetch(
                there.url, headers=own, max_bytes=max_bytes, secure=secure
            )
            if isinstance(found, Unchanged):
                raise FetchFailed(f"{there.host} answered {_NOT_MODIFIED}")
            return found.stream

        return opened

    @contextmanager
    def _asked(self, hop: _Hop) -> Iterator[Answer]:
        """Send a request and give the answer while the connection lasts."""
        host = hop.target.host
        connection = self._connected(hop)
        try:
            connection.shake_hands()
            yield connection.ask(hop.target.path, hop.headers)
        except ssl.SSLCertVerificationError as error:
            raise self._failed(hop, f"{host}: {error.verify_message}") from None
        except ssl.SSLError as error:
            raise self._failed(hop, f"{host}: TLS failed ({error.reason})") from None
        except TimeoutError:
            raise self._failed(hop, f"{host} has stopped answering") from None
        except (OSError, HTTPException):
            raise self._failed(hop, f"{host} has broken off") from None
        except BadBody as error:
            raise self._failed(hop, f"{host}: the body {error}") from None
        finally:
            connection.end()

    def _connected(self, hop: _Hop) -> Connection:
        target = hop.target
        try:
            found = self._resolve(target.host, target.port)
            addresses = hosts.checked(found, self._allow)
        except hosts.NotAllowed as error:
            raise FetchFailed(f"{target.host}: {error}") from None
        except (OSError, UnicodeError):
            raise FetchFailed(f"{target.host} is not known") from None
        tls = self._context() if target.scheme == "https" else None
        for address in addresses[:_MOST_ADDRESSES]:
            left = hop.ends - self._clock.monotonic()
            if left <= 0:
                break
            connection = Connection(target, tls)
            try:
                connection.reach(address, min(self._patience.connect, left))
            except OSError:
                connection.end()
            else:
                left = hop.ends - self._clock.monotonic()
                connection.bound(self._patience.read, left)
                return connection
        raise self._failed(hop, f"{target.host} can't be reached")

    def _take(self, hop: _Hop, answer: Answer, most: int) -> Fetched | Unchanged:
        """Read the body. Raises BadBody too, which `_asked` tells of."""
        conditional = "If-None-Match" in hop.headers or (
            "If-Modified-Since" in hop.headers
        )
        if answer.status == _NOT_MODIFIED and conditional:
            return Unchanged()
        if answer.status != _OK:
            retry = self._retry_after(answer) if answer.status in _BUSY else None
            raise FetchFailed(f"{hop.target.host} answered {answer.status}", retry)
        stored = unpack.store(answer.pieces(), answer.header("Content-Encoding"), most)
        return Fetched(
            stored.stream,
            answer.header("ETag") or None,
            answer.header("Last-Modified") or None,
            stored.digest,
            stored.size,
        )

    def _retry_after(self, answer: Answer) -> float | None:
        text = answer.header("Retry-After")
        if text.isascii() and text.isdecimal():
            return float(text[:9])
        try:
            at = parsedate_to_datetime(text).timestamp()
        except (ValueError, OverflowError):
            return None
        return max(at - self._clock.now() / _MICROSECONDS, 0.0)

    def _failed(self, hop: _Hop, why: str) -> FetchFailed:
        if self._clock.monotonic() >= hop.ends:
            why = f"{hop.target.host} took longer than {self._patience.total:g} s"
        return FetchFailed(why)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = trusting_context()
        return self._tls


def _target(url: str, *, secure: bool) -> Target:
    try:
        return Target.from_url(url, secure=secure)
    except BadUrl as error:
        raise FetchFailed(str(error)) from None
