"""CSV by RFC 4180 that no spreadsheet mistakes for formulas.

docs/formats/tables.md
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from chalicelib.core import instants
from chalicelib.core.lists.row import Row
from chalicelib.export.about import About

COLUMNS = (
    "id",
    "type",
    "value",
    "confidence",
    "first_seen",
    "last_seen",
    "source_article",
    "source_feed",
    "category",
    "tags",
)

_BETWEEN = ";"
# What Excel, LibreOffice and others take for a formula, or leave out before one.
# The last four are the full-width forms: Excel takes them in East Asian locales.
_STARTS_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def render(rows: Sequence[Row], _about: About) -> str:
    """Write a header and a line for each row."""
    text = StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(COLUMNS)
    table.writerows(map(_cells, rows))
    return text.getvalue()


def _cells(row: Row) -> Iterable[str]:
    cells = (
        row.id,
        str(row.type),
        row.value,
        row.confidence,
        instants.to_text(row.first_seen),
        instants.to_text(row.last_seen),
        row.article.url if row.article else "",
        row.feed,
        row.category,
        joined(row.tags),
    )
    return map(harmless, cells)


def joined(texts: Iterable[str]) -> str:
    """Write several texts into one cell."""
    # Guarded one by one: where `;` separates columns, each becomes a cell.
    parts = (harmless(text.replace(_BETWEEN, ",")) for text in texts)
    return _BETWEEN.join(parts)


def harmless(cell: str) -> str:
    """Write a cell so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith(_STARTS_FORMULA) else cell
