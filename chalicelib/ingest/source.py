"""Sources: what we read, from where, how often. The rows are data/sources.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from chalicelib.core.iocs.ioc import IocType

TLP = ("clear", "green", "amber", "amber+strict", "red")
"""Labels of the Traffic Light Protocol, from open to closed."""

_FILE = Path(__file__).parents[1] / "data" / "sources.toml"
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HIGHEST = 100
_TAXII = "taxii_collection"
_NEVER_COMPLETE = ("misp_feed", "csaf", "news", _TAXII)
_TYPES: Mapping[str, type] = {
    "every": int,
    "reliability": int,
    "max_bytes": int,
    "valid_days": int,
    "redistribute": bool,
    "enabled": bool,
    "authoritative": bool,
    "secure": bool,
    "tags": list,
    "columns": dict,
    "options": dict,
}


class InvalidSource(ValueError):
    """A row of the table of sources that cannot be meant so."""


@dataclass(frozen=True, slots=True)
class Source:
    """One feed.

    `every` is minutes, `reliability` 0 to 100, `columns` and `options` are for its
    format. An `authoritative` list is complete: what vanishes from it is over.
    `secret` names the secret that is sent as the header `secret_header`.
    """

    id: str
    name: str
    url: str
    format: str
    every: int
    category: str
    reliability: int
    licence: str
    attribution: str
    redistribute: bool
    tags: tuple[str, ...] = ()
    enabled: bool = True
    authoritative: bool = False
    kind: IocType | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    secret: str | None = None
    secret_header: str | None = None
    secure: bool = True
    max_bytes: int = 64 * 1024 * 1024
    tlp: str = "clear"
    valid_days: int | None = None

    @property
    def first_url(self) -> str:
        """The address to begin with; a TAXII collection is asked from where we are."""
        asked = {
            "added_after": self.options.get("added_after"),
            "limit": self.options.get("limit"),
        }
        query = {name: value for name, value in asked.items() if value}
        if self.format != _TAXII or not query:
            return self.url
        return f"{self.url}{'&' if '?' in self.url else '?'}{urlencode(query)}"

    @property
    def headers(self) -> Mapping[str, str]:
        """What a request says besides what every request says."""
        return dict(self.options.get("headers", {}))


_REQUIRED = {
    one.name
    for one in fields(Source)
    if one.default is MISSING and one.default_factory is MISSING
}
_KNOWN = {one.name for one in fields(Source)}


@cache
def load() -> tuple[Source, ...]:
    """Read the table that ships."""
    return read(_FILE.read_text(encoding="utf-8"))


def chosen(ids: frozenset[str] | None) -> tuple[Source, ...]:
    """Give the sources of the table, or, on, those that an operator has named."""
    if ids is None:
        return load()
    return tuple(replace(one, enabled=True) for one in load() if one.id in ids)


def read(text: str) -> tuple[Source, ...]:
    """Read a table as data/sources.toml has it. Raises InvalidSource."""
    try:
        rows = tomllib.loads(text).get("source", [])
    except tomllib.TOMLDecodeError as error:
        raise InvalidSource(f"the table cannot be read: {error}") from error
    if not isinstance(rows, list):
        raise InvalidSource("rows are written as [[source]]")
    sources = tuple(_source(row) for row in rows)
    seen: set[str] = set()
    for source in sources:
        if source.id in seen:
            raise InvalidSource(f"{source.id}: the id is there twice")
        seen.add(source.id)
    return sources


def _source(row: Mapping[str, Any]) -> Source:
    name = str(row.get("id", "a row without id"))[:64]
    unknown, missing = row.keys() - _KNOWN, _REQUIRED - row.keys()
    if unknown or missing:
        what = [f"no such key: {key}" for key in sorted(unknown)]
        what += [f"missing: {key}" for key in sorted(missing)]
        raise InvalidSource(f"{name}: {', '.join(what)}")
    for key, value in row.items():
        if type(value) is not _TYPES.get(key, str):
            wanted = _TYPES.get(key, str).__name__
            raise InvalidSource(f"{name}: {key} is to be of type {wanted}")
    if "kind" in row and row["kind"] not in set(IocType):
        raise InvalidSource(f"{name}: no such kind: {row['kind']}")
    kind = IocType(row["kind"]) if "kind" in row else None
    source = Source(**{**row, "tags": tuple(row.get("tags", ())), "kind": kind})
    _check(source)
    return source


def _check(source: Source) -> None:
    address = urlsplit(source.url)
    schemes = {"https"} if source.secure else {"https", "http"}
    wrong = {
        "id is lower case words with hyphens": not _ID.fullmatch(source.id),
        "url is no web address, or not https": address.scheme not in schemes
        or not address.hostname,
        "every is at least 5 minutes": source.every < 5,  # noqa: PLR2004 - the schedule's own step
        "reliability is 0 to 100": not 0 <= source.reliability <= _HIGHEST,
        "max_bytes is more than 0": source.max_bytes <= 0,
        f"tlp is one of {', '.join(TLP)}": source.tlp not in TLP,
        "valid_days is more than 0": (source.valid_days or 1) <= 0,
        "secret and secret_header go together": (source.secret is None)
        != (source.secret_header is None),
        "tags are texts": any(not isinstance(tag, str) for tag in source.tags),
        "licence and attribution say something": not source.licence
        or not source.attribution,
        f"{source.format} is never a complete list": source.authoritative
        and source.format in _NEVER_COMPLETE,
    }
    for why, is_wrong in wrong.items():
        if is_wrong:
            raise InvalidSource(f"{source.id}: {why}")
