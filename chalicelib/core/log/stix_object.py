"""What TAXII needs to know of a STIX object: id, type, version, STIX version.

TAXII 2.1 section 3.4.1 and 5.3.1 (what a version is), STIX 2.1 sections 2.9
(identifiers), 3.1 (types), 3.2 (common properties). Beyond these the content
is not judged: real intelligence that breaks a rule of STIX is still intelligence.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from chalicelib.core import instants
from chalicelib.core.log.entry import USUAL_SPEC_VERSION
from chalicelib.core.log.stix_text import StixText

DEEPEST = 100
"""Levels of nesting that an object may have; deeper ones break real readers."""

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TYPE = re.compile(r"[a-z0-9][a-z0-9-]{0,249}", re.ASCII)
_ID = re.compile(rf"([a-z0-9][a-z0-9-]{{0,249}})--{_UUID}", re.ASCII | re.IGNORECASE)
_SPEC_VERSION = re.compile(r"\d{1,3}\.\d{1,3}", re.ASCII)
_LONE_SURROGATE_MAY_BE = re.compile(r"\\u[dD][89a-fA-F]")
_BRACKETS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|([\[{])|([\]}])', re.DOTALL)

LEGACY_SPEC_VERSION = "2.0"


class InvalidObject(Exception):
    """The element of `objects` can't be stored; says why."""


@dataclass(frozen=True, slots=True)
class StixHeader:
    """The few properties of an object that TAXII works with.

    `version` is `modified`, else `created`, as it is written in the object;
    None for an object that has neither, whose version is when it is added.
    """

    id: str
    type: str
    version: str | None
    spec_version: str


def read_header(element: StixText) -> StixHeader:
    """Read what TAXII needs of an object. Raises InvalidObject."""
    parsed = element.parsed
    if not isinstance(parsed, dict):
        raise InvalidObject("it is not a JSON object")
    _check_text(element)
    kind = _type_of(parsed)
    return StixHeader(
        id=_id_of(parsed, kind),
        type=kind,
        version=_version_of(parsed),
        spec_version=_spec_version_of(parsed),
    )


def name_of(element: StixText, index: int) -> str:
    """Name an element for a person, be it ever so wrong."""
    parsed = element.parsed
    given = parsed.get("id") if isinstance(parsed, dict) else None
    if isinstance(given, str) and given.isprintable() and given:
        return given[:300]
    return f"objects[{index}]"


def _check_text(element: StixText) -> None:
    if element.problem:
        raise InvalidObject(element.problem)
    if _LONE_SURROGATE_MAY_BE.search(element.text):
        try:
            json.dumps(element.parsed, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise InvalidObject("it has half a surrogate pair, no character") from None
    if element.text.count("[") + element.text.count("{") > DEEPEST:
        _check_depth(element.text)


def _check_depth(text: str) -> None:
    depth = 0
    for match in _BRACKETS.finditer(text):
        if match[1]:
            depth += 1
            if depth > DEEPEST:
                raise InvalidObject(f"it is nested deeper than {DEEPEST} levels")
        elif match[2]:
            depth -= 1


def _type_of(parsed: dict[str, object]) -> str:
    kind = parsed.get("type")
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        raise InvalidObject("`type` must be a STIX type: a-z, 0-9 and hyphens")
    if kind == "bundle":
        raise InvalidObject("a bundle is no object: send what it holds")
    return kind


def _id_of(parsed: dict[str, object], kind: str) -> str:
    identifier = parsed.get("id")
    match = _ID.fullmatch(identifier) if isinstance(identifier, str) else None
    if match is None:
        raise InvalidObject("`id` must be a STIX identifier: type--UUID")
    if match[1] != kind:
        raise InvalidObject(f"`id` must begin with the type, {kind}--")
    return match[0]


def _version_of(parsed: dict[str, object]) -> str | None:
    for name in ("modified", "created"):
        if name not in parsed:
            continue
        value = parsed[name]
        try:
            instants.to_canonical(value if isinstance(value, str) else "")
        except (ValueError, OverflowError):
            raise InvalidObject(f"`{name}` must be an RFC 3339 timestamp") from None
        return str(value)
    return None


def _spec_version_of(parsed: dict[str, object]) -> str:
    given = parsed.get("spec_version")
    if given is None:
        # STIX 2.0 objects carry none; in 2.1 only observables may leave it out,
        # and those have neither of the dates (STIX 2.1 section 3.2).
        dated = "modified" in parsed or "created" in parsed
        return LEGACY_SPEC_VERSION if dated else USUAL_SPEC_VERSION
    if not isinstance(given, str) or not _SPEC_VERSION.fullmatch(given):
        raise InvalidObject('`spec_version` must be a version such as "2.1"')
    return given
