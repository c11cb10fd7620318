"""STIX 2.1: the objects that the TAXII collections hold, in one document.

Options: `format` (`bundle` or `objects`, a bare array), `tlp`, `include_identity`,
`include_markings`. docs/formats/stix-export.md
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.core.iocs import marking, stix
from chalicelib.core.lists.row import Row, to_ioc
from chalicelib.export.about import About

_REFS = "object_marking_refs"


def render(rows: Sequence[Row], about: About) -> str:
    """Write a bundle, or its objects alone."""
    objects = [_object_of(row, about) for row in rows]
    whole = [*_identity(about), *_markings(objects, about), *objects]
    if about.options.get("format") == "objects":
        return _json(whole)
    # STIX knows no empty list, and readers stumble over a bundle without objects.
    content = _json(whole or [stix.identity()])
    bundle_id = stix.identifier("bundle", f"bundle:{content}")
    return f'{{"type":"bundle","id":"{bundle_id}","objects":{content}}}'


def _object_of(row: Row, about: About) -> stix.Stix:
    ioc = to_ioc(row)
    written = stix.object_of(ioc, about.origins)
    asked = about.options.get("tlp")
    if asked:
        # Never less than its sources want: who asks may only close it further.
        level = marking.strictest((stix.level_of(ioc, about.origins), asked))
        written[_REFS] = [marking.marking_id(level)]
    return written


def _identity(about: About) -> Iterable[stix.Stix]:
    return [stix.identity()] if about.options.get("include_identity", True) else []


def _markings(objects: Iterable[stix.Stix], about: About) -> Iterable[stix.Stix]:
    if not about.options.get("include_markings", True):
        return []
    used = {ref for one in objects for ref in one[_REFS]}
    return [
        marking.marking_definition(level)
        for level in marking.LEVELS
        if marking.marking_id(level) in used
    ]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
