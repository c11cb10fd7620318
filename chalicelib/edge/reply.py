"""What a view answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, a body that is written already, and headers.

    `media_type` None leaves it to the room's dialect.
    """

    body: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str | None = None


def to_json(value: object) -> str:
    """Write compact JSON, with characters as they are."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
