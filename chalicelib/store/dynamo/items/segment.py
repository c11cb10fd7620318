"""Segments: entries and their bytes, packed into one binary. Pure.

A packed segment is compressed: how many entries there are, the length of each
line and of each entry's bytes, then line and bytes in turn. A line holds what
must be known of an entry; it stands right before the bytes, because it repeats
what is in them and so takes next to nothing. Bytes are cut out, never parsed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from chalicelib.core.log.entry import ALONE, Entry, Standing

_COUNT = struct.Struct("<I")
_LEVEL = 9
_FIELD = "\t"
_ITEM = ","
_PLAIN = 6
"""Fields of an entry that stands alone and lies in its segment."""


class Stored(NamedTuple):
    """An entry with its bytes; empty bytes where chunks hold them."""

    entry: Entry
    data: bytes


def pack(stored: Sequence[Stored]) -> bytes:
    """Pack entries in the order of their `date_added`."""
    pieces: list[bytes] = []
    for entry, data in stored:
        pieces += (_to_line(entry), data)
    lengths = struct.pack(f"<{len(pieces)}I", *map(len, pieces))
    return zlib.compress(b"".join((_COUNT.pack(len(stored)), lengths, *pieces)), _LEVEL)


def unpack(packed: bytes) -> list[Stored]:
    """Give the entries of a segment with their bytes."""
    raw = zlib.decompress(packed)
    (size,) = _COUNT.unpack_from(raw)
    lengths = struct.unpack_from(f"<{2 * size}I", raw, _COUNT.size)
    at = _COUNT.size + 8 * size
    result = []
    for number in range(0, 2 * size, 2):
        middle = at + lengths[number]
        end = middle + lengths[number + 1]
        result.append(Stored(_to_entry(raw[at:middle].decode()), raw[middle:end]))
        at = end
    return result


def to_chunks(data: bytes, size: int) -> list[bytes]:
    """Compress bytes and cut them to what fits into an item."""
    packed = zlib.compress(data, _LEVEL)
    return [packed[at : at + size] for at in range(0, len(packed), size)]


def from_chunks(chunks: Iterable[bytes]) -> bytes:
    """Join chunks and decompress them."""
    return zlib.decompress(b"".join(chunks))


def _to_line(entry: Entry) -> bytes:
    fields = [
        str(entry.date_added),
        entry.id,
        entry.version,
        entry.spec_version,
        _ITEM.join(entry.facets),
        str(entry.weight),
    ]
    if entry.chunks or entry.standing != ALONE:
        fields += [str(entry.chunks), *standing_to_texts(entry.standing)]
    return _FIELD.join(fields).encode()


def _to_entry(line: str) -> Entry:
    fields = line.split(_FIELD)
    if len(fields) == _PLAIN:
        date_added, identifier, version, spec_version, facets, weight = fields
        standing, chunks = ALONE, 0
    else:
        date_added, identifier, version, spec_version, facets, weight, *rest = fields
        standing, chunks = texts_to_standing(*rest[1:]), int(rest[0])
    return Entry(
        int(date_added),
        identifier,
        version,
        spec_version,
        _to_facets(facets),
        standing,
        int(weight),
        chunks,
    )


@lru_cache(maxsize=256)
def _to_facets(text: str) -> tuple[str, ...]:
    return tuple(text.split(_ITEM))


def standing_to_texts(standing: Standing) -> tuple[str, str]:
    """Write a standing as two texts: later and earlier."""
    return _ITEM.join(sorted(standing.later)), _ITEM.join(sorted(standing.earlier))


def texts_to_standing(later: str, earlier: str) -> Standing:
    """Read a standing."""
    return Standing(
        frozenset(filter(None, later.split(_ITEM))),
        frozenset(filter(None, earlier.split(_ITEM))),
    )
