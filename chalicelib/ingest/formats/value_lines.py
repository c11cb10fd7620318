"""One value a line, in the dialects that lists of addresses and domains are in.

`style` says which: `plain` (a value, perhaps a number or a comment after it),
`maltrail` (references in comments above a block, paths without a host), `ranges`
(first and last address, as DShield has them), `hosts` (an address, then the host).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from typing import BinaryIO

from chalicelib.core.iocs.ioc import IocType, Raw, Rejected, Said
from chalicelib.ingest.formats import fields
from chalicelib.ingest.formats.reading import (
    LATIN_1,
    Body,
    FormatError,
    Opener,
    as_latin_1,
    is_odd,
)
from chalicelib.ingest.source import Source

Read = Callable[[str, str], Iterator[Raw | Rejected]]

_COMMENT = ("#", ";", "//", "!")
_INLINE = re.compile(r"(?<!\s)\s++(?:[#;]|//)\s*(.*)$")
_KIND_IN_COMMENT = re.compile(r"([a-z0-9|-]+) - (.*)", re.DOTALL)
_REFERENCE = re.compile(r"#\s*Reference:\s*(\S+)", re.IGNORECASE)
_MOST_NETWORKS = 16
_MARKUP = {"<": "looks like XML", "{": "looks like JSON"}


def parse(stream: BinaryIO, source: Source, _more: Opener) -> Iterator[Raw | Rejected]:
    """Read a list. Raises FormatError when it is none."""
    body = Body(stream, source.max_bytes)
    if body.begins_with in _MARKUP:
        raise FormatError(_MARKUP[body.begins_with])
    style = source.options.get("style", "plain")
    if style not in _STYLES:
        raise FormatError(f"no such style: {style}")
    read = _STYLES[style](source)
    for number, line in body.lines():
        place = f"line {number}"
        if line is None:
            yield Rejected(place, "line is too long")
        elif is_odd(line):
            yield Rejected(place, LATIN_1)
            yield from read(as_latin_1(line).strip(), place)
        else:
            yield from read(line.strip(), place)
    body.check_end()


def _plain(source: Source) -> Read:
    said_of = _sayer(source)
    is_whole = source.kind is IocType.URL
    names_kind = source.options.get("comment") == "misp"

    def read(line: str, place: str) -> Iterator[Raw | Rejected]:
        if not line or line.startswith(_COMMENT):
            return
        inline = _INLINE.search(line)
        value = line[: inline.start()] if inline else line
        comment = inline[1] if inline else ""
        kind = _KIND_IN_COMMENT.match(comment) if names_kind else None
        said = said_of(value, kind[2] if kind else comment)
        value = value if is_whole else value.split(None, 1)[0].rstrip(",")
        if kind:
            yield fields.of_kind(value, kind[1], place, said)
        else:
            yield fields.checked(value, source.kind, place, said)

    return read


def _hosts(source: Source) -> Read:
    plain = _plain(source)

    def read(line: str, place: str) -> Iterator[Raw | Rejected]:
        parts = line.split(None, 1)
        if len(parts) == 1 and not line.startswith(_COMMENT):
            yield Rejected(place, "no host after the address")
        elif parts and not line.startswith(_COMMENT):
            yield from plain(parts[1], place)

    return read


def _ranges(source: Source) -> Read:
    said_of = _sayer(source)

    def read(line: str, place: str) -> Iterator[Raw | Rejected]:
        first, *rest = line.split() or ("#",)
        if first.startswith(_COMMENT) or first.lower() == "start":
            return
        try:
            networks = ipaddress.summarize_address_range(
                ipaddress.ip_address(first),
                ipaddress.ip_address(rest[0]),
            )
            found = [str(one) for one in islice(networks, _MOST_NETWORKS)]
        except (ValueError, TypeError, IndexError):
            yield Rejected(place, "no range of addresses")
            return
        for value in found:
            kind = IocType.IPV6 if ":" in value else IocType.IPV4
            yield fields.checked(value, kind, place, said_of(value, ""))

    return read


def _maltrail(source: Source) -> Read:
    return _Trails(source).read


class _Trails:
    """Reads maltrail's lists: references stand above the block that they are for."""

    def __init__(self, source: Source) -> None:
        self._malware = source.options.get("malware")
        self._references: list[str] = []
        self._is_used = False

    def read(self, line: str, place: str) -> Iterator[Raw | Rejected]:
        """Read one line."""
        if line.startswith(_COMMENT):
            self._comment(line)
        elif line:
            self._is_used = True
            value = _INLINE.sub("", line)
            said = Said(
                malware=self._malware, references=fields.links_of(self._references)
            )
            if value.startswith("/"):
                yield Rejected(place, "a path without host")
            elif " " in value:
                yield Rejected(place, "no value, a text")
            else:
                yield fields.checked(value, None, place, said)

    def _comment(self, line: str) -> None:
        reference = _REFERENCE.match(line)
        if self._is_used or reference is None:
            self._references, self._is_used = [], False
        if reference:
            self._references.append(reference[1])


def _sayer(source: Source) -> Callable[[str, str], Said]:
    """Make what says of a value what the row and its comment say."""
    malware, link = source.options.get("malware"), source.options.get("reference", "")

    @cache
    def same() -> Said:
        return Said(malware=malware)

    def said_of(value: str, comment: str) -> Said:
        if not link and not comment:
            return same()
        return Said(
            malware=malware,
            references=fields.links_of([link.replace("{value}", value)]),
            context=comment[:1_000].strip() or None,
        )

    return said_of


_STYLES: dict[str, Callable[[Source], Read]] = {
    "plain": _plain,
    "hosts": _hosts,
    "ranges": _ranges,
    "maltrail": _maltrail,
}
