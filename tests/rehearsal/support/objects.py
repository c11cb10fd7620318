"""STIX objects for the rehearsal: made up, and real."""

from __future__ import annotations

import gzip
import json
import uuid
from typing import TYPE_CHECKING, Any

from tests.rehearsal.support.deployment import TAXII
from tests.rehearsal.support.environments import ROOT

if TYPE_CHECKING:
    from tests.rehearsal.support.deployment import Deployment, Key


def indicator(number: int) -> dict[str, Any]:
    """Make an indicator that no other has the id of."""
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{uuid.uuid4()}",
        "created": "2026-01-02T03:04:05.000Z",
        "modified": "2026-01-02T03:04:05.000Z",
        "name": f"number {number}",
        "pattern": f"[ipv4-addr:value = '198.51.100.{number}']",
        "pattern_type": "stix",
        "valid_from": "2026-01-02T03:04:05Z",
    }


def attack_for_ics() -> list[dict[str, Any]]:
    """Read ATT&CK for ICS, which the project has as demo data."""
    packed = ROOT / "taxiway/demo_data/attack-ics.json.gz"
    objects: list[dict[str, Any]] = json.loads(gzip.decompress(packed.read_bytes()))[
        "objects"
    ]
    return objects


def post(deployed: Deployment, key: Key, objects: list[dict[str, Any]]) -> None:
    """Add objects to the deployment's collection."""
    path = f"/taxii2/api/collections/{deployed.collection}/objects/"
    body = json.dumps({"objects": objects}).encode()
    answer = deployed.ask(path, "POST", body, Content_Type=TAXII, **key.bearer)
    assert answer.status == 202, answer.body
    assert answer.json["success_count"] == len(objects)
