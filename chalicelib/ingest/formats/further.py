"""Documents that a feed names, read one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib.core.iocs.ioc import Rejected
from chalicelib.ingest.formats.json_stream import JsonReader
from chalicelib.ingest.formats.reading import Body, FormatError, NotOpened, Opener
from chalicelib.ingest.source import Source

NOT_READ = "not read"
"""Begins the reason for a document that could not be had."""

PATIENCE = 3
"""Documents in a row that cannot be had before the feed is given up."""


def documents(
    addresses: Iterable[tuple[str, str]], source: Source, more: Opener
) -> Iterator[tuple[str, Any]]:
    """Give each document by its place; a Rejected for one that cannot be had.

    Raises FormatError when none of them can, or several in a row cannot.
    """
    failed = good = 0
    for place, url in addresses:
        try:
            with more(url) as stream:
                reader = JsonReader(Body(stream, source.max_bytes))
                values = [value for _, value in reader.values("")]
        except (NotOpened, FormatError) as error:
            failed += 1
            how = NOT_READ if isinstance(error, NotOpened) else "not understood"
            yield place, Rejected(place, f"{how}: {error.why}")
            if failed >= PATIENCE:
                raise FormatError(f"documents cannot be had: {error.why}") from error
        else:
            failed, good = 0, good + 1
            yield place, values[0]
    if failed and not good:
        raise FormatError("no document could be read")
