"""MISP: one event with an attribute for each row, as POST /events/add takes it.

Option: `ip_role`, `src` or `dst`. A technique is no attribute: it is skipped, and
those of other rows are tags of their attributes. docs/formats/misp.md
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from chalicelib.core import instants
from chalicelib.core.iocs import marking, stix, techniques
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists.row import Row
from chalicelib.export.about import About

Misp = dict[str, Any]

ORGC = {"name": "Taxiway", "uuid": stix.IDENTITY_ID.partition("--")[2]}
"""Who makes the events: the same identity, with the same UUID, as in STIX."""

UNDEFINED = "4"
COMPLETE = "2"

_THREAT_LEVELS = {"high": "1", "medium": "2", "low": "3"}
_THIS_ORGANISATION = "0"
_AS_THE_EVENT = "5"

_NETWORK = "Network activity"
_PAYLOAD = "Payload delivery"
_KINDS = {
    IocType.IPV4: ("ip", _NETWORK),
    IocType.IPV6: ("ip", _NETWORK),
    IocType.DOMAIN: ("domain", _NETWORK),
    IocType.URL: ("url", _NETWORK),
    IocType.EMAIL: ("email-src", _PAYLOAD),
    IocType.MD5: ("md5", _PAYLOAD),
    IocType.SHA1: ("sha1", _PAYLOAD),
    IocType.SHA256: ("sha256", _PAYLOAD),
    IocType.SHA512: ("sha512", _PAYLOAD),
    IocType.CVE: ("vulnerability", "External analysis"),
}

_COLOURS = {
    "clear": "#FFFFFF",
    "green": "#33FF00",
    "amber": "#FFC000",
    "amber+strict": "#FFC000",
    "red": "#FF2B2B",
}
_MOST_TAGS = 10
_MOST_SOURCES = 5
_LONGEST_TAG = 100
_LONGEST_CONTEXT = 500
_LONGEST_NAME = 100
_LONGEST_LINK = 2_000


def render(rows: Sequence[Row], about: About) -> str:
    """Write an event; what is exported again unchanged has the same UUID."""
    taken = attributable(rows)
    event_uuid, date = _uuid_of(taken, about), instants.to_date(about.made_at)
    levels = {_THREAT_LEVELS.get(row.confidence, UNDEFINED) for row in taken}
    event: Misp = {
        "uuid": event_uuid,
        "info": f"{about.product} IOCs: {len(taken)} of {date}",
        "date": date,
        "timestamp": seconds(about.made_at),
        "threat_level_id": min(levels, default=UNDEFINED),
        "analysis": COMPLETE,
        "distribution": _THIS_ORGANISATION,
        "published": False,
        **marked(taken, event_uuid, about),
    }
    return to_json({"Event": event})


def skipped(rows: Sequence[Row], _about: About) -> int:
    """Count rows that are no attribute."""
    return sum(row.type not in _KINDS for row in rows)


def attributable(rows: Iterable[Row]) -> list[Row]:
    """Take the rows that are attributes, the newest of each value.

    An IOC that changes while pages are read is on two of them; MISP takes no
    attribute twice.
    """
    newest: dict[tuple[IocType, str], Row] = {}
    for row in rows:
        known = newest.get((row.type, row.value), row)
        if row.type in _KINDS and known.modified <= row.modified:
            newest[row.type, row.value] = row
    return list(newest.values())


def marked(taken: Sequence[Row], event_uuid: str, about: About) -> Misp:
    """Write who makes an event, its marking and its attributes.

    An event may go as far as each of its attributes may.
    """
    level = marking.strictest(row.tlp for row in taken)
    return {
        "Orgc": ORGC,
        "Tag": tlp_tags(level),
        "Attribute": [_attribute(row, event_uuid, level, about) for row in taken],
    }


def tlp_tags(level: str) -> list[Misp]:
    """Write the tag of a level, with the colour that MISP's taxonomy gives it."""
    return [{"name": f"tlp:{level}", "colour": _COLOURS[level]}]


