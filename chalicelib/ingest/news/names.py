"""Names of ATT&CK in a text: who attacks, with what, and how.

A name counts as ATT&CK writes it, or in other capitals if it is not all in lower case:
"Lazarus Group" and "LAZARUS GROUP", but no "empire" for Empire. Techniques count as
ATT&CK writes them only.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parents[2] / "data" / "attack-names.json.gz"
_WORD = re.compile(r"[^\W_](?:[\w&.-]*\w)?")


@dataclass(frozen=True, slots=True)
class Name:
    """A thing of ATT&CK: its kind, its id and the name that ATT&CK uses."""

    kind: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names, each sorted and once."""

    actors: tuple[str, ...] = ()
    malware: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()


_Index = Mapping[str, list[tuple[tuple[str, ...], str, Name]]]


def find(text: str) -> Named:
    """Find all names; of names that begin alike, the longest."""
    index = _load()
    words = [match[0] for match in _WORD.finditer(text)]
    lower = [word.lower() for word in words]
    found: set[Name] = set()
    at = 0
    while at < len(words):
        length = 1
        for name, spelt, thing in index.get(lower[at], ()):
            end = at + len(name)
            if tuple(lower[at:end]) == name and _is_it(thing, words[at:end], spelt):
                found.add(thing)
                length = len(name)
                break
        at += length
    return Named(
        actors=_names(found, "actor"),
        malware=_names(found, "malware", "tool"),
        techniques=tuple(sorted(one.id for one in found if one.kind == "technique")),
    )


def _names(found: set[Name], *kinds: str) -> tuple[str, ...]:
    return tuple(sorted({one.name for one in found if one.kind in kinds}))


def _is_it(thing: Name, words: list[str], spelt: str) -> bool:
    text = " ".join(words)
    if text == spelt:
        return True
    return thing.kind != "technique" and not text.islower()


@cache
def _load() -> _Index:
    data = json.loads(gzip.decompress(_FILE.read_bytes()))
    index: dict[str, list[tuple[tuple[str, ...], str, Name]]] = {}
    for kind, identifier, name, aliases in data["names"]:
        thing = Name(kind, identifier, name)
        for alias in aliases:
            words = _WORD.findall(alias)
            lower = tuple(word.lower() for word in words)
            index.setdefault(lower[0], []).append((lower, " ".join(words), thing))
    for many in index.values():
        many.sort(key=lambda row: (-len(row[0]), row[2].kind, row[2].id))
    return index
