"""MISP: a feed's manifest and its events, or one event in any of its wrappers.

Options: `to_ids` (true unless said: only what is meant for detection), `events`
(how many of the newest to open), `since` (seconds since 1970: older ones are left).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO
from urllib.parse import urljoin

from chalicelib.core.iocs.ioc import Raw, Rejected, Said
from chalicelib.ingest.formats import dates, fields, sharing
from chalicelib.ingest.formats.further import documents
from chalicelib.ingest.formats.json_stream import JsonReader
from chalicelib.ingest.formats.reading import Body, FormatError, Opener
from chalicelib.ingest.source import Source

Rows = Iterator[Raw | Rejected]

MOST_EVENTS = 500
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_GALAXY = re.compile(r'misp-galaxy:([a-z0-9-]+)="([^"]*)"')
_MACHINE_TAG = re.compile(r'[^:="]+:[^="]+="([^"]*)"')
_ID_BEHIND = re.compile(r" - [A-Z]{1,3}\d{4}(?:\.\d{3})?$")
_TECHNIQUES = "mitre-attack-pattern"
_FAMILIES = frozenset(
    (
        "malware",
        "mitre-malware",
        "malpedia",
        "ransomware",
        "rat",
        "stealer",
        "banker",
        "botnet",
        "backdoor",
        "cryptominers",
        "tool",
        "mitre-tool",
        "exploit-kit",
        "android",
    )
)
_NO_TAGS = (
    "tlp:",
    "type:",
    "osint:",
    "admiralty-scale:",
    "estimative-language:",
    "workflow:",
    "pap:",
    "misp:",
    "source:",
)
_MOST_LINKS = 5
_PAIRS = {"domain|ip": ("domain", "ip"), "hostname|port": ("hostname",)}


def parse(stream: BinaryIO, source: Source, more: Opener) -> Rows:
    """Read a manifest and the events that it names, or an event."""
    reader = JsonReader(Body(stream, source.max_bytes))
    is_object = reader.is_object
    bare: dict[str, Any] = {}
    manifest: list[tuple[int, str]] = []
    for place, value in reader.values("*" if is_object else "[]"):
        name = place[0]
        if name == "response" and isinstance(value, list):
            for one in value:
                yield from _wrapped(one, source)
        elif name == "Event" or not is_object:
            yield from _wrapped({"Event": value} if name == "Event" else value, source)
        elif _UUID.fullmatch(name) and isinstance(value, dict):
            manifest.append((_seconds(value.get("timestamp")), name))
        else:
            bare[name] = value
    if "uuid" in bare and ("Attribute" in bare or "Object" in bare):
        yield from _event(bare, source)
    elif bare and not manifest and "response" not in bare:
        raise FormatError("is no MISP event and no manifest")
    yield from _events(manifest, source, more)


def _events(manifest: list[tuple[int, str]], source: Source, more: Opener) -> Rows:
    since = source.options.get("since", 0)
    newest = sorted((one for one in manifest if one[0] >= since), reverse=True)
    most = source.options.get("events", MOST_EVENTS)
    named = [
        (f"event {uuid}", urljoin(source.url, f"{uuid}.json"))
        for _, uuid in newest[:most]
    ]
    for _, value in documents(named, source, more):
        if isinstance(value, Rejected):
            yield value
        else:
            yield from _wrapped(value, source)


def _wrapped(value: Any, source: Source) -> Rows:
    if isinstance(value, dict) and isinstance(value.get("response"), list):
        for one in value["response"]:
            yield from _wrapped(one, source)
        return
    event = value.get("Event", value) if isinstance(value, dict) else None
    if isinstance(event, dict):
        yield from _event(event, source)
    else:
        yield Rejected("an event", "no event")


def _event(event: Mapping[str, Any], source: Source) -> Rows:
    name = fields.text_of(event.get("uuid"))[:36] or "?"
    tags = _tags(event)
    closed = sharing.refusal(tags, source.tlp)
    if closed:
        yield Rejected(f"event {name}", closed)
        return
    attributes = list(_attributes(event))
    links = fields.links_of(
        one.get("value") for one in attributes if one.get("type") == "link"
    )
    # What every sandbox says of the files is not what the event is about.
    own = [link for link in links if "virustotal.com" not in link]
    about = _About(event, tags, tuple(own[:_MOST_LINKS]), source)
    for number, attribute in enumerate(attributes):
        yield from about.read(attribute, f"event {name} attribute {number}")


def _attributes(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from _dicts(event.get("Attribute"))
    for thing in _dicts(event.get("Object")):
        deleted = thing.get("deleted") is True
        for one in _dicts(thing.get("Attribute")):
            yield {**one, "deleted": True} if deleted else one


class _About:
    """Reads the attributes of one event by what the event says of all of them."""

    def __init__(
        self,
        event: Mapping[str, Any],
        tags: list[str],
        links: tuple[str, ...],
        source: Source,
    ) -> None:
        self._tags, self._links, self._source = tags, links, source
        self._wants_ids = source.options.get("to_ids", True)
        self._info = fields.text_of(event.get("info"))
        self._date = dates.read(event.get("date"))

    def read(self, attribute: Mapping[str, Any], place: str) -> Rows:
        """Give what an attribute says, or why it is no use."""
        named = fields.text_of(attribute.get("type")).lower()
        value = fields.text_of(attribute.get("value"))
        tags = _tags(attribute)
        why = self._refusal(attribute, tags)
        if why or not value:
            yield Rejected(place, why or "no value")
            return
        said = self._said(attribute, tags)
        if named.startswith("filename|"):
            named, value = named.partition("|")[2], value.rpartition("|")[2]
        if named in _PAIRS:
            for kind, part in zip(_PAIRS[named], value.split("|"), strict=False):
                yield fields.of_kind(part, kind, place, said)
        else:
            yield fields.of_kind(value, named or "none", place, said)

    def _refusal(self, attribute: Mapping[str, Any], tags: list[str]) -> str | None:
        if attribute.get("deleted") is True:
            return "deleted"
        closed = sharing.refusal(tags, self._source.tlp)
        if closed or not self._wants_ids:
            return closed
        marked = attribute.get("to_ids")
        return None if marked in (True, 1, "1") else "not meant for detection"

    def _said(self, attribute: Mapping[str, Any], own: list[str]) -> Said:
        tags = [*own, *self._tags]
        comment = fields.text_of(attribute.get("comment"))
        is_link = comment.startswith(("https://", "http://"))
        seen = dates.read(attribute.get("timestamp"))
        first = dates.read(attribute.get("first_seen"))
        known = [one for one in (self._date, seen) if one is not None]
        texts = [self._info] if is_link else [self._info, comment]
        galaxies = [pair for tag in tags for pair in _GALAXY.findall(tag)]
        return Said(
            first_seen=first or min(known, default=None),
            last_seen=dates.read(attribute.get("last_seen")) or seen,
            tags=fields.tags_of(_plain(tags), "\n"),
            malware=_family(galaxies),
            techniques=fields.techniques_of(
                name for kind, name in galaxies if kind == _TECHNIQUES
            ),
            references=fields.links_of([comment, *self._links]),
            context=": ".join(one for one in texts if one)[:1_000] or None,
        )


def _family(galaxies: Iterable[tuple[str, str]]) -> str | None:
    for kind, name in galaxies:
        if kind in _FAMILIES:
            return _ID_BEHIND.sub("", name)[:100] or None
    return None


def _plain(tags: Iterable[str]) -> Iterator[str]:
    """Leave out what is about the event, and write galaxies as their value."""
    for tag in tags:
        match = _GALAXY.fullmatch(tag)
        if match is None and not tag.lower().startswith(_NO_TAGS):
            machine = _MACHINE_TAG.fullmatch(tag)
            yield machine[1] if machine else tag
        elif match and match[1] not in _FAMILIES and match[1] != _TECHNIQUES:
            yield _ID_BEHIND.sub("", match[2])


def _tags(of: Mapping[str, Any]) -> list[str]:
    return [fields.text_of(one.get("name"))[:300] for one in _dicts(of.get("Tag"))]


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        return []
    return [one for one in value if isinstance(one, dict)]


def _seconds(value: Any) -> int:
    text = fields.text_of(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0  # noqa: PLR2004 - the year 5000
