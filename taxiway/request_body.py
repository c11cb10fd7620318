"""Read the body of an HTTP request as API Gateway would: bounded, whole, decoded."""

from __future__ import annotations

import re
import zlib
from email.message import Message
from io import BufferedIOBase

LONGEST_BODY = 10 * 1024 * 1024
"""API Gateway's limit on a request."""

_LONGEST_LINE = 4096
_DIGITS = re.compile(r"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")


class RefusedBody(Exception):
    """The body cannot be taken; `status` says why. The connection is of no more use."""

    def __init__(self, status: int) -> None:
        """Keep the status to answer with."""
        super().__init__(status)
        self.status = status


def declared_length(headers: Message) -> int | None:
    """Return how long the body is; None when it comes in chunks. Raises RefusedBody."""
    lengths = headers.get_all("Content-Length", [])
    encodings = headers.get_all("Transfer-Encoding", [])
    if encodings:
        if lengths or len(encodings) > 1:
            raise RefusedBody(400)
        if encodings[0].strip().lower() != "chunked":
            raise RefusedBody(400)
        return None
    if not lengths:
        return 0
    if len(set(lengths)) > 1 or not _DIGITS.fullmatch(lengths[0].strip()):
        raise RefusedBody(400)
    length = int(lengths[0])
    if length > LONGEST_BODY:
        raise RefusedBody(413)
    return length


def read_body(headers: Message, stream: BufferedIOBase) -> bytes:
    """Return the body, without its encodings. Raises RefusedBody."""
    length = declared_length(headers)
    body = _read_chunked(stream) if length is None else _read_exactly(stream, length)
    return _decoded(body, headers.get("Content-Encoding", ""))


def _read_exactly(stream: BufferedIOBase, length: int) -> bytes:
    body = stream.read(length) if length else b""
    if len(body) < length:
        raise ConnectionResetError("the client left within its request")
    return body


def _read_chunked(stream: BufferedIOBase) -> bytes:
    body = bytearray()
    while size := _chunk_size(_read_line(stream)):
        if len(body) + size > LONGEST_BODY:
            raise RefusedBody(413)
        body += _read_exactly(stream, size)
        if _read_line(stream):
            raise RefusedBody(400)
    while _read_line(stream):
        pass
    return bytes(body)


def _chunk_size(line: bytes) -> int:
    size = line.partition(b";")[0].strip()
    if not _CHUNK_SIZE.fullmatch(size):
        raise RefusedBody(400)
    return int(size, 16)


def _read_line(stream: BufferedIOBase) -> bytes:
    line = stream.readline(_LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise RefusedBody(400)
    return line.rstrip(b"\r\n")


def _decoded(body: bytes, encoding: str) -> bytes:
    """Undo gzip and deflate, which API Gateway does for APIs that compress."""
    name = encoding.strip().lower()
    if not body or name not in {"gzip", "x-gzip", "deflate"}:
        return body
    inflater = zlib.decompressobj(wbits=47)
    try:
        plain = inflater.decompress(body, LONGEST_BODY)
    except zlib.error:
        raise RefusedBody(400) from None
    if inflater.unconsumed_tail:
        raise RefusedBody(413)
    if not inflater.eof:
        raise RefusedBody(400)
    return plain
