"""JSON lines: each row as the list shows it. docs/formats/tables.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chalicelib.core.lists.row import Row, to_json
from chalicelib.export.about import About


def render(rows: Sequence[Row], _about: About) -> str:
    """Write one JSON object a line, nothing at all where there is no row."""
    return written(map(to_json, rows))


def written(rows: Iterable[bytes]) -> str:
    """Write rows that are JSON already."""
    return "".join(f"{row.decode()}\n" for row in rows)
