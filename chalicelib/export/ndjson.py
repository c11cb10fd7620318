"""JSON lines: each row as the list shows it. docs/formats/tables.md."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core.lists.row import Row, to_json
from chalicelib.export.about import About


def render(rows: Sequence[Row], _about: About) -> str:
    """Write one JSON object a line, nothing at all where there is no row."""
    return "".join(f"{to_json(row).decode()}\n" for row in rows)
