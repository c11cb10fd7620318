"""Records to STIX 2.1 objects: plain dicts, properties in the order of the spec.

The only STIX shaper. Ids are UUIDv5 in a namespace of ours, so that the same
thing has the same id in every collection and deployment. docs/formats/stix.md
has the map of fields.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from chalicelib.core import instants
from chalicelib.core.iocs import marking
from chalicelib.core.iocs.ioc import Ioc, IocType
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.iocs.patterns import PATHS, pattern_of

Stix = dict[str, Any]
Origins = Mapping[str, Origin]

NAMESPACE = uuid.UUID("5b1f2c7e-9d54-4f0e-8a63-2f4a1c0d7e95")
BEGINNING = "2025-01-01T00:00:00.000Z"
"""Version of what never changes: our identity, families, techniques, actors."""

MOST_LINKS = 2
"""Relationships of one IOC: each costs as much as the IOC itself."""

_KINDS = {IocType.CVE: "vulnerability", IocType.TECHNIQUE: "attack-pattern"}
_LOST_TLP = "amber"
_LONGEST_LABEL = 100
_WEB_ADDRESS = re.compile(r"https?://[!-~]{3,2000}", re.ASCII)
_TECHNIQUE = re.compile(r"T\d{4}(?:\.\d{3})?", re.ASCII)
_TYPES_OF = {
    "anonymization": "anonymization",
    "anonymizer": "anonymization",
    "tor": "anonymization",
    "proxy": "anonymization",
    "vpn": "anonymization",
    "compromised": "compromised",
    "scanner": "anomalous-activity",
    "scanners": "anomalous-activity",
    "scanning": "anomalous-activity",
}
_TACTICS = {
    "TA0043": "reconnaissance",
    "TA0042": "resource-development",
    "TA0001": "initial-access",
    "TA0002": "execution",
    "TA0003": "persistence",
    "TA0004": "privilege-escalation",
    "TA0005": "defense-evasion",
    "TA0006": "credential-access",
    "TA0007": "discovery",
    "TA0008": "lateral-movement",
    "TA0009": "collection",
    "TA0011": "command-and-control",
    "TA0010": "exfiltration",
    "TA0040": "impact",
}


def identifier(kind: str, name: str) -> str:
    """Give the id of a thing by its name."""
    return f"{kind}--{uuid_of(name)}"


def uuid_of(name: str) -> str:
    """Give the UUID of a name, the same in every deployment."""
    return str(uuid.uuid5(NAMESPACE, name))


IDENTITY_ID = identifier("identity", "taxiway")


def time_text(microseconds: int) -> str:
    """Write a time as STIX does: three decimals and `Z`."""
    return f"{instants.to_text(microseconds)[:-4]}Z"


def identity() -> Stix:
    """Write who makes all our objects."""
    return {
        **head("identity", IDENTITY_ID, None, BEGINNING),
        "name": "Taxiway",
        "description": "Merges what public sources say into one record per indicator.",
        "identity_class": "system",
    }


def id_of(ioc: Ioc) -> str:
    """Give the id of the object that stands for a record."""
    kind = _KINDS.get(ioc.type, "indicator")
    life = "" if ioc.life == 1 else f"#{ioc.life}"
    return identifier(kind, f"{ioc.type}:{ioc.value}{life}")


def object_of(ioc: Ioc, origins: Origins) -> Stix:
    """Write the object that stands for a record, in its version."""
    common = _common(ioc, origins)
    if ioc.type is IocType.CVE:
        return _with(common, name=ioc.value, description=ioc.context)
    if ioc.type is IocType.TECHNIQUE:
        common["created"] = BEGINNING
        return _with(common, name=ioc.value, description=ioc.context)
    start = ioc.first_seen if ioc.life == 1 else ioc.created
    end = None if ioc.valid_until is None else time_text(ioc.valid_until)
    phases = [_TACTICS[one] for one in ioc.techniques if one in _TACTICS]
    return _with(
        common,
        name=ioc.value,
        description=ioc.context or _listed_by(ioc, origins),
        indicator_types=_indicator_types(ioc, origins),
        pattern=pattern_of(ioc.type, ioc.value),
        pattern_type="stix",
        pattern_version="2.1",
        valid_from=time_text(start),
        valid_until=end,
        kill_chain_phases=[
            {"kill_chain_name": "mitre-attack", "phase_name": phase} for phase in phases
        ],
    )


def links_of(ioc: Ioc) -> list[tuple[str, str]]:
    """Name what an indicator points to: families first, then techniques."""
    if ioc.type not in PATHS:
        return []
    links = [("malware", name) for name in ioc.malware]
    links += [
        ("attack-pattern", one) for one in ioc.techniques if _TECHNIQUE.match(one)
    ]
    return links[:MOST_LINKS]


def relationship(ioc: Ioc, target: str, origins: Origins) -> Stix:
    """Write that an indicator indicates something, in the record's version."""
    source = id_of(ioc)
    version = time_text(ioc.modified)
    return {
        **head(
            "relationship",
            identifier("relationship", f"{source} indicates {target}"),
            IDENTITY_ID,
            version,
        ),
        "confidence": ioc.confidence,
        "object_marking_refs": [marking.marking_id(level_of(ioc, origins))],
        "relationship_type": "indicates",
        "source_ref": source,
        "target_ref": target,
    }


