"""How far what we publish may go: the Traffic Light Protocol in STIX.

STIX 2.1 section 7.2.1.4 defines four markings with fixed ids, and all consumers
know them; TLP 2.0 calls WHITE by the name CLEAR and adds AMBER+STRICT, which has
only the marking of OASIS's TLP 2.0 extension. docs/formats/stix.md says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

LEVELS = ("clear", "green", "amber", "amber+strict", "red")
"""From what may go anywhere to what may go nowhere."""

_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_IDS = {
    "clear": "613f2e26-407d-48c7-9eca-b8e91df99dc9",
    "green": "34098fce-860f-48ae-8e50-ebd3cc5e41da",
    "amber": "f88d31f6-486f-44da-b317-01333bde0b82",
    "amber+strict": "939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
}
_NAMES_OF_TLP_1 = {"clear": "white"}


def marking_id(level: str) -> str:
    """Give the id of a marking; an unknown level is the strictest."""
    return f"marking-definition--{_IDS[_known(level)]}"


def strictest(levels: Iterable[str]) -> str:
    """Choose what holds for something that several sources say."""
    known = [LEVELS.index(_known(level)) for level in levels]
    return LEVELS[max(known, default=0)]


def marking_definition(level: str) -> dict[str, Any]:
    """Write a marking exactly as the standard does: others must not differ."""
    level = _known(level)
    if level == "amber+strict":
        return {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": marking_id(level),
            "created": "2022-10-01T00:00:00.000Z",
            "name": "TLP:AMBER+STRICT",
            "extensions": {
                _EXTENSION: {"extension_type": "property-extension", "tlp_2_0": level}
            },
        }
    color = _NAMES_OF_TLP_1.get(level, level)
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": marking_id(level),
        "created": "2017-01-20T00:00:00.000Z",
        "definition_type": "tlp",
        "name": f"TLP:{color.upper()}",
        "definition": {"tlp": color},
    }


def _known(level: str) -> str:
    name = level.strip().lower()
    name = "clear" if name == "white" else name
    return name if name in _IDS else "red"
