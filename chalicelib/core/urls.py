"""URLs: one way to write each, without losing what a server would see.

Scheme and host in lower case, no default port, "/" for no path, escapes in upper case.
Fragments never reach a server, and in phishing they carry the victim's address: they
are dropped, except those that lead a page's own script to its view (#/ and #!).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from chalicelib.core.addresses import to_ipv4, to_ipv6, to_port
from chalicelib.core.hosts import to_host
from chalicelib.core.invalid import InvalidValue
from chalicelib.core.refanging import bare

LONGEST = 2_048
PORTS = {
    "http": 80, "https": 443, "ftp": 21, "ftps": 990, "sftp": 22, "ssh": 22,
    "ws": 80, "wss": 443, "ldap": 389, "ldaps": 636, "rmi": 1099, "smb": 445,
    "tcp": None, "udp": None, "telnet": 23, "tftp": 69, "git": 9418, "dns": 53,
}  # fmt: skip
"""The schemes that are let through, and their default ports."""

_SHAPE = re.compile(
    r"([a-z][a-z0-9+.-]{1,15}):[/\\]{2,}([^/\\?#]*)(.*)", re.IGNORECASE | re.DOTALL
)
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SAFE = "!#$%&'()*+,/:;=?@[]~-._|"
_ALL_DIGITS = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL in its canonical form."""

    scheme: str
    user: str
    host: str
    port: int | None
    rest: str

    def __str__(self) -> str:
        """Write it."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.user}{self.host}{port}{self.rest}"

    @property
    def is_bare(self) -> bool:
        """Tell whether it names a host and nothing on it."""
        return self.rest == "/"


def to_url(text: str) -> Url:
    """Read a URL. Raises InvalidValue."""
    match = _SHAPE.fullmatch(text)
    if match is None or match[1].lower() not in PORTS:
        raise InvalidValue("not a URL")
    scheme = match[1].lower()
    user, host, port = _authority(match[2])
    default = PORTS[scheme]
    rest = _rest(match[3])
    url = Url(scheme, user, host, None if port == default else port, rest)
    if len(str(url)) > LONGEST:
        raise InvalidValue("a URL that is too long")
    return url


def _authority(text: str) -> tuple[str, str, int | None]:
    before, at, place = text.rpartition("@")
    user = quote(_escaped(before), safe=_SAFE.replace("/", "").replace("#", "")) + at
    if place.startswith("["):
        host, port = to_ipv6(place.removesuffix(":"))
        if "/" in host:
            raise InvalidValue("not a URL")
        return user, f"[{host}]", port
    name, colon, number = place.partition(":")
    if colon and number and not (number.isascii() and number.isdigit()):
        raise InvalidValue("not a URL")
    port = to_port(number) if number else None
    if _ALL_DIGITS.fullmatch(name):
        return user, to_ipv4(name)[0], port
    return user, to_host(name), port


def _rest(text: str) -> str:
    if _CONTROL.search(text):
        raise InvalidValue("control characters in a URL")
    before = None
    while text != before:
        before, text = text, _canonical(text)
    return text


def _canonical(text: str) -> str:
    before, mark, fragment = text.partition("#")
    path, question, query = before.partition("?")
    path = path.replace("\\", "/")
    kept = mark + fragment if fragment.startswith(("/", "!")) else ""
    whole = (path or "/") + question + query + kept
    return bare_end(quote(_escaped(whole), safe=_SAFE)) or "/"


def bare_end(text: str) -> str:
    """Take off what bare() would take off the end of the whole URL."""
    return bare("x" + text)[1:] if text else text


def _escaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: match[0].upper(), text)
