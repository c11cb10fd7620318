"""STIX to send: small, valid objects with fresh ids."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from tests.taxii.client import Stix

V1 = "2020-01-01T00:00:00.123Z"
V2 = "2021-01-01T00:00:00.000Z"
V3 = "2022-01-01T00:00:00.000Z"

STIX_TYPES = (
    *("attack-pattern", "campaign", "course-of-action", "grouping", "identity"),
    *("incident", "indicator", "infrastructure", "intrusion-set", "location"),
    *("malware", "malware-analysis", "note", "observed-data", "opinion", "report"),
    *("threat-actor", "tool", "vulnerability", "relationship", "sighting"),
    *("artifact", "autonomous-system", "directory", "domain-name", "email-addr"),
    *("email-message", "file", "ipv4-addr", "ipv6-addr", "mac-addr", "mutex"),
    *("network-traffic", "process", "software", "url", "user-account"),
    *("windows-registry-key", "x509-certificate"),
    *("marking-definition", "language-content", "extension-definition"),
)


def new_id(stix_type: str) -> str:
    """Return an id that nothing has yet."""
    return f"{stix_type}--{uuid4()}"


def sdo(stix_type: str, **properties: object) -> Stix:
    """Return an object with id, created and modified."""
    return {
        "type": stix_type,
        "spec_version": "2.1",
        "id": new_id(stix_type),
        "created": V1,
        "modified": V1,
        **properties,
    }


def indicator(**properties: object) -> Stix:
    """Return an indicator of one domain."""
    own = {
        "name": "Malicious domain",
        "indicator_types": ["malicious-activity"],
        "pattern": f"[domain-name:value = '{uuid4().hex}.example']",
        "pattern_type": "stix",
        "valid_from": V1,
    }
    return sdo("indicator", **{**own, **properties})


def malware(**properties: object) -> Stix:
    """Return a malware object."""
    return sdo("malware", **{"name": "Mud", "is_family": False, **properties})


def identity(**properties: object) -> Stix:
    """Return an identity."""
    own = {"name": "Taxiway", "identity_class": "organization"}
    return sdo("identity", **{**own, **properties})


def identity_20(**properties: object) -> Stix:
    """Return a STIX 2.0 identity: it has no spec_version."""
    found = identity(**properties)
    del found["spec_version"]
    return found


def marking(**properties: object) -> Stix:
    """Return a marking-definition: it has created and no modified."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": new_id("marking-definition"),
        "created": V2,
        "definition_type": "statement",
        "definition": {"statement": "For tests only"},
        **properties,
    }


def address(**properties: object) -> Stix:
    """Return an SCO: it has no dates at all."""
    return {
        "type": "ipv4-addr",
        "spec_version": "2.1",
        "id": new_id("ipv4-addr"),
        "value": "198.51.100.7",
        **properties,
    }


def bare_address(**properties: object) -> Stix:
    """Return an SCO without spec_version, which STIX takes for 2.1."""
    found = address(**properties)
    del found["spec_version"]
    return found


def relationship(**properties: object) -> Stix:
    """Return a relationship with its two times."""
    own = {
        "relationship_type": "indicates",
        "source_ref": new_id("indicator"),
        "target_ref": new_id("malware"),
        "start_time": "2021-03-04T05:06:07.123456Z",
        "stop_time": "2022-03-04T05:06:07Z",
    }
    return sdo("relationship", **{**own, **properties})


def three_versions() -> tuple[Stix, Stix, Stix]:
    """Return versions 1, 2 and 3 of one indicator, in the order of `modified`."""
    first = indicator(created=V1, modified=V1, name="one")
    return (
        first,
        {**first, "modified": V2, "name": "two"},
        {**first, "modified": V3, "name": "three"},
    )


def heavy(size: int, **properties: object) -> Stix:
    """Return an indicator of about `size` bytes."""
    return indicator(description="lorem ipsum " * (size // 12), **properties)