def seconds(microseconds: int) -> str:
    """Write a time as MISP does: seconds, in a string."""
    return str(microseconds // 1_000_000)


def to_json(value: Misp) -> str:
    """Write a document of MISP."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _uuid_of(rows: Sequence[Row], about: About) -> str:
    versions = [f"{row.id} {row.modified}" for row in rows]
    content = "\n".join([f"ip-{_role(about)}", *versions])
    digest = sha256(content.encode()).hexdigest()
    return stix.uuid_of(f"misp event {digest}")


def _attribute(row: Row, event_uuid: str, level: str, about: About) -> Misp:
    kind, category = _KINDS[row.type]
    # MISP knows a UUID once: what is in two events has one in each.
    name = f"misp attribute {event_uuid} {row.type}:{row.value}"
    first = min(row.first_seen, row.last_seen)
    return {
        "uuid": stix.uuid_of(name),
        "type": f"ip-{_role(about)}" if kind == "ip" else kind,
        "category": category,
        "value": row.value,
        "to_ids": _is_to_detect(row),
        "comment": _comment(row, about),
        "timestamp": seconds(row.modified),
        "first_seen": _time(first),
        "last_seen": _time(row.last_seen),
        "distribution": _AS_THE_EVENT,
        "Tag": [*_own_tlp(row, level), *_tags(row, about)],
    }


def _role(about: About) -> str:
    return "dst" if about.options.get("ip_role") == "dst" else "src"


def _is_to_detect(row: Row) -> bool:
    if row.type is IocType.CVE or row.revoked:
        return False
    return row.confidence in ("high", "medium")


def _comment(row: Row, about: About) -> str:
    """Say what MISP has no field for."""
    link = row.article.url if row.article else next(iter(row.references), "")
    parts = (
        _line(row.context or "", _LONGEST_CONTEXT),
        f"confidence {row.score}",
        _sources(row, about),
        _line(link, _LONGEST_LINK),
    )
    return " | ".join(part for part in parts if part)


def _sources(row: Row, about: About) -> str:
    names = [_source_name(one, about) for one in row.sources]
    more = len(names) - _MOST_SOURCES
    rest = [f"{more} more"] if more > 0 else []
    return "; ".join([*names[:_MOST_SOURCES], *rest])


def _source_name(source: str, about: About) -> str:
    origin = about.origins.get(source)
    return _line(origin.name if origin else source, _LONGEST_NAME)


def _own_tlp(row: Row, level: str) -> list[Misp]:
    """Tag what may go further than the event."""
    own = marking.strictest([row.tlp])
    return [] if own == level else tlp_tags(own)


def _tags(row: Row, about: About) -> list[Misp]:
    plain = (_line(one, _LONGEST_TAG) for one in (*row.malware, *row.tags))
    # How far it may go is said by us alone.
    own = [one for one in plain if one and not one.casefold().startswith("tlp:")]
    clusters = [_technique(one, about) for one in row.techniques[:_MOST_TAGS]]
    names = [*_each_once(own)[:_MOST_TAGS], *clusters]
    return [{"name": name} for name in _each_once(names)]


def _each_once(names: Iterable[str]) -> list[str]:
    """Keep the first of those that differ in case only: to MISP they are one."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.casefold(), name)
    return list(found.values())


def _technique(technique: str, about: About) -> str:
    """Name the cluster of MISP's ATT&CK galaxy."""
    if techniques.to_technique(technique) != technique:
        return _line(technique, _LONGEST_TAG)
    name = _line(about.techniques.get(technique, ""), _LONGEST_NAME).replace('"', "")
    cluster = f"{name} - {technique}" if name else technique
    return f'misp-galaxy:mitre-attack-pattern="{cluster}"'


def _line(text: str, longest: int) -> str:
    line = " ".join(text[: 2 * longest].split())
    return "".join(one for one in line if one.isprintable())[:longest].strip()


def _time(microseconds: int) -> str:
    return instants.to_text(microseconds).replace("Z", "+00:00")
