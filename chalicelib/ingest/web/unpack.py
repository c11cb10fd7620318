"""Bodies unpacked as they come, within limits: gzip, deflate, a zip with one file.

What is packed is known by how it begins; no name or header is believed.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import IO

PIECE = 65_536
IN_MEMORY = 4 * 1_024 * 1_024
"""Bytes of a body that stay in memory; a larger one lies in a temporary file."""

MOST_RATIO = 200
_RATIO_FROM = 16 * 1_024 * 1_024
"""Bytes from which on a body may not be more than MOST_RATIO times its packed
form: text shrinks to a thirtieth at best, a bomb to a thousandth."""

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_MAGIC = 4
_END = struct.Struct("<4s4H2LH")
_LONGEST_COMMENT = 65_535
_LARGEST_DIRECTORY = 65_536
_ENCRYPTED = 0x1


class BadBody(Exception):
    """A body that can't be unpacked or is too large, and why."""


class Meter:
    """Counts bytes and stops what grows beyond its limits."""

    def __init__(self, most: int) -> None:
        """Set how many bytes there may be, packed and unpacked."""
        self._most = most
        self._packed = 0

    def packed(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Count what comes over the wire."""
        for piece in pieces:
            self._packed += len(piece)
            if self._packed > self._most:
                raise self._too_large()
            yield piece

    def plain(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Count what comes out."""
        plain = 0
        for piece in pieces:
            plain += len(piece)
            if plain > self._most:
                raise self._too_large()
            if plain > max(_RATIO_FROM, self._packed * MOST_RATIO):
                raise BadBody("unpacks to far more than any text would")
            yield piece

    def _too_large(self) -> BadBody:
        return BadBody(f"is larger than {self._most:,} bytes")


class Stored:
    """A body that was read to its end: a stream, its digest and its size."""

    def __init__(self) -> None:
        """Open a temporary file that goes away when it is closed."""
        self.stream: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        self._digest = sha256()
        self.size = 0

    def fill(self, pieces: Iterable[bytes]) -> Stored:
        """Write what comes and go back to the beginning; closes where it fails."""
        try:
            for piece in pieces:
                self._write(piece)
                self._digest.update(piece)
                self.size += len(piece)
            self.stream.seek(0)
        except BaseException:
            self.stream.close()
            raise
        return self

    def _write(self, piece: bytes) -> None:
        try:
            self.stream.write(piece)
        except OSError:
            raise BadBody("does not fit into the temporary folder") from None

    @property
    def digest(self) -> str:
        """The SHA-256 of the body."""
        return self._digest.hexdigest()


def store(pieces: Iterable[bytes], encoding: str, most: int) -> Stored:
    """Unpack what the wire brings and keep it. Raises BadBody.

    `encoding` is the Content-Encoding. A body that is a gzip file or a zip
    itself, however it was sent, is unpacked as well, once.
    """
    meter = Meter(most)
    wire = meter.packed(pieces)
    start, body = _peek(_decoded(wire, encoding))
    if start.startswith(_ZIP):
        # The list of files is at the end of a zip: it has to be there as a whole.
        archive = Stored().fill(meter.plain(body))
        with archive.stream:
            return Stored().fill(meter.plain(_unzipped(archive.stream)))
    if start.startswith(_GZIP):
        body = _inflated(body, _gunzip)
    return Stored().fill(meter.plain(body))


def _decoded(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    match encoding.strip().lower():
        case "" | "identity":
            return pieces
        case "gzip" | "x-gzip":
            return _inflated(pieces, _gunzip)
        case "deflate":
            start, body = _peek(pieces)
            return _inflated(body, zlib.decompressobj if _is_zlib(start) else _raw)
    raise BadBody("came in an encoding that was not asked for")


def _is_zlib(start: bytes) -> bool:
    """Tell `deflate` as it is meant from the bare one that some servers send."""
    return (
        len(start) > 1
        and start[0] & 15 == zlib.DEFLATED
        and not (int.from_bytes(start[:2], "big") % 31)
    )


def _gunzip() -> zlib._Decompress:
    return zlib.decompressobj(16 + zlib.MAX_WBITS)


def _raw() -> zlib._Decompress:
    return zlib.decompressobj(-zlib.MAX_WBITS)


def _inflated(
    pieces: Iterable[bytes], make: Callable[[], zlib._Decompress]
) -> Iterator[bytes]:
    """Decompress members one behind another, a piece of bounded size at a time."""
    inflate = make()
    begun = False
    for piece in pieces:
        left = piece
        while left:
            if inflate.eof:
                if not left.strip(b"\0"):
                    break  # padding
                inflate = make()
            begun = True
            yield _some(inflate, left)
            left = inflate.unconsumed_tail or inflate.unused_data
    while begun and not inflate.eof:
        rest = _some(inflate, inflate.unconsumed_tail)
        if not rest:
            raise BadBody("was cut off")
        yield rest


def _some(inflate: zlib._Decompress, data: bytes) -> bytes:
    try:
        return inflate.decompress(data, PIECE)
    except zlib.error:
        raise BadBody("can't be unpacked") from None


def _peek(pieces: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Give how a body begins, and the body."""
    rest = iter(pieces)
    start = b""
    for piece in rest:
        start += piece
        if len(start) >= _MAGIC:
            break
    return start, _chained(start, rest)


def _chained(start: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if start:
        yield start
    yield from rest


def _unzipped(archive: IO[bytes]) -> Iterator[bytes]:
    """Give the one file in a zip."""
    _check_directory(archive)
    try:
        with zipfile.ZipFile(archive) as opened:
            files = [one for one in opened.infolist() if not one.is_dir()]
            if len(files) != 1:
                raise BadBody(f"is a zip with {len(files)} files instead of one")
            if files[0].flag_bits & _ENCRYPTED:
                raise BadBody("is a zip with a password")
            with opened.open(files[0]) as member:
                while piece := member.read(PIECE):
                    yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
        raise BadBody("is a damaged zip") from None
    except NotImplementedError:
        raise BadBody("is a zip of an unusual kind") from None


def _check_directory(archive: IO[bytes]) -> None:
    """Refuse a zip whose list of files is huge: all of it would go to memory."""
    size = archive.seek(0, 2)
    archive.seek(max(size - _END.size - _LONGEST_COMMENT, 0))
    tail = archive.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise BadBody("was cut off")
    directory = _END.unpack_from(tail, at)[5]
    if directory > _LARGEST_DIRECTORY or b"PK\x06\x07" in tail[max(at - 20, 0) : at]:
        raise BadBody("is a zip with too many files")
