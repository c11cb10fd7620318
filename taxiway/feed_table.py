"""Rows added to the table of sources, checked as they will be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chalicelib.ingest import source
from chalicelib.ingest.formats import FORMATS
from chalicelib.ingest.source import InvalidSource
from taxiway.trouble import Trouble

TABLE = Path(source.__file__).parents[1] / "data" / "sources.toml"


def append(row: dict[str, Any], table: Path = TABLE) -> Path:
    """Add a row at the end; the file is as it was if it can't be. Raises Trouble."""
    if row["format"] not in FORMATS:
        known = ", ".join(FORMATS)
        raise Trouble(f"no such format: {row['format']}; there are {known}")
    if not row.get("redistribute", True):
        row = row | {"enabled": False}
    before = table.read_text(encoding="utf-8")
    # Texts, numbers, truths and lists of texts are written alike in JSON and TOML.
    lines = [f"{key} = {json.dumps(value)}" for key, value in row.items()]
    after = before.rstrip() + "\n\n[[source]]\n" + "\n".join(lines) + "\n"
    try:
        source.read(after)
    except InvalidSource as error:
        raise Trouble(str(error)) from error
    table.write_text(after, encoding="utf-8")
    return table