def named(kind: str, name: str) -> Stix:
    """Write a malware family, an intrusion set or a technique. It never changes."""
    if kind == "attack-pattern":
        return {
            **head(kind, identifier(kind, f"mitre_attack:{name}"), IDENTITY_ID),
            "external_references": [_attack_reference(name)],
            "object_marking_refs": [marking.marking_id("clear")],
            "name": name,
        }
    written: Stix = {
        **head(kind, identifier(kind, name.casefold()), IDENTITY_ID),
        "object_marking_refs": [marking.marking_id("clear")],
        "name": name,
    }
    if kind == "malware":
        written["is_family"] = True
    return written


def named_id(kind: str, name: str) -> str:
    """Give the id of what `named` writes."""
    return str(named(kind, name)["id"])


def head(
    kind: str, object_id: str, creator: str | None, version: str = BEGINNING
) -> Stix:
    """Write what every object begins with."""
    author = {} if creator is None else {"created_by_ref": creator}
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": object_id,
        **author,
        "created": version,
        "modified": version,
    }


def reference(text: str) -> Stix:
    """Write an external reference; what is no web address is a description."""
    if _WEB_ADDRESS.fullmatch(text) and (host := _host(text)):
        return {"source_name": host, "url": safe_url(text)}
    return {"source_name": "reference", "description": text}


def labels(*texts: Iterable[str]) -> list[str]:
    """Unite labels."""
    found = {one.strip()[:_LONGEST_LABEL] for some in texts for one in some}
    return sorted(found - {""})


def _common(ioc: Ioc, origins: Origins) -> Stix:
    kind = _KINDS.get(ioc.type, "indicator")
    common = head(kind, id_of(ioc), IDENTITY_ID, time_text(ioc.modified))
    common["created"] = time_text(ioc.created)
    if ioc.revoked:
        common["revoked"] = True
    categories = [origin.category for _, origin in _origins(ioc, origins) if origin]
    return _with(
        common,
        labels=labels(ioc.tags, categories, ioc.malware),
        confidence=ioc.confidence,
        external_references=list(_references(ioc, origins)),
        object_marking_refs=[marking.marking_id(level_of(ioc, origins))],
    )


def _references(ioc: Ioc, origins: Origins) -> Iterator[Stix]:
    if ioc.type is IocType.CVE:
        url = f"https://www.cve.org/CVERecord?id={ioc.value}"
        yield {"source_name": "cve", "external_id": ioc.value, "url": url}
    if ioc.type is IocType.TECHNIQUE:
        yield _attack_reference(ioc.value)
    for name, origin in _origins(ioc, origins):
        if origin is None:
            yield {"source_name": name, "description": "no longer read"}
        else:
            about = {"description": origin.attribution} if origin.attribution else {}
            yield {"source_name": origin.name, **about, "url": safe_url(origin.url)}
    yield from map(_attack_reference, ioc.techniques)
    yield from map(reference, ioc.references)


def _attack_reference(technique: str) -> Stix:
    path = technique.replace(".", "/")
    room = "tactics" if technique.startswith("TA") else "techniques"
    return {
        "source_name": "mitre-attack",
        "external_id": technique,
        "url": f"https://attack.mitre.org/{room}/{path}/",
    }


def _origins(ioc: Ioc, origins: Origins) -> Iterator[tuple[str, Origin | None]]:
    return ((name, origins.get(name)) for name in sorted(ioc.sources))


def level_of(ioc: Ioc, origins: Origins) -> str:
    """Tell how far what is said of an IOC may go: as far as each source lets it."""
    return marking.strictest(
        origin.tlp if origin else _LOST_TLP for _, origin in _origins(ioc, origins)
    )


def _listed_by(ioc: Ioc, origins: Origins) -> str:
    names = [origin.name if origin else one for one, origin in _origins(ioc, origins)]
    return f"Listed by {', '.join(names)}"


def _indicator_types(ioc: Ioc, origins: Origins) -> list[str]:
    categories = {origin.category for _, origin in _origins(ioc, origins) if origin}
    found = {_TYPES_OF.get(one, "malicious-activity") for one in categories}
    return sorted(found) or ["malicious-activity"]


def safe_url(url: str) -> str:
    """Escape what strict readers stumble over; what is escaped stays so."""
    return quote(url, safe=":/?#@!$&'()*+,;=%~-._")


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _with(common: Stix, **properties: Any) -> Stix:
    """Add those properties that say something."""
    given = {
        name: value for name, value in properties.items() if value not in (None, "", [])
    }
    return {**common, **given}
