"""Records in JSON: arrays, objects of arrays, JSON lines, and pages of them.

`records` is the path to them (see json_stream), or `lines`; `each` names a list
within a record whose members are the rows, and `^name` a column of the record
around such a row. `$key` is the name of the member that a record stands under.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

from chalicelib.core.iocs.ioc import Raw, Rejected
from chalicelib.ingest.formats.fields import Columns, Getter
from chalicelib.ingest.formats.json_stream import JsonReader
from chalicelib.ingest.formats.reading import (
    LATIN_1,
    Body,
    FormatError,
    NotOpened,
    Opener,
    as_latin_1,
    is_odd,
)
from chalicelib.ingest.source import Source

MOST_PAGES = 1_000


def parse(stream: BinaryIO, source: Source, more: Opener) -> Iterator[Raw | Rejected]:
    """Read records, and further pages where there are. Raises FormatError."""
    columns = Columns(source, _getter)
    if source.options.get("records") == "lines":
        yield from _lines(stream, source, columns)
        return
    with ExitStack() as held:
        yield from _pages(stream, source, columns, more, held)


def _pages(
    stream: BinaryIO, source: Source, columns: Columns, more: Opener, held: ExitStack
) -> Iterator[Raw | Rejected]:
    url = source.url
    for page in range(source.options.get("pages", MOST_PAGES)):
        reader = JsonReader(Body(stream, source.max_bytes))
        name = f"page {page + 1} " if page else ""
        yield from _records(reader, source, columns, name)
        if reader.is_odd:
            yield Rejected(f"{name}file", LATIN_1)
        following = _next(reader.aside.get(source.options.get("next", "")), url)
        if following is None:
            return
        url = following
        held.close()
        try:
            stream = held.enter_context(more(url))
        except NotOpened as error:
            raise FormatError(f"the next page cannot be had: {error.why}") from error


def _records(
    reader: JsonReader, source: Source, columns: Columns, page: str
) -> Iterator[Raw | Rejected]:
    each = source.options.get("each")
    path = source.options.get("records", "[]")
    for place, record in reader.values(path):
        where = f"{page}record {'.'.join(place)}"[:120]
        if not isinstance(record, dict):
            yield from _plain(record, source, columns, where)
        elif each is None:
            yield from columns.read(
                {**record, "$key": place[0] if place else ""}, where
            )
        else:
            rows = record.get(each)
            for number, row in enumerate(rows if isinstance(rows, list) else ()):
                if isinstance(row, dict):
                    within = {**row, "^": record}
                    yield from columns.read(within, f"{where}.{number}")
                else:
                    yield Rejected(f"{where}.{number}", "no record")


def _plain(
    record: Any, source: Source, columns: Columns, place: str
) -> Iterator[Raw | Rejected]:
    """Read a record that is a text: the value itself, where no column is named."""
    if isinstance(record, str) and "value" not in source.columns:
        yield from columns.read({0: record}, place)
    else:
        yield Rejected(place, "no record")


def _lines(
    stream: BinaryIO, source: Source, columns: Columns
) -> Iterator[Raw | Rejected]:
    body = Body(stream, source.max_bytes)
    broken, good = 0, 0
    for number, text in body.lines():
        place = f"line {number}"
        if text is None:
            yield Rejected(place, "line is too long")
            continue
        if not text.strip():
            continue
        if is_odd(text):
            yield Rejected(place, LATIN_1)
        record = _read(as_latin_1(text) if is_odd(text) else text)
        if isinstance(record, dict):
            good += 1
            yield from columns.read(record, place)
        else:
            broken += 1
            yield Rejected(place, "no JSON record")
    body.check_end()
    if broken and not good:
        raise FormatError("is not JSON lines")


def _read(line: str) -> Any:
    try:
        return json.loads(line, strict=False)
    except (ValueError, RecursionError):
        return None


def _next(said: Any, url: str) -> str | None:
    """Give the address of the next page; it stays on the host of the feed."""
    if not isinstance(said, str) or not said:
        return None
    following = urljoin(url, said)
    if urlsplit(following).netloc != urlsplit(url).netloc:
        raise FormatError("the next page is on another host")
    return following


def _getter(name: Any) -> Getter:
    key, *rest = str(name).split(".")
    if key.startswith("^"):
        within = _getter(".".join((key[1:], *rest)))
        return lambda row: within(row["^"])
    if rest:
        inner = _getter(".".join(rest))
        return lambda row: _within(row.get(key), inner)
    # A text of its own is kept under 0, as a table's first column would be.
    found = 0 if key == "0" else key
    return lambda row: row.get(found)


def _within(value: Any, inner: Getter) -> Any:
    if isinstance(value, list):
        return [inner(one) if isinstance(one, Mapping) else one for one in value]
    return inner(value) if isinstance(value, Mapping) else value
