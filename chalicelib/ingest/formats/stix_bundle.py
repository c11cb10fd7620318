"""STIX 2.0 and 2.1: what indicators look for, and CVEs of vulnerabilities.

Option `relationships` (true unless said): the bundle is read twice where that can
be done, first for what its indicators are said to indicate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from chalicelib.core.iocs.ioc import IocType, Raw, Rejected, Said
from chalicelib.ingest.formats import dates, fields, sharing, stix_pattern
from chalicelib.ingest.formats.json_stream import JsonReader
from chalicelib.ingest.formats.reading import Body, FormatError, Opener
from chalicelib.ingest.source import Source

Object = Mapping[str, Any]

OBJECTS = "objects.[]"

_MOST_LINKS = 100_000
_NAMED = ("malware", "tool", "attack-pattern")
_NO_TAGS = ("tlp:", "misp:")
_NO_LABELS = frozenset(("malicious-activity", "unknown"))


class Links:
    """What indicators indicate: names of malware, ids of techniques."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str | None, tuple[str, ...]]] = {}
        self._targets: dict[str, list[str]] = {}

    def note(self, one: Object) -> None:
        """Keep an object, when it says something of that kind."""
        if len(self._names) + len(self._targets) > _MOST_LINKS:
            return
        kind, name = one.get("type"), fields.text_of(one.get("id"))
        if kind in _NAMED:
            said = fields.text_of(one.get("name"))[:100]
            family = None if kind == "attack-pattern" else said
            self._names[name] = family, _techniques(one)
        elif kind == "relationship" and one.get("relationship_type") == "indicates":
            source = fields.text_of(one.get("source_ref"))
            target = fields.text_of(one.get("target_ref"))
            self._targets.setdefault(source, []).append(target)

    def of(self, name: str) -> tuple[str | None, tuple[str, ...]]:
        """Give the malware and the techniques that an indicator indicates."""
        targets = self._targets.get(name, ())
        found = [self._names[one] for one in targets if one in self._names]
        families = [family for family, _ in found if family]
        techniques = dict.fromkeys(one for _, ids in found for one in ids)
        return next(iter(families), None), tuple(techniques)


def parse(stream: BinaryIO, source: Source, _more: Opener) -> Iterator[Raw | Rejected]:
    """Read a bundle. Raises FormatError."""
    links = Links()
    if source.options.get("relationships", True) and stream.seekable():
        start = stream.tell()
        try:
            for one in objects(stream, source):
                links.note(one)
        except FormatError:
            pass  # the second reading meets the same, after what is good
        stream.seek(start)
    for number, one in enumerate(objects(stream, source)):
        yield from read(one, source, links, f"object {number}")


def objects(stream: BinaryIO, source: Source) -> Iterator[Object]:
    """Give the objects of a bundle."""
    reader = JsonReader(Body(stream, source.max_bytes))
    count = 0
    for _, value in reader.values(OBJECTS):
        count += 1
        yield value if isinstance(value, dict) else {}
    if not count and reader.aside.get("type") != "bundle":
        raise FormatError("is no STIX bundle")


def read(
    one: Object, source: Source, links: Links, place: str
) -> Iterator[Raw | Rejected]:
    """Give what an object says; other types than two say nothing here."""
    kind = one.get("type")
    if kind not in ("indicator", "vulnerability"):
        if not isinstance(kind, str):
            yield Rejected(place, "no object")
        return
    why = _refusal(one, source)
    if why:
        yield Rejected(place, why)
    elif kind == "vulnerability":
        said = _said(one, links)
        yield fields.checked(_cve(one), IocType.CVE, place, said)
    else:
        try:
            found = stix_pattern.values(fields.text_of(one.get("pattern")))
        except stix_pattern.NotPlain as error:
            yield Rejected(place, str(error))
            return
        said = _said(one, links)
        for ioc, value in found:
            yield fields.checked(value, ioc, place, said)


def _refusal(one: Object, source: Source) -> str | None:
    if one.get("revoked") is True:
        return "revoked"
    if one.get("pattern_type", "stix") != "stix":
        return f"pattern of type {fields.text_of(one['pattern_type'])[:16]}"
    markings = one.get("object_marking_refs")
    return sharing.refusal(markings if isinstance(markings, list) else (), source.tlp)


def _said(one: Object, links: Links) -> Said:
    family, techniques = links.of(fields.text_of(one.get("id")))
    confidence = one.get("confidence")
    is_plain = isinstance(confidence, int) and not isinstance(confidence, bool)
    labels = [*_list(one.get("labels")), *_list(one.get("indicator_types"))]
    return Said(
        first_seen=dates.read(one.get("valid_from")) or dates.read(one.get("created")),
        last_seen=dates.read(one.get("modified")),
        confidence=confidence if is_plain and 0 <= confidence <= 100 else None,  # type: ignore[operator] # noqa: PLR2004
        tags=tuple(
            tag
            for tag in fields.tags_of(labels)
            if tag not in _NO_LABELS and not tag.lower().startswith(_NO_TAGS)
        ),
        malware=family,
        techniques=tuple(dict.fromkeys((*_techniques(one), *techniques))),
        references=fields.links_of(ref.get("url") for ref in _references(one)),
        context=_context(one),
    )


def _context(one: Object) -> str | None:
    said = fields.text_of(one.get("description")) or fields.text_of(one.get("name"))
    return said[:1_000] or None


def _cve(one: Object) -> str:
    named = (
        fields.text_of(ref.get("external_id"))
        for ref in _references(one)
        if ref.get("source_name") == "cve"
    )
    return next((name for name in named if name), fields.text_of(one.get("name")))


def _techniques(one: Object) -> tuple[str, ...]:
    return fields.techniques_of(ref.get("external_id") for ref in _references(one))


def _references(one: Object) -> list[Object]:
    said = _list(one.get("external_references"))
    return [ref for ref in said if isinstance(ref, dict)]


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()
