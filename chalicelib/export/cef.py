"""IOCs as CEF:0 events, one a line, in keys of ArcSight's dictionary only.

Values stand whole or not at all: what is too long for its key stands in `cs4`, and
what fits nowhere is skipped. Other text is cut. docs/formats/cef.md has the map.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists.row import Row
from chalicelib.export.about import About
from chalicelib.export.one_line import BLANKS, is_flat
from chalicelib.export.type_names import LABELS


class Key(NamedTuple):
    """A key of the dictionary: the bytes it may have, and what its label says."""

    name: str
    most: int
    label: str | None = None


SEVERITIES = {"low": 3, "medium": 6, "high": 9}

_LONGEST_ADDRESS = 45
_LONGEST_STRING = 1_023
_LONGEST_CUSTOM_STRING = 4_000
_LONGEST_NUMBER = 20
_HASH = Key("fileHash", 255)
_TECHNIQUES = Key("cs3", _LONGEST_CUSTOM_STRING, "mitre_attack")
_KEYS = {
    IocType.IPV4: Key("src", _LONGEST_ADDRESS),
    IocType.IPV6: Key("c6a2", _LONGEST_ADDRESS, "Source IPv6 Address"),
    IocType.DOMAIN: Key("destinationDnsDomain", 255),
    IocType.URL: Key("request", _LONGEST_STRING),
    IocType.EMAIL: Key("suser", _LONGEST_STRING),
    IocType.MD5: _HASH,
    IocType.SHA1: _HASH,
    IocType.SHA256: _HASH,
    IocType.SHA512: _HASH,
    IocType.CVE: Key("cs3", _LONGEST_CUSTOM_STRING, "cve"),
    IocType.TECHNIQUE: _TECHNIQUES,
}
_ADDRESSES = (IocType.IPV4, IocType.IPV6)

_CONFIDENCE = Key("cs1", _LONGEST_CUSTOM_STRING, "confidence")
_SOURCE = Key("cs2", _LONGEST_CUSTOM_STRING, "source")
_SCORE = Key("cn1", _LONGEST_NUMBER, "score")
_LAST_SEEN = Key("rt", _LONGEST_NUMBER)
_FIRST_SEEN = Key("start", _LONGEST_NUMBER)
_ID = Key("externalId", 40)
_CATEGORY = Key("cat", _LONGEST_STRING)
_TAGS = Key("cs5", _LONGEST_CUSTOM_STRING, "tags")
_MALWARE = Key("cs6", _LONGEST_CUSTOM_STRING, "malware")
_TLP = Key("flexString2", _LONGEST_STRING, "tlp")
_MESSAGE = Key("msg", _LONGEST_STRING)

_IN_HEADER = str.maketrans({**BLANKS, "\\": "\\\\", "|": "\\|"})
_IN_EXTENSION = str.maketrans(
    {**BLANKS, "\\": "\\\\", "=": "\\=", "\n": "\\n", "\r": "\\r"}
)


def render(rows: Sequence[Row], about: About) -> str:
    """Write an event for each row."""
    events = (event(row, about) for row in rows)
    return "".join(f"{one}\n" for one in events if one is not None)


def skipped(rows: Sequence[Row], _about: About) -> int:
    """Tell how many rows have a value that no key can hold."""
    return sum(_key_of(row) is None for row in rows)


def event(row: Row, about: About) -> str | None:
    """Write one event without its line end; None where its value has no place."""
    key = _key_of(row)
    if key is None:
        return None
    parts = (
        "CEF:0",
        *map(_in_header, (about.vendor, "Threat Intelligence", about.version)),
        str(row.type),
        f"Malicious {LABELS[row.type]}",
        str(SEVERITIES[row.confidence]),
        " ".join(_extension(row, key)),
    )
    return "|".join(parts)


def _extension(row: Row, value_key: Key) -> Iterator[str]:
    has_room = value_key.name != _TECHNIQUES.name
    said = (
        (value_key, row.value),
        (_CONFIDENCE, row.confidence),
        (_SOURCE, row.feed),
        (_SCORE, str(row.score)),
        (_LAST_SEEN, str(row.last_seen // 1_000)),
        (_FIRST_SEEN, str(row.first_seen // 1_000)),
        (_ID, row.id),
        (_CATEGORY, row.category),
        (_TECHNIQUES, ",".join(row.techniques) if has_room else ""),
        (_TAGS, ",".join(row.tags)),
        (_MALWARE, ",".join(row.malware)),
        (_TLP, row.tlp),
        (_MESSAGE, _message(row)),
    )
    for key, text in said:
        # A key without a value is not CEF.
        if written := _cut(text, key.most):
            yield f"{key.name}={written}"
            if key.label:
                yield f"{key.name}Label={key.label}"


def _message(row: Row) -> str:
    title = f'"{row.article.title}"' if row.article else ""
    return " ".join(filter(None, (row.context, title)))


def _key_of(row: Row) -> Key | None:
    """Choose the key that holds the whole value."""
    usual, other = _KEYS[row.type], Key("cs4", _LONGEST_CUSTOM_STRING, str(row.type))
    is_network = row.type in _ADDRESSES and "/" in row.value
    for key in (other,) if is_network else (usual, other):
        if _holds(key, row.value):
            return key
    return None


def _holds(key: Key, value: str) -> bool:
    return is_flat(value) and len(_in_extension(value).encode()) <= key.most


def _cut(text: str, most: int) -> str:
    """Escape text, as much of it as fits, never half an escape or character.

    Limits are taken to count bytes, and escapes too: the strictest reading.
    """
    whole = _in_extension(text)
    if len(whole.encode()) <= most:
        return whole
    pieces = [_in_extension(one) for one in text]
    ends = accumulate(len(one.encode()) for one in pieces)
    return "".join(one for one, end in zip(pieces, ends, strict=True) if end <= most)


def _in_header(text: str) -> str:
    return text.translate(_IN_HEADER)


def _in_extension(text: str) -> str:
    return text.translate(_IN_EXTENSION)
