"""IOCs as syslog messages of RFC 5424: an IOC is an element of structured data.

One message a line. docs/formats/syslog.md has the map of fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from chalicelib.core import instants
from chalicelib.core.lists.row import Row
from chalicelib.export.about import About
from chalicelib.export.one_line import BLANKS, is_flat
from chalicelib.export.type_names import LABELS

PRIORITY = 134
"""Facility local0, severity informational."""

ENTERPRISE = 32473
"""The private enterprise number that RFC 5612 keeps for examples: we have none."""

_LONGEST_HOST, _LONGEST_APP, _LONGEST_ID = 255, 48, 32
_NIL = "-"
_PRINTABLE = frozenset(map(chr, range(0x21, 0x7F)))
_IN_VALUE = str.maketrans({**BLANKS, "\\": "\\\\", '"': '\\"', "]": "\\]"})


def render(rows: Sequence[Row], about: About) -> str:
    """Write a message for each row."""
    host = _host(about.base_url)
    app = _name(about.product.lower(), _LONGEST_APP)
    return "".join(f"{_message(row, host, app)}\n" for row in rows if _has_form(row))


def skipped(rows: Sequence[Row], _about: About) -> int:
    """Tell how many rows have a value that one line cannot hold."""
    return sum(not _has_form(row) for row in rows)


def _has_form(row: Row) -> bool:
    return is_flat(row.value)


def _message(row: Row, host: str, app: str) -> str:
    header = (
        f"<{PRIORITY}>1 {instants.to_text(row.modified)} {host} {app} {_NIL}"
        f" {_name(row.type, _LONGEST_ID)}"
    )
    said = " ".join(f'{name}="{_escaped(text)}"' for name, text in _said(row))
    # In ASCII a message needs no byte order mark (section 6.4), so none is put
    # where many would show it: all that may be more stands in the element.
    value = f" {row.value}" if row.value.isascii() else ""
    return f"{header} [ioc@{ENTERPRISE} {said}] Malicious {LABELS[row.type]}{value}"


def _said(row: Row) -> Iterator[tuple[str, str]]:
    yield "type", row.type
    yield "value", row.value
    yield "confidence", row.confidence
    yield "source", row.feed
    yield "score", str(row.score)
    yield "first_seen", instants.to_text(row.first_seen)
    yield "last_seen", instants.to_text(row.last_seen)
    yield "id", row.id
    yield "category", row.category
    yield "tlp", row.tlp
    optional = (
        ("tags", ",".join(row.tags)),
        ("malware", ",".join(row.malware)),
        ("techniques", ",".join(row.techniques)),
        ("context", row.context),
        ("article", row.article.title if row.article else None),
    )
    for name, text in optional:
        if text:
            yield name, text


def _host(url: str) -> str:
    """Give the host of a URL; half a name would be another host."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return _NIL
    return host if _name(host, _LONGEST_HOST) == host else _NIL


def _name(text: str, most: int) -> str:
    """Write a field of the header: some printable ASCII, or `-` for nothing."""
    return "".join(sign for sign in text if sign in _PRINTABLE)[:most] or _NIL


def _escaped(text: str) -> str:
    return text.translate(_IN_VALUE)
