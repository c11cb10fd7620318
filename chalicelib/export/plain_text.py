"""Values alone, one a line, each once: docs/formats/tables.md."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core.lists.row import Row
from chalicelib.export.about import About


def render(rows: Sequence[Row], _about: About) -> str:
    """Write values; nothing at all where there is none."""
    values = dict.fromkeys(row.value for row in rows if _is_line(row.value))
    return "".join(f"{value}\n" for value in values)


def skipped(rows: Sequence[Row], _about: About) -> int:
    """Count values that are no line of text."""
    return sum(not _is_line(row.value) for row in rows)


def _is_line(value: str) -> bool:
    return value.splitlines() == [value]
