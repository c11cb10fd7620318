"""From a row to Raws, by the columns that the source's row names.

The keys of `columns` and `options` are told in docs/contributing/adding-a-feed.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from chalicelib.core.iocs.ioc import IocType, Raw, Rejected, Said
from chalicelib.ingest.formats import dates, sharing
from chalicelib.ingest.source import Source

Getter = Callable[[Any], Any]

NOTHING = frozenset({"", "none", "null", "n/a", "-", "nan"})
"""What feeds write where they have nothing to say."""

_UNKNOWN = NOTHING | {"unknown", "unknown malware"}
_LONGEST_VALUE = 8_192
_LONGEST_TEXT = 1_000
_LONGEST_TAG = 100
_MOST = 50
_HIGHEST = 100
_HALF = re.compile("[\ud800-\udfff]")
_LOST = re.compile("[\ud800-\udfff\ufffd]")
_TECHNIQUE = re.compile(r"\bT\d{4}(?:\.\d{3})?\b")
_ADDRESS = "ip"

_SAID = (
    "first_seen",
    "last_seen",
    "confidence",
    "tags",
    "malware",
    "reference",
    "techniques",
    "context",
    "tlp",
)
_NAMES: Mapping[str, str] = {
    _ADDRESS: "ip ipv4 ipv6 ip:port ip-dst ip-src ip_address ipaddress ipv4-addr "
    "ipv6-addr cidr ip-dst|port ip-src|port",
    IocType.DOMAIN: "domain hostname fqdn domain-name host",
    IocType.URL: "url uri",
    IocType.EMAIL: "email email-src email-dst email-addr e-mail",
    IocType.MD5: "md5 md5_hash filehash-md5",
    IocType.SHA1: "sha1 sha1_hash filehash-sha1 x509-fingerprint-sha1",
    IocType.SHA256: "sha256 sha256_hash filehash-sha256",
    IocType.SHA512: "sha512 sha512_hash filehash-sha512",
    IocType.CVE: "cve vulnerability",
    IocType.TECHNIQUE: "mitre_attack attack-pattern",
}
_KINDS = {name: str(kind) for kind, names in _NAMES.items() for name in names.split()}


class Columns:
    """Reads rows of one source; `getter` makes what reads one column of a row."""

    def __init__(self, source: Source, getter: Callable[[Any], Getter]) -> None:
        columns, self._options = source.columns, source.options
        self._source = source
        self._values = [
            (getter(name), kind)
            for name, kind in (
                columns["values"].items()
                if "values" in columns
                else [(columns.get("value", 0), None)]
            )
        ]
        self._kind = getter(columns["kind"]) if "kind" in columns else None
        self._said = {
            name: [getter(one) for one in _list(columns[name])]
            for name in _SAID
            if name in columns
        }
        self._skip = [
            (getter(name), {str(one).lower() for one in _list(values)})
            for name, values in self._options.get("skip", {}).items()
        ]
        self._unknown = _UNKNOWN | {
            one.lower() for one in self._options.get("unknown", ())
        }
        self._dates = self._options.get("dates", "iso")
        parts = re.split(r"\{([^}]*)\}", self._options.get("reference", ""))
        self._link = [
            getter(part) if number % 2 else _constant(part)
            for number, part in enumerate(parts)
        ]

    def read(self, row: Any, place: str) -> Iterator[Raw | Rejected]:
        """Give what a row says: one Raw for each value in it, or why there is none."""
        for get, unwanted in self._skip:
            if text_of(get(row)).lower() in unwanted:
                return
        if "tlp" in self._said:
            closed = sharing.refusal(self._all("tlp", row), self._source.tlp)
            if closed:
                yield Rejected(place, closed)
                return
        said: Said | None = None
        for get, named in self._values:
            value = text_of(get(row))
            if value.lower() in NOTHING:
                continue
            kind = named or (self._kind and text_of(self._kind(row)).lower())
            said = said or self._what_is_said(row)
            yield self.raw(value, kind, place, said)
        if said is None:
            yield Rejected(place, "no value")

    def raw(
        self, value: str, kind: str | None, place: str, said: Said
    ) -> Raw | Rejected:
        """Make one Raw; `kind` is the feed's own name of it."""
        if not kind:
            return checked(value, self._source.kind, place, said)
        named = self._options.get("kinds", {}).get(kind, kind)
        if named == "auto":
            return checked(value, None, place, said)
        return of_kind(value, named, place, said)

    def _what_is_said(self, row: Any) -> Said:
        options = self._options
        references = self._all("reference", row)
        references.append("".join(text_of(get(row)) for get in self._link))
        malware = self._first("malware", row) or options.get("malware")
        return Said(
            first_seen=self._date("first_seen", row),
            last_seen=self._date("last_seen", row),
            confidence=_confidence(self._first("confidence", row)),
            tags=tags_of(self._all("tags", row), options.get("tag_separator", ",")),
            malware=self._family(malware),
            techniques=techniques_of(self._all("techniques", row)),
            references=links_of(references),
            context=text_of(self._first("context", row))[:_LONGEST_TEXT] or None,
        )

    def _family(self, said: Any) -> str | None:
        name = text_of(said)[:_LONGEST_TAG]
        ending = self._options.get("strip", "")
        name = name.removesuffix(ending) if ending else name
        return None if name.lower() in self._unknown else name

    def _date(self, name: str, row: Any) -> int | None:
        return dates.read(self._first(name, row), self._dates)

    def _all(self, name: str, row: Any) -> list[Any]:
        found: list[Any] = []
        for get in self._said.get(name, ()):
            found.extend(_list(get(row)))
        return found

    def _first(self, name: str, row: Any) -> Any:
        for get in self._said.get(name, ()):
            value = get(row)
            for one in value if isinstance(value, list) else (value,):
                text = one if isinstance(one, str) else text_of(one)
                if text and text.strip().lower() not in NOTHING:
                    return one
        return None


