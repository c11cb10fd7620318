"""How far something may be passed on: labels of the Traffic Light Protocol."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.ingest.source import TLP

_LEVELS = {label: level for level, label in enumerate(TLP)} | {"white": 0}
_MARKINGS = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "clear",
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "green",
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "amber",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "amber+strict",
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "red",
}


def closest(said: Iterable[Any]) -> str:
    """Give the most closed of some labels, tags or ids of markings."""
    level = 0
    for one in said:
        if isinstance(one, str):
            name = _MARKINGS.get(one, one).strip().lower().removeprefix("tlp:")
            level = max(level, _LEVELS.get(name, 0))
    return TLP[level]


def refusal(said: Iterable[Any], allowed: str) -> str | None:
    """Say why something is not for the readers of a source, None when it is."""
    label = closest(said)
    if _LEVELS[label] <= _LEVELS[allowed]:
        return None
    return f"marked TLP:{label.upper()}"
