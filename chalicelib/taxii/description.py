"""What OpenAPI says of the TAXII routes. Only for building the document.

Their parameters are read by filters.py, more leniently than ours: what is unknown
is let pass, as TAXII clients send many things.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.edge.parameters import Parameter
from chalicelib.taxii.filters import DEFAULT_LIMIT, MOST


def _text(name: str, about: str, **rest: Any) -> Parameter:
    """Declare what is read as it comes; an empty text is none."""
    return Parameter(name, about, {"type": "string"}, str, **rest)


_ID = _text("match[id]", "Ids of objects, with commas.")
_TYPE = _text("match[type]", "Types of objects, with commas.", example="indicator")
_VERSION = _text(
    "match[version]",
    "Versions of objects: first, last, all, or times of `modified`, with commas.",
    example="last",
)
_SPEC = _text("match[spec_version]", "Versions of STIX, with commas.", example="2.1")
_PLACE: tuple[Parameter, ...] = (
    _text(
        "added_after",
        "What was added behind this time; not before the look-back of the tier.",
        example="2026-01-31T12:00:00Z",
    ),
    Parameter(
        "limit",
        f"Items of a page; as if {MOST:,} where more is asked for.",
        {"type": "integer", "minimum": 1},
        int,
        default=DEFAULT_LIMIT,
    ),
    _text("next", "The `next` of an answer of this collection, to go on from there."),
)
_PAGE = (*_PLACE, _ID, _TYPE, _VERSION, _SPEC)
_ONE = (*_PLACE, _VERSION, _SPEC)

MORE: Mapping[str, Mapping[str, Any]] = {
    "get_discovery": {"returns": "Discovery"},
    "get_api_root": {"returns": "ApiRoot"},
    "get_status": {"returns": "Status"},
    "list_collections": {"returns": "Collections"},
    "get_collection": {"returns": "Collection"},
    "get_manifest": {"parameters": _PAGE, "returns": "Manifest"},
    "get_objects": {"parameters": _PAGE, "returns": "Envelope"},
    "add_objects": {"takes": "NewObjects", "returns": "Status"},
    "get_object": {"parameters": _ONE, "returns": "Envelope"},
    "delete_object": {"parameters": (_VERSION, _SPEC), "returns": "Nothing"},
    "list_versions": {"parameters": (*_PLACE, _SPEC), "returns": "Versions"},
}
"""Traits by the names of views."""
