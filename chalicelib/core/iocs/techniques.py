"""Identifiers of MITRE ATT&CK, wherever they stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

_KINDS = {
    "TA": "tactic",
    "T": "technique",
    "S": "software",
    "G": "group",
    "M": "mitigation",
    "C": "campaign",
}
_ID = re.compile(r"(TA|[TSGMC])(\d{4})(?:\.(\d{3}))?", re.ASCII)
_TECHNIQUE = re.compile(
    # Enterprise and mobile begin with 1, industrial control systems with 07 to 09.
    r"(?<![\w.-])T(?:1\d{3}|0[789]\d\d)(?:[./](\d{3}))?(?![\w-]|\.\d)",
    re.ASCII | re.IGNORECASE,
)


def kind_of(text: str) -> str | None:
    """Tell what an identifier names: a technique, a tactic, a group, and so on."""
    match = _ID.fullmatch(text.strip().upper())
    if match is None or (match[3] and match[1] != "T"):
        return None
    return _KINDS[match[1]]


def to_technique(text: str) -> str | None:
    """Write the id of a technique or sub-technique; None for anything else."""
    name = text.strip().upper()
    return name if kind_of(name) == "technique" else None


def find(text: str) -> tuple[str, ...]:
    """Find techniques that a text names by their ids, sorted, each once."""
    return tuple(sorted({_write(match) for match in _TECHNIQUE.finditer(text)}))


def find_all(texts: Iterable[str]) -> tuple[str, ...]:
    """Find techniques in several texts."""
    return tuple(sorted({one for text in texts for one in find(text)}))


def _write(match: re.Match[str]) -> str:
    return match[0].upper().replace("/", ".")
