"""Tables of comma-separated values, or with another delimiter.

Columns are named by the header, which may stand in a comment, or by their number
from 0. Lines that begin with `#` are comments.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from chalicelib.core.iocs.ioc import Raw, Rejected
from chalicelib.ingest.formats.fields import Columns, Getter
from chalicelib.ingest.formats.reading import (
    LATIN_1,
    Body,
    FormatError,
    Opener,
    as_latin_1,
    is_odd,
)
from chalicelib.ingest.source import Source

MOST_LINES = 20
"""Lines of one row; a quote that is open for longer was never meant as one."""

_MARKUP = {"<": "looks like XML", "{": "looks like JSON", "[": "looks like JSON"}


def parse(stream: BinaryIO, source: Source, _more: Opener) -> Iterator[Raw | Rejected]:
    """Read a table. Raises FormatError when it is none."""
    body = Body(stream, source.max_bytes)
    if body.begins_with in _MARKUP:
        raise FormatError(_MARKUP[body.begins_with])
    lines = _Lines(body, source)
    columns: Columns | None = None
    for place, row in lines.rows():
        yield from lines.remarks()
        if row is None:
            yield Rejected(place, "line is too long, or its quotes are broken")
            continue
        if columns is None:
            is_header = lines.take_header(row)
            columns = Columns(source, _getter(lines.header))
            if is_header:
                continue
        yield from columns.read(row, place)
    yield from lines.remarks()
    body.check_end()


class _Lines:
    """Gives rows, keeps comments out of quoted cells, and finds the header."""

    def __init__(self, body: Body, source: Source) -> None:
        self._lines = body.lines()
        self._delimiter = source.options.get("delimiter", ",")
        self._wanted = _names(source.columns)
        self._again: deque[tuple[int, str]] = deque()
        self._row: list[tuple[int, str]] = []
        self._broken = False
        self._odd: list[Rejected] = []
        self.header: Mapping[str, int] = {}

    def rows(self) -> Iterator[tuple[str, list[str] | None]]:
        """Give where a row stands and its cells; None where it is broken."""
        reader = self._reader(self._text())
        while True:
            self._row, self._broken = [], False
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                row, self._broken = [], True
            if not self._row:
                continue
            place = f"line {self._row[0][0]}"
            if self._broken:
                # Its first line is lost; those after it were rows of their own.
                self._again.extendleft(reversed(self._row[1:]))
                # A reader that has met its end stays ended.
                reader = self._reader(self._text())
                yield place, None
            elif row:
                yield place, row

    def remarks(self) -> Iterator[Rejected]:
        """Give what was odd about the lines since the last time."""
        yield from self._odd
        self._odd.clear()

    def take_header(self, row: list[str]) -> bool:
        """Tell whether a first row is the header; without any there is no reading."""
        if self._wanted and not self.header and not self._is_header(row):
            raise FormatError(f"no header with {min(self._wanted)}")
        return self._is_header(row)

    def _reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        return csv.reader(lines, delimiter=self._delimiter, skipinitialspace=True)

    def _text(self) -> Iterator[str]:
        """Give csv what it asks for; within a row it asks for more lines of it."""
        for number, line in self._numbered():
            if not self._row and (not line.strip() or line.startswith("#")):
                self._comment(line)
                continue
            if len(self._row) >= MOST_LINES:
                self._again.appendleft((number, line))
                self._broken = True
                return
            self._row.append((number, line))
            yield f"{line}\n"
        # Asked for more of a row at the end: a quote is open.
        self._broken = bool(self._row)

    def _numbered(self) -> Iterator[tuple[int, str]]:
        while True:
            if self._again:
                yield self._again.popleft()
                continue
            number, line = next(self._lines, (0, ""))
            if not number:
                return
            if line is None:
                self._odd.append(Rejected(f"line {number}", "line is too long"))
            elif is_odd(line):
                self._odd.append(Rejected(f"line {number}", LATIN_1))
                yield number, as_latin_1(line)
            else:
                yield number, line

    def _comment(self, line: str) -> None:
        if self._wanted and not self.header:
            cells = next(self._reader([line.lstrip("# \t")]), [])
            self._is_header(cells)

    def _is_header(self, cells: list[str]) -> bool:
        names = {cell.strip(): place for place, cell in enumerate(cells)}
        if not self._wanted or not self._wanted <= names.keys():
            return False
        self.header = names
        return True


def _names(columns: Mapping[str, Any]) -> set[str]:
    """Give the columns that a header must have: those of the values, by name."""
    wanted = columns["values"] if "values" in columns else [columns.get("value", 0)]
    return {one for one in wanted if isinstance(one, str) and not one.isdigit()}


def _getter(header: Mapping[str, int]) -> Callable[[Any], Getter]:
    def column(name: Any) -> Getter:
        place = int(name) if str(name).isdigit() else header.get(name, -1)

        def get(row: list[str]) -> str | None:
            return row[place] if 0 <= place < len(row) else None

        return get

    return column
