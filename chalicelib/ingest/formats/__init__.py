"""Formats of feeds: one file each, never one for a feed.

A format yields what rows say as they say it, and `Rejected` for what is no use. It
fetches nothing itself, saves nothing and logs nothing. `FormatError` may come after
rows: what was read is good, and the feed was not read to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from chalicelib.core.iocs.ioc import Raw, RawArticle, Rejected
from chalicelib.ingest.formats import (
    cisa_kev,
    csaf,
    csv_columns,
    json_records,
    misp_feed,
    news,
    stix_bundle,
    taxii_collection,
    value_lines,
)
from chalicelib.ingest.formats.reading import LATIN_1, FormatError, NotOpened, Opener
from chalicelib.ingest.source import Source

__all__ = [
    "FORMATS",
    "LATIN_1",
    "FormatError",
    "NotOpened",
    "Opener",
    "Row",
    "is_remark",
    "parse",
]

_REMARKS = ("remark:", LATIN_1)

Row = Raw | Rejected | RawArticle
Parser = Callable[[BinaryIO, Source, Opener], Iterator[Row]]

FORMATS: Mapping[str, Parser] = {
    "value_lines": value_lines.parse,
    "csv_columns": csv_columns.parse,
    "json_records": json_records.parse,
    "misp_feed": misp_feed.parse,
    "stix_bundle": stix_bundle.parse,
    "taxii_collection": taxii_collection.parse,
    "news": news.parse,
    "cisa_kev": cisa_kev.parse,
    "csaf": csaf.parse,
}


def is_remark(rejected: Rejected) -> bool:
    """Tell whether the row that a rejection is about comes all the same."""
    return rejected.why.startswith(_REMARKS)


def parse(stream: BinaryIO, source: Source, more: Opener) -> Iterator[Row]:
    """Read a feed row by row. Raises FormatError."""
    try:
        format_of = FORMATS[source.format]
    except KeyError:
        raise FormatError(f"no such format: {source.format}") from None
    return format_of(stream, source, more)