def of_kind(value: str, name: str, place: str, said: Said) -> Raw | Rejected:
    """Make a Raw of what a feed calls by some name."""
    kind = _KINDS.get(name.lower())
    if kind is None:
        return Rejected(place, f"kind not used: {name[:32].lower()}")
    if kind == _ADDRESS:
        is_long = value.count(":") > 1
        # MISP writes address and port with a bar; a port stays, for it tells something.
        address, bar, port = value.partition("|")
        if bar:
            value = f"[{address}]:{port}" if is_long else f"{address}:{port}"
        return checked(value, IocType.IPV6 if is_long else IocType.IPV4, place, said)
    return checked(value, IocType(kind), place, said)


def checked(value: str, kind: IocType | None, place: str, said: Said) -> Raw | Rejected:
    """Make a Raw of a value that can be one."""
    if len(value) > _LONGEST_VALUE:
        return Rejected(place, "value is too long")
    if not value.isascii() and _LOST.search(value):
        return Rejected(place, "holds half a character")
    return Raw(value, place, kind, said)


def text_of(value: Any) -> str:
    """Give a text or a number as text; empty for all else."""
    if isinstance(value, str):
        value = value.strip()
        return value if value.isascii() else _HALF.sub("\ufffd", value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    return str(value)


def tags_of(said: Iterable[Any], separator: str = ",") -> tuple[str, ...]:
    """Split and tidy tags; each of them once, as it came first."""
    found: dict[str, None] = {}
    for one in said:
        for part in text_of(one).split(separator):
            tag = part.strip().lstrip("#")[:_LONGEST_TAG].strip()
            if tag.lower() not in NOTHING:
                found[tag] = None
    return tuple(found)[:_MOST]


def links_of(said: Iterable[Any]) -> tuple[str, ...]:
    """Keep what is a web address, each once."""
    found: dict[str, None] = {}
    for one in said:
        text = text_of(one)
        if text.startswith(("https://", "http://")) and len(text) <= 2 * _LONGEST_TEXT:
            found[text] = None
    return tuple(found)[:_MOST]


def techniques_of(said: Iterable[Any]) -> tuple[str, ...]:
    """Find the ids of ATT&CK techniques."""
    found = (name for one in said for name in _TECHNIQUE.findall(text_of(one)))
    return tuple(dict.fromkeys(found))[:_MOST]


def _confidence(said: Any) -> int | None:
    text = text_of(said)
    try:
        number = int(float(text)) if text else -1
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number <= _HIGHEST else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _constant(text: str) -> Getter:
    return lambda _: text
