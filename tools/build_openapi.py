"""Build chalicelib/data/openapi.json from the routes of app.py.

    python -m tools.build_openapi

The same code makes the same bytes. Run it as `make openapi` after any change of a
route, a parameter or a model of chalicelib/api/schemas.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from app import ROUTES
from chalicelib.access import tiers
from chalicelib.api import models, schemas
from chalicelib.edge.openapi.document import About, document, schemas_of, to_text
from chalicelib.edge.openapi.operations import Table
from chalicelib.taxii import description

TARGET = Path(__file__).parents[1] / "chalicelib" / "data" / "openapi.json"

ABOUT = About(
    info={
        "title": "Taxiway",
        "version": "1.0.0",
        "summary": "Indicators of compromise over REST and TAXII 2.1.",
        "description": (
            "Lists, lookup, statistics, articles, exports and TAXII collections, with "
            "one kind of key for all of them. Errors have one form, limits are told in "
            "headers, and lists go on by cursor."
        ),
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    server="/api",
    tags={
        "IOCs": "Lists of indicators, and search.",
        "Lookup": "All that is known of single values.",
        "Statistics": "Numbers of the whole.",
        "Exports": "The list in the formats of other products.",
        "Articles": "Reports, with what is in them.",
        "Feeds": "The sources, and how they do.",
        "TAXII": "Collections by TAXII 2.1; the numbers are sections of its standard.",
        "Operators": "Keys and sessions, for operators.",
        "Service": "About the service itself.",
    },
)
TAGS = {
    "/": "Service",
    "/taxii2": "TAXII",
    "/v1/articles": "Articles",
    "/v1/feeds": "Feeds",
    "/v1/iocs": "IOCs",
    "/v1/iocs/blocklist": "Exports",
    "/v1/iocs/cef": "Exports",
    "/v1/iocs/misp": "Exports",
    "/v1/iocs/openioc": "Exports",
    "/v1/iocs/sigma": "Exports",
    "/v1/iocs/stats": "Statistics",
    "/v1/iocs/stix": "Exports",
    "/v1/keys": "Operators",
    "/v1/lookup": "Lookup",
    "/v1/misp": "Exports",
    "/v1/session": "Operators",
}
HEX = "[0-9a-fA-F]"
EVENT = rf"^{HEX}{{8}}(-{HEX}{{4}}){{3}}-{HEX}{{12}}\.json$"
UUID = {"type": "string", "format": "uuid"}
PATHS: dict[str, dict[str, Any]] = {
    "article_id": {"description": "Id of an article.", "schema": UUID},
    "collection": {
        "description": "Id or alias of a collection.",
        "schema": {"type": "string", "minLength": 1},
        "example": "all-iocs",
    },
    "event": {
        "description": "Name of an event's file, as the manifest has it.",
        "schema": {"type": "string", "pattern": EVENT},
    },
    "key_id": {"description": "Id of a key, not the key.", "schema": UUID},
    "object_id": {
        "description": "Id of a STIX object.",
        "schema": {"type": "string", "minLength": 1},
    },
    "status_id": {"description": "Id in the answer to a POST.", "schema": UUID},
}
STATUSES = {"create_key": (404, 409), "add_objects": (400,)}


def build() -> str:
    """Write the document."""
    table = Table(
        tiers=tiers.load(),
        paths=PATHS,
        tags=TAGS,
        more=description.MORE,
        statuses=STATUSES,
        optional=frozenset({"RevokeKey"}),
    )
    written = document(ABOUT, ROUTES, table, {})
    known = known_models()
    names = sorted(set(re.findall(r"/schemas/(\w+)", to_text(written))))
    missing = [name for name in names if name not in known]
    if missing:
        raise SystemExit(f"no model in chalicelib/api/schemas: {', '.join(missing)}")
    found = schemas_of([known[name] for name in names])
    return to_text(document(ABOUT, ROUTES, table, found))


def known_models() -> dict[str, type[BaseModel]]:
    """Find the models of bodies and answers by name."""
    names = [one.name for one in pkgutil.iter_modules(schemas.__path__)]
    modules = [importlib.import_module(f"{schemas.__name__}.{one}") for one in names]
    return {
        name: one
        for module in (models, *modules)
        for name, one in inspect.getmembers(module, inspect.isclass)
        if issubclass(one, BaseModel) and one.__module__ == module.__name__
    }


def main() -> None:
    """Write the file."""
    text = build()
    TARGET.write_text(text)
    print(f"{TARGET.name}: {len(text):,} characters")


if __name__ == "__main__":
    main()
