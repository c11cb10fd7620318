"""One operation: what it is for, who may, what it takes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.access.tiers import ONE, Tiers
from chalicelib.edge.dialect import TAXII, Dialect
from chalicelib.edge.openapi import answers
from chalicelib.edge.operation import Door, Operation, Traits, View
from chalicelib.edge.parameters import Parameter

Json = dict[str, Any]

_IN_PATH = re.compile(r"\{(\w+)\}")
_SCHEMES = {
    Door.OPEN: (),
    Door.KEY: ("bearer", "header", "basic"),
    Door.ADMIN: ("bearer", "header", "session"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """What routes do not say of themselves.

    `paths` has the parts of paths by name, `tags` the tag of paths by their
    beginning (the longest counts), `more` further traits by the view's name,
    `statuses` further errors, `optional` the bodies that may be left out.
    """

    tiers: Tiers
    paths: Mapping[str, Mapping[str, Any]]
    tags: Mapping[str, str]
    more: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    statuses: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()


def place(path: str, dialect: Dialect) -> str:
    """Give a path as clients should write it: TAXII's end with a slash."""
    return path + "/" if dialect is TAXII else path


def describe(path: str, dialect: Dialect, operation: Operation, table: Table) -> Json:
    """Describe one method of a path."""
    name = operation.view.__name__
    traits = replace(operation.traits, **table.more.get(name, {}))
    summary, text = _said(operation.view)
    told: Json = {
        "tags": [_tag(path, table)],
        "operationId": name,
        "summary": summary,
        "description": "\n\n".join(filter(None, (text, _terms(traits, table)))),
        "security": _security(traits),
    }
    if traits.parameters:
        told["parameters"] = [_parameter(one) for one in traits.parameters]
    if traits.takes:
        media_type = dialect.media_type
        schema = {"$ref": f"#/components/schemas/{traits.takes}"}
        told["requestBody"] = {
            "required": traits.takes not in table.optional,
            "content": {media_type: {"schema": schema}},
        }
    more = table.statuses.get(name, ())
    told["responses"] = answers.of(traits, dialect, in_path="{" in path, more=more)
    return {key: one for key, one in told.items() if one != ""}


def path_parameters(path: str, table: Table) -> list[Json]:
    """Describe what a path holds."""
    return [
        {"name": name, "in": "path", "required": True, **table.paths[name]}
        for name in _IN_PATH.findall(path)
    ]


def _said(view: View) -> tuple[str, str]:
    """Split a docstring: its first line, and the rest as paragraphs."""
    first, _, rest = (inspect.getdoc(view) or "").partition("\n")
    paragraphs = [" ".join(one.split()) for one in rest.split("\n\n")]
    return first.removesuffix("."), "\n\n".join(filter(None, paragraphs))


def _terms(traits: Traits, table: Table) -> str:
    if traits.door is Door.OPEN:
        return "Open to all."
    if traits.door is Door.ADMIN:
        return "For operators: an admin key, or a session."
    tiers = table.tiers
    said = []
    if traits.scope:
        said.append(f"Scope `{traits.scope}`.")
    required = tiers.needed(traits.needs)
    if required:
        said.append(f"Tier `{required}` or higher.")
    cost = tiers.cost(traits.counts) / ONE
    said.append(f"Counts {cost:g} request{'' if cost == 1 else 's'}.")
    for form, row in traits.counts_as.items():
        said.append(f"With `format={form}` it counts {tiers.cost(row) / ONE:g}.")
    return " ".join(said)


def _security(traits: Traits) -> list[Json]:
    scopes = [traits.scope] if traits.scope else []
    return [{name: scopes} for name in _SCHEMES[traits.door]]


def _tag(path: str, table: Table) -> str:
    longest = max((one for one in table.tags if path.startswith(one)), key=len)
    return table.tags[longest]


def _parameter(one: Parameter) -> Json:
    about = one.about.removesuffix(".") + "."
    if one.aliases:
        others = " or ".join(f"`{name}`" for name in one.aliases)
        about = f"{about} May be written {others} too."
    told: Json = {
        "name": one.name,
        "in": "query",
        "description": about,
        "required": one.required,
        "schema": _schema(one),
    }
    if one.schema.get("type") == "array":
        told |= {"style": "form", "explode": False}
    if one.example is not None:
        told["example"] = _example(one)
    return told


def _schema(one: Parameter) -> Json:
    if one.default is None or "anyOf" in one.schema:
        return one.schema
    default = list(one.default) if isinstance(one.default, tuple) else one.default
    return {**one.schema, "default": default}


def _example(one: Parameter) -> Any:
    """Read the example, which is written as in a URL, where it is no time."""
    read = one.parse(one.example or "")
    if "anyOf" in one.schema:
        return one.example
    return list(read) if isinstance(read, tuple) else read
