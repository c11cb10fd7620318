"""What ATT&CK calls its techniques and tactics, by their ids."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).parents[1] / "data" / "attack-titles.json.gz"
_SITE = "https://attack.mitre.org"
_TACTIC = "TA"


class Titled(NamedTuple):
    """A technique or tactic; None where ATT&CK has no such id."""

    id: str
    name: str | None
    url: str


def titled(identifier: str) -> Titled:
    """Name a technique or tactic. The names are read at the first call."""
    room = "tactics" if is_tactic(identifier) else "techniques"
    path = identifier.replace(".", "/")
    return Titled(identifier, _load().get(identifier), f"{_SITE}/{room}/{path}/")


def is_tactic(identifier: str) -> bool:
    """Tell whether an id is that of a tactic."""
    return identifier.startswith(_TACTIC)


@cache
def _load() -> Mapping[str, str]:
    titles: Mapping[str, str] = json.loads(gzip.decompress(_FILE.read_bytes()))[
        "titles"
    ]
    return titles
