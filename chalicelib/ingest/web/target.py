"""URLs that may be asked for, read in one way only. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_PORTS = {"https": 443, "http": 80}
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?", re.ASCII)
_IPV6 = re.compile(r"[0-9a-f:.]{2,45}", re.ASCII)
_PRINTABLE = re.compile(r"[\x21-\x5b\x5d-\x7e\x80-\U0010ffff]{1,4096}")
_KEPT = "%/:@!$&'()*+,;=~?[]"


class BadUrl(ValueError):
    """A URL that is not asked for, and why; without the URL."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes, and what for: `path` has the query with it."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def from_url(cls, url: str, *, secure: bool) -> Target:
        """Read a URL; a fragment is left out. Raises BadUrl."""
        if not _PRINTABLE.fullmatch(url):
            raise BadUrl("the URL has characters that none may have")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise BadUrl("that is no URL") from None
        scheme = parts.scheme.lower()
        if scheme != "https" and (secure or scheme != "http"):
            raise BadUrl(f"{'https is' if secure else 'http or https are'} asked for")
        host = _host(parts.hostname or "")
        if ("[" in parts.netloc) != (":" in host):
            raise BadUrl("the URL has no host that one could ask")
        if "@" in parts.netloc:
            raise BadUrl("the URL has a user or a password in it")
        path = quote(parts.path or "/", safe=_KEPT)
        query = quote(parts.query, safe=_KEPT)
        return cls(
            scheme,
            host,
            _PORTS[scheme] if port is None else port,
            f"{path}?{query}" if query else path,
        )

    @property
    def default_port(self) -> int:
        """The port that goes without saying."""
        return _PORTS[self.scheme]

    @property
    def origin(self) -> tuple[str, str, int]:
        """Tell whom it is that secrets would go to."""
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        """The URL in full."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def _host(text: str) -> str:
    text = text.rstrip(".")
    if ":" in text:
        if not _IPV6.fullmatch(text):
            raise BadUrl("the URL has no host that one could ask")
        return text
    try:
        host = text if text.isascii() else text.encode("idna").decode()
    except UnicodeError:
        raise BadUrl("the URL has no host that one could ask") from None
    if not _HOST.fullmatch(host):
        raise BadUrl("the URL has no host that one could ask")
    return host
