"""Block lists: what firewalls, resolvers and sensors take as they are.

docs/formats/blocklists.md says which types go into which list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists.row import Row
from chalicelib.core.urls import to_url
from chalicelib.export.about import About
from chalicelib.export.blocking import rpz, suricata
from chalicelib.export.blocking.actionable import is_actionable

_MOST_OF_GUARDDUTY = 250_000
_LONGEST_OF_PALO_ALTO = 255
_WILDCARDS_OF_PALO_ALTO = "*^"


@dataclass(frozen=True, slots=True)
class BlockList:
    """One kind of list: of which types, which rows of them, and how written."""

    kinds: tuple[IocType, ...]
    has: Callable[[Row], bool]
    write: Callable[[Sequence[Row], About], Iterable[str]]
    most: int | None = None


def render(rows: Sequence[Row], about: About) -> str:
    """Write rows as the list that was asked for."""
    lines = _asked(about).write(_fitting(rows, about), about)
    return "".join(f"{line}\n" for line in lines)


def skipped(rows: Sequence[Row], about: About) -> int:
    """Count the rows that the list cannot hold."""
    return len(rows) - len(_fitting(rows, about))


def _asked(about: About) -> BlockList:
    return BLOCK_LISTS[about.options.get("format") or "txt"]


def _fitting(rows: Sequence[Row], about: About) -> Sequence[Row]:
    asked = _asked(about)
    found = [
        row
        for row in rows
        if row.type in asked.kinds and is_actionable(row) and asked.has(row)
    ]
    return found[: asked.most]


def _lines(
    entry: Callable[[Row], str | None], *kinds: IocType, most: int | None = None
) -> BlockList:
    """Make a list of one entry a line, each once."""

    def has(row: Row) -> bool:
        return entry(row) is not None

    def write(rows: Sequence[Row], _: About) -> Iterable[str]:
        return dict.fromkeys(line for row in rows if (line := entry(row)))

    return BlockList(kinds, has, write, most)


def _value(row: Row) -> str:
    return row.value


def _url_of_palo_alto(row: Row) -> str | None:
    """Write host, path and query: what a firewall looks up.

    Firewalls look up neither scheme, user, port nor fragment, and there is no way
    to write a sign that is a wildcard to them.
    """
    url = to_url(row.value)
    entry = url.host + url.rest.partition("#")[0]
    special = any(sign in entry for sign in _WILDCARDS_OF_PALO_ALTO)
    if special or url.scheme not in ("http", "https"):
        return None
    return entry if len(entry) <= _LONGEST_OF_PALO_ALTO else None


_NOTHING_TO_BLOCK = (IocType.CVE, IocType.TECHNIQUE)
_BLOCKED = tuple(kind for kind in IocType if kind not in _NOTHING_TO_BLOCK)

BLOCK_LISTS: Mapping[str, BlockList] = {
    "txt": _lines(_value, *_BLOCKED),
    "edl-ip": _lines(_value, IocType.IPV4, IocType.IPV6),
    "edl-domain": _lines(_value, IocType.DOMAIN),
    "edl-url": _lines(_url_of_palo_alto, IocType.URL),
    "guardduty": _lines(_value, IocType.IPV4, most=_MOST_OF_GUARDDUTY),
    "rpz": BlockList(rpz.KINDS, rpz.has, rpz.write),
    "suricata": BlockList(suricata.KINDS, suricata.has, suricata.write),
}
"""By the `format` that a request asks for."""
