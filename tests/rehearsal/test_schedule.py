"""A rule of time calls its function, with the rights and the event of AWS."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.support.deployment import PREFIX

if TYPE_CHECKING:
    from tests.rehearsal.support.deployment import Deployment

pytestmark = pytest.mark.rehearsal

_PATIENCE = 100


def test_the_upkeep_runs_by_itself_and_compacts(deployed: Deployment):
    """The fixture `deployed` has made the rule one of a minute."""
    logs = deployed.aws.client("logs")
    group = f"/aws/lambda/{PREFIX}-upkeep"
    until = time.monotonic() + _PATIENCE
    lines: list[str] = []
    while not any("compacted_segments" in line for line in lines):
        assert time.monotonic() < until, f"the rule did not fire: {lines}"
        time.sleep(0.5)
        lines = [
            one["message"]
            for one in logs.filter_log_events(logGroupName=group)["events"]
        ]
    assert not any("Traceback" in line or "Task timed out" in line for line in lines)
    told = [json.loads(line) for line in lines if line.startswith("{")]
    done = [one for one in told if one.get("message") == "compacted"]
    assert deployed.collection in {one["collection"] for one in done}, lines


def test_the_ingestion_runs_from_its_zip_with_its_own_rights(deployed: Deployment):
    """No source is read here; the rest of a run is done: collections, expiry."""
    event = {
        "version": "0",
        "id": "a-made-up-event",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-11-21T00:00:00Z",
        "region": deployed.aws.region,
        "resources": [],
        "detail": {},
    }
    answer = deployed.aws.client("lambda").invoke(
        FunctionName=f"{PREFIX}-ingest", Payload=json.dumps(event)
    )
    said = answer["Payload"].read().decode()
    assert "FunctionError" not in answer, said
    listed = deployed.project.taxiway("collections", "list", "--json").json
    assert {"all", "network", "hashes", "urls-domains", "cves", "articles"} <= {
        one["alias"] for one in listed
    }
