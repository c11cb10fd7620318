"""IOCs as one OpenIOC document: an indicator that is any of its items.

1.0 has the structure that the API documents, 1.1 is valid by Mandiant's schema.
docs/formats/openioc.md has the map of fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from chalicelib.core import instants
from chalicelib.core.iocs import stix
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists.row import Row
from chalicelib.export.about import About
from chalicelib.export.one_line import flat, is_flat


class Term(NamedTuple):
    """What an item looks at, and the type of its content in 1.1."""

    search: str
    content: str


TERMS = {
    IocType.IPV4: Term("PortItem/remoteIP", "IP"),
    IocType.IPV6: Term("PortItem/remoteIP", "IP"),
    IocType.DOMAIN: Term("Network/DNS", "string"),
    IocType.URL: Term("Network/URI", "string"),
    IocType.EMAIL: Term("Email/From", "string"),
    IocType.MD5: Term("FileItem/Md5sum", "md5"),
    IocType.SHA1: Term("FileItem/Sha1sum", "sha1"),
    IocType.SHA256: Term("FileItem/Sha256sum", "sha256"),
    IocType.SHA512: Term("FileItem/Sha512sum", "sha512"),
}
"""Vulnerabilities and techniques are nothing that OpenIOC can look for."""

_NAMESPACE_1_0 = "http://schemas.mandiant.com/2010/ioc"
_NAMESPACE_1_1 = "http://openioc.org/schemas/OpenIOC_1.1"
_DESCRIPTION = "Indicators of public sources. Comments tell how sure each is."


def render(rows: Sequence[Row], about: About) -> str:
    """Write a document; `version` of the options is 1.0 or 1.1."""
    kept = [row for row in rows if _has_form(row)]
    new = about.options.get("version") == "1.1"
    return "".join(f"{line}\n" for line in _document(kept, about, new=new))


def skipped(rows: Sequence[Row], _about: About) -> int:
    """Tell how many rows OpenIOC has no form for."""
    return sum(not _has_form(row) for row in rows)


def _has_form(row: Row) -> bool:
    return row.type in TERMS and is_flat(row.value)


def _document(rows: Sequence[Row], about: About, *, new: bool) -> Iterator[str]:
    made_at, name = _time(about.made_at), _document_id(rows)
    root, namespace = ("OpenIOC", _NAMESPACE_1_1) if new else ("ioc", _NAMESPACE_1_0)
    dates = f'last-modified="{made_at}"'
    if new:
        dates += f' published-date="{made_at}"'
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<{root} xmlns="{namespace}" id="{name}" {dates}>'
    yield from _metadata(rows, about, new=new)
    yield "  <criteria>"
    yield f'    <Indicator operator="OR" id="{_id("indicator", name)}">'
    for row in rows:
        yield from _item(row, new=new)
    yield "    </Indicator>"
    yield "  </criteria>"
    if new:
        yield from _parameters(rows)
    yield f"</{root}>"


def _metadata(rows: Sequence[Row], about: About, *, new: bool) -> Iterator[str]:
    number = f"{len(rows):,} indicator{'' if len(rows) == 1 else 's'}"
    families = sorted({name for row in rows for name in row.malware})
    yield "  <metadata>"
    yield f"    <short_description>{_text(about.product)}: {number}</short_description>"
    yield f"    <description>{_DESCRIPTION}</description>"
    yield f"    <keywords>{_text(', '.join(families))}</keywords>"
    yield f"    <authored_by>{_text(about.vendor)}</authored_by>"
    yield f"    <authored_date>{_time(about.made_at)}</authored_date>"
    yield "    <links>"
    for rel, href, title in _links(rows, about):
        # The schema of 1.1 lets a link have no text.
        if new:
            said = f"href={_quoted(href)} title={_quoted(title)}"
            yield f'      <link rel="{rel}" {said}/>'
        else:
            yield f'      <link rel="{rel}">{_text(f"{title}: {href}")}</link>'
    yield "    </links>"
    yield "  </metadata>"


def _links(rows: Sequence[Row], about: About) -> Iterator[tuple[str, str, str]]:
    """Name who made this, and the sources with the credit that they ask for."""
    if about.base_url:
        yield "generator", about.base_url, about.product
    for name in sorted({one for row in rows for one in row.sources}):
        if origin := about.origins.get(name):
            yield "source", origin.url, origin.attribution or origin.name


def _item(row: Row, *, new: bool) -> Iterator[str]:
    search, content = TERMS[row.type]
    document = search.partition("/")[0]
    more = ' preserve-case="false" negate="false"' if new else ""
    kind = content if new else "string"
    yield f'      <IndicatorItem id={_quoted(row.id)} condition="is"{more}>'
    yield f'        <Context document="{document}" search="{search}" type="mir"/>'
    yield f'        <Content type="{kind}">{_text(row.value)}</Content>'
    if not new:
        yield f"        <Comment>{_text(_comment(row))}</Comment>"
    yield "      </IndicatorItem>"


def _parameters(rows: Sequence[Row]) -> Iterator[str]:
    """Write what 1.1 has in place of comments."""
    yield "  <parameters>"
    for row in rows:
        name = _id("comment", row.id)
        yield f'    <param id="{name}" ref-id={_quoted(row.id)} name="comment">'
        yield f'      <value type="string">{_text(_comment(row))}</value>'
        yield "    </param>"
    yield "  </parameters>"


def _comment(row: Row) -> str:
    said = (
        f"confidence {row.confidence} ({row.score})",
        f"source {row.feed}",
        f"TLP:{row.tlp.upper()}",
        row.context,
    )
    return "; ".join(filter(None, said))


def _document_id(rows: Sequence[Row]) -> str:
    """Name a document by what is in it: the same versions of the same IOCs."""
    return _id("openioc", *(f"{row.id}@{row.modified}" for row in rows))


def _id(*names: str) -> str:
    return stix.uuid_of("/".join(names))


def _time(microseconds: int) -> str:
    """Write a time to the second, the only one that ioc-writer takes."""
    return f"{instants.to_text(microseconds)[:19]}Z"


def _text(text: str) -> str:
    return escape(flat(text))


def _quoted(text: str) -> str:
    return quoteattr(flat(text))
