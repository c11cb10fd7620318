"""What a cold Lambda loads before its first request."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SLOW = (
    "stix2",
    "requests",
    "pydantic",
    "rich",
    "typer",
    "ministack",
    "chalice.cli",
    "hypothesis",
)
WHEN_ASKED_FOR = (
    "chalicelib.api.iocs.verdicts",
    "chalicelib.api.models",
    "chalicelib.api.schemas",
    "chalicelib.core.assess",
    "chalicelib.core.refanging",
    "chalicelib.edge.openapi",
    "chalicelib.export.blocking",
    "chalicelib.export.cef",
    "chalicelib.export.misp",
    "chalicelib.export.openioc",
    "chalicelib.export.stix",
    "chalicelib.export.syslog",
    "chalicelib.ingest",
    "chalicelib.services.lookup",
    "chalicelib.services.misp",
    "chalicelib.services.search",
    "chalicelib.services.stats",
)
"""What some requests need and most do not: loaded by the first of them."""


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(result.stdout.split())


def test_the_api_loads_no_library_that_it_does_not_serve_with():
    modules = loaded_by("import app")
    assert "chalice.app" in modules
    assert [name for name in SLOW if name in modules] == []
    assert [name for name in modules if name.startswith(WHEN_ASKED_FOR)] == []


def test_building_everything_makes_no_client():
    statement = (
        "import app, gc; from chalicelib.container import current; current(); "
        "from chalicelib.store.dynamo.client import Client; "
        "clients = [o for o in gc.get_objects() if isinstance(o, Client)]; "
        "assert clients and not any('raw' in vars(one) for one in clients)"
    )
    assert "chalicelib.container" in loaded_by(statement)


def test_the_upkeep_function_loads_without_the_api():
    modules = loaded_by("import chalicelib.jobs.upkeep")
    assert [name for name in modules if name.startswith("chalicelib.taxii")] == []
    assert [name for name in modules if name.startswith("chalicelib.edge")] == []
