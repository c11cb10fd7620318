"""schemathesis, a judge of others, asks all that openapi.json offers and much that it forbids.

What it sends is the same every time; `--hypothesis-profile=deep` sends much more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator
from requests import Session
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from tests.support.served import Served, served
from tests.support.stock import stock

DOCUMENT = Path(__file__).parents[2] / "chalicelib/data/openapi.json"
EXAMPLES = 5 if settings.get_current_profile_name() == "default" else 500

# What is as the schema says and still makes no sense, which no schema can tell:
# cursors come out of answers, times can contradict each other, not every text is
# a value. Only a 400 that names one of these is let pass.
WITH_MEANING = {
    "list_iocs": {"cursor", "offset", "since", "until"},
    "list_articles": {
        "cursor",
        "offset",
        "modified_since",
        "sort",
        "q",
        "category",
        "source",
        "threat_actor",
        "mitre_technique",
        "cve_text_search",
        "limit",
    },
    "look_up": {"ioc"},
    "look_up_many": {"expand"},
    "create_key": {"expires_in_days", "name", "tier", "owner", "grants", "allowed_ips"},
    "delete_object": {"match[version]"},
} | {
    f"export_{name}": {"cursor", "since", "until"}
    for name in ("stix", "misp", "cef", "openioc", "sigma", "blocklist")
}
WITH_MEANING["export_blocklist"].add("type")
WITH_MEANING |= {
    name: {"added_after", "next", "match[version]"}
    for name in ("get_manifest", "get_objects", "get_object", "list_versions")
}

OPERATIONS = [
    operation["operationId"]
    for item in json.loads(DOCUMENT.read_text())["paths"].values()
    for operation in item.values()
    if isinstance(operation, dict)
]

config = SchemathesisConfig()
config.projects.default.generation.update(
    deterministic=True, with_security_parameters=False, database="none"
)
schema = schemathesis.openapi.from_path(DOCUMENT, config=config)


World = tuple[Served, dict[str, str], Session]


@schemathesis.deserializer("text/yaml", "application/yaml")
def several_documents(_context, answer) -> str:
    """Read all documents of a stream; the text itself is what openapi.json tells of."""
    text = answer.content.decode()
    list(yaml.safe_load_all(text))
    return text


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with served() as one, Session() as session:
        yield one, stock(one.container), session


def check(case, world: World) -> None:
    one, places, session = world
    raw = case.operation.definition.raw
    key = one.admin if "Operators" in raw["tags"] else one.key
    positive = case.meta.generation.mode.is_positive
    if positive:
        known = set(case.path_parameters or ()) & set(places)
        case.path_parameters |= {name: places[name] for name in known}
    headers = {"Authorization": f"Bearer {key}"}
    answer = case.call(base_url=one.url, headers=headers, session=session)
    excluded = []
    if positive and answer.status_code == 400:
        details = answer.json()["error"].get("details", {})
        if details.get("field") in WITH_MEANING.get(raw["operationId"], ()):
            excluded.append(positive_data_acceptance)
    elif not (positive or case.path_parameters) and is_as_declared(answer, raw):
        excluded.append(negative_data_rejection)
    case.validate_response(answer, excluded_checks=excluded)


def is_as_declared(answer, operation) -> bool:
    """Tell whether what came over the wire is valid: an empty list does not come at all."""
    if answer.request.body:
        return False
    declared = {one["name"]: one for one in operation.get("parameters", ())}
    given = parse_qsl(urlsplit(answer.request.url).query, keep_blank_values=True)
    return len(dict(given)) == len(given) and all(
        name in declared and is_valid(value, declared[name]["schema"])
        for name, value in given
    )


def is_valid(text: str, schema) -> bool:
    value: object = text
    with suppress(ValueError):
        if schema["type"] in ("integer", "number", "boolean"):
            value = json.loads(text)
    if schema["type"] == "array":
        value = text.split(",")
    return Draft202012Validator(schema).is_valid(value)


def made_for(operation_id: str):
    @schema.include(operation_id=operation_id).parametrize()
    @settings(
        max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck)
    )
    def test(case, world):
        check(case, world)

    return test


# A function for each: tests of one function would all have one id, and of those
# pytest-xdist runs the first.
globals().update(
    (f"test_{name}_answers_as_the_document_says", made_for(name)) for name in OPERATIONS
)
