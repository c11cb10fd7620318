"""Make a sighting of a raw row, or say why not. Pure: what it needs, it is given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.core.invalid import InvalidValue
from chalicelib.core.iocs import techniques
from chalicelib.core.iocs.ioc import IocType, Raw, Rejected, Said, Sighting
from chalicelib.core.iocs.values import LONGEST, detect, normalise, port_of
from chalicelib.core.refanging import visible
from chalicelib.core.windows import DAY
from chalicelib.ingest.warninglists import WarningLists

EARLIEST = 631_152_000_000_000
"""1990: a date before it is a zero that somebody wrote as a date."""
MOST_TAGS, LONGEST_TAG = 20, 64
MOST_REFERENCES, LONGEST_REFERENCE = 10, 2_048
LONGEST_NAME, LONGEST_CONTEXT = 100, 500
MOST_TECHNIQUES = 50

_NOTHING = frozenset(
    {"", "-", "none", "null", "n/a", "na", "nan", "unknown", "undefined", "[]", "{}"}
    | {"unknown malware", "unknown_malware", "generic malware", "other", "tba", "tbd"}
)
_NETWORK = frozenset({IocType.IPV4, IocType.IPV6, IocType.DOMAIN, IocType.URL})
_HASHES = frozenset({IocType.MD5, IocType.SHA1, IocType.SHA256, IocType.SHA512})
_WITH_PORT = frozenset({IocType.IPV4, IocType.IPV6, IocType.DOMAIN})


def clean(
    raw: Raw, source_id: str, benign: WarningLists, *, now: int | None = None
) -> Sighting | Rejected:
    """Check, rewrite and complete one row.

    With `now`, dates that lie more than a day ahead of it are left out.
    """
    try:
        kind, value = _value(raw)
    except InvalidValue as error:
        return Rejected(f"{source_id}: {raw.place}", error.why)
    why = benign.why_benign(kind, value)
    if why is not None:
        return Rejected(f"{source_id}: {raw.place}", f"benign: {why}")
    said = clean_said(raw.said, now)
    port = port_of(raw.value) if kind in _WITH_PORT else None
    if port is not None:
        said = replace(said, tags=tidy((*said.tags, f"port:{port}")))
    return Sighting(kind, value, said)


def clean_said(said: Said, now: int | None) -> Said:
    """Tidy what is said of a value; what is no use is left out, never refused."""
    first, last = (_date(one, now) for one in (said.first_seen, said.last_seen))
    if first is not None and last is not None and first > last:
        first, last = last, first
    confidence = said.confidence
    return Said(
        first_seen=first,
        last_seen=last,
        confidence=None if confidence is None else min(max(confidence, 0), 100),
        tags=tidy(said.tags),
        malware=_name(said.malware),
        techniques=techniques.find_all(said.techniques)[:MOST_TECHNIQUES],
        references=_references(said.references),
        context=_line(said.context or "", LONGEST_CONTEXT) or None,
        article=said.article,
    )


def tidy(tags: Iterable[str]) -> tuple[str, ...]:
    """Write tags in lower case, each once, in their order, without the empty ones."""
    kept: dict[str, None] = {}
    for tag in tags:
        name = _line(tag, LONGEST_TAG).lower()
        if name not in _NOTHING:
            kept[name] = None
    return tuple(kept)[:MOST_TAGS]


def _value(raw: Raw) -> tuple[IocType, str]:
    if raw.kind is None:
        return detect(raw.value)
    try:
        return raw.kind, normalise(raw.kind, raw.value)
    except InvalidValue:
        return _of_the_family(raw.kind, raw.value)


def _of_the_family(said: IocType, text: str) -> tuple[IocType, str]:
    """Take a value for its near relative: lists of hosts have addresses in them."""
    kind, value = detect(text)
    for family in (_NETWORK, _HASHES):
        if said in family and kind in family:
            return kind, value
    raise InvalidValue(f"said to be {said}, but it is not")


def _date(moment: int | None, now: int | None) -> int | None:
    if moment is None or moment < EARLIEST:
        return None
    return None if now is not None and moment > now + DAY else moment


def _name(text: str | None) -> str | None:
    name = _line(text or "", LONGEST_NAME)
    return None if name.lower() in _NOTHING else name


def _references(texts: Iterable[str]) -> tuple[str, ...]:
    kept: dict[str, None] = {}
    for text in texts:
        one = text.strip()
        if one.startswith(("http://", "https://")) and _is_plain(one):
            kept[one] = None
    return tuple(kept)[:MOST_REFERENCES]


def _is_plain(url: str) -> bool:
    return len(url) <= LONGEST_REFERENCE and url.isprintable() and " " not in url


def _line(text: str, longest: int) -> str:
    """Write a text in one line, without what cannot be seen, and cut it."""
    words = visible(text[:LONGEST]).split()
    line = "".join(one for one in " ".join(words) if one.isprintable())
    return line[:longest].strip()
