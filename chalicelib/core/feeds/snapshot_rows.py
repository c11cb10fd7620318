"""Sorted rows of sixteen bytes: found, spliced, cut into chunks. Pure.

A row is a name of fourteen bytes, which begins with a key of ten, and a day of two.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping

KEY = 10
NAME = 14
ROW = 16
CHUNK_ROWS = 20_000
"""Rows of a chunk: it stays below 350 KB even where nothing can be compressed."""

GONE = 0xFFFF
"""Stands for the day in a delta: the row is no more."""

DOUBTED = 0
"""Stands for the day: the row is being taken back."""

_LEVEL = 1


def to_rows(changes: Mapping[bytes, int]) -> bytes:
    """Write changes as rows, in order."""
    return b"".join(
        name + changes[name].to_bytes(ROW - NAME, "big") for name in sorted(changes)
    )


def to_changes(rows: bytes) -> dict[bytes, int]:
    """Read changes from rows."""
    return {name_at(rows, at): day_at(rows, at) for at in range(len(rows) // ROW)}


def to_chunks(rows: bytes) -> list[bytes]:
    """Cut rows to what fits into an item, compressed.

    Byte by byte of all rows, as days and the first bytes of sorted keys are alike.
    """
    step = CHUNK_ROWS * ROW
    return [_packed(rows[at : at + step]) for at in range(0, len(rows), step)]


def from_chunk(chunk: bytes) -> bytes:
    """Give the rows of a chunk."""
    planes = zlib.decompress(chunk)
    count = len(planes) // ROW
    rows = bytearray(len(planes))
    for at in range(ROW):
        rows[at::ROW] = planes[at * count : (at + 1) * count]
    return bytes(rows)


def _packed(rows: bytes) -> bytes:
    return zlib.compress(b"".join(rows[at::ROW] for at in range(ROW)), _LEVEL)


def position(rows: bytes, name: bytes) -> int:
    """Find the first row at or behind a name, or the beginning of one."""
    return bisect_left(
        range(len(rows) // ROW),
        name,
        key=lambda at: rows[at * ROW : at * ROW + NAME],
    )


def is_at(rows: bytes, at: int, name: bytes) -> bool:
    """Tell whether the row at a place has a name."""
    return rows[at * ROW : at * ROW + NAME] == name


def name_at(rows: bytes, at: int) -> bytes:
    """Give the name of the row at a place; nothing behind the end."""
    return rows[at * ROW : at * ROW + NAME]


def day_at(rows: bytes, at: int) -> int:
    """Give the day of the row at a place."""
    return int.from_bytes(rows[at * ROW + NAME : (at + 1) * ROW], "big")


def oldest_of(rows: bytes) -> int | None:
    """Give the earliest of the days."""
    high, low = min(
        zip(rows[NAME::ROW], rows[NAME + 1 :: ROW], strict=True), default=(None, None)
    )
    return None if high is None or low is None else high * 256 + low


def by_key(rows: bytes) -> Iterator[tuple[bytes, range]]:
    """Give each key with the places of its rows."""
    start, count = 0, len(rows) // ROW
    while start < count:
        key = rows[start * ROW : start * ROW + KEY]
        end = start + 1
        while rows[end * ROW : end * ROW + KEY] == key:
            end += 1
        yield key, range(start, end)
        start = end


def _cuts(
    rows: bytes, changes: Mapping[bytes, int]
) -> Iterator[tuple[int, int, bytes]]:
    """Give where each change goes, which rows it replaces (0 or 1), and its name."""
    for name in sorted(changes):
        at = position(rows, name)
        yield at, int(is_at(rows, at, name)), name


def spliced(rows: bytes, changes: Mapping[bytes, int]) -> bytes:
    """Put rows by name, with their days, and take away those that are GONE."""
    pieces: list[bytes] = []
    start = 0
    for at, replaced, name in _cuts(rows, changes):
        pieces.append(rows[start * ROW : at * ROW])
        if changes[name] != GONE:
            pieces.append(name + changes[name].to_bytes(ROW - NAME, "big"))
        start = at + replaced
    pieces.append(rows[start * ROW :])
    return b"".join(pieces)


def spliced_marks(
    rows: bytes, marks: bytearray, changes: Mapping[bytes, int]
) -> bytearray:
    """Do with one byte a row what is done with the rows; what is put is seen."""
    result = bytearray()
    start = 0
    for at, replaced, name in _cuts(rows, changes):
        result += marks[start:at]
        if changes[name] != GONE:
            result.append(1)
        start = at + replaced
    return result + marks[start:]
