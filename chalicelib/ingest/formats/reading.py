"""From the bytes of a feed to text: gzip, encodings, lines, and what is no feed at all.

Nothing is held whole: text comes in pieces, lines and values have a length limit.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

LATIN_1 = "not UTF-8: read as Latin-1"
"""Why of the remark that comes with a line of the wrong encoding."""

LONGEST_LINE = 64 * 1024
PIECE = 64 * 1024

Opener = Callable[[str], BinaryIO]
"""Opens a further address of the same feed. Raises NotOpened."""

_SNIFFED = 4_096
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HTML = re.compile(
    # Atomic: a page of many comments would be tried in every combination.
    r"\s*(?>(?><!--.*?-->)\s*|<\?xml[^>]*>\s*)*+<(?:!doctype\s+html|html|head|body|script|div|title)\b",
    re.IGNORECASE | re.DOTALL,
)
_ESCAPED = re.compile("[\udc80-\udcff]")
_TO_LATIN_1 = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}
_BREAKS = (EOFError, OSError, zlib.error, ValueError)


class FormatError(Exception):
    """The feed is not what its row says; what was read before is good."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class NotOpened(Exception):
    """A further address of a feed that cannot be had."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Body:
    """The text of a feed.

    When its bytes break off it ends, and `trouble` says why: so what came before
    is read by every format, and `check_end` fails the run afterwards.
    """

    def __init__(self, stream: BinaryIO, max_bytes: int) -> None:
        self._left = max_bytes
        self.trouble: str | None = None
        self.odd_bytes = False
        head = self._first(stream)
        if head.startswith(_ZIP):
            raise FormatError("looks like a ZIP archive")
        encoding, skipped = _encoding(head)
        self._decoder = codecs.getincrementaldecoder(encoding)(
            "surrogateescape" if encoding == "utf-8" else "replace"
        )
        self._pending = self._decode(head[skipped:])
        if _HTML.match(self._pending):
            raise FormatError("looks like HTML")

    @property
    def begins_with(self) -> str:
        """The first character that is no blank."""
        return self._pending.lstrip()[:1]

    def pieces(self) -> Iterator[str]:
        """Give the text, piece by piece."""
        first, self._pending = self._pending, ""
        if first:
            yield first
        while data := self._read(PIECE):
            text = self._decode(data)
            if text:
                yield text
        tail = self._decode(b"", final=True)
        if tail:
            yield tail

    def lines(self) -> Iterator[tuple[int, str | None]]:
        """Give numbered lines without their ends; None for one that is too long."""
        number, rest, is_long = 0, "", False
        for piece in self.pieces():
            *whole, rest = f"{rest}{piece}".split("\n")
            for line in whole:
                number += 1
                text = None if is_long or len(line) > LONGEST_LINE else line
                is_long = False
                yield number, text if text is None else text.removesuffix("\r")
            if len(rest) > LONGEST_LINE:
                rest, is_long = "", True
        if rest or is_long:
            yield number + 1, None if is_long else rest.removesuffix("\r")

    def check_end(self) -> None:
        """Raise FormatError when the bytes broke off."""
        if self.trouble:
            raise FormatError(self.trouble)

    def _first(self, stream: BinaryIO) -> bytes:
        self._stream: Any = stream
        head = self._read(_SNIFFED)
        if not head.startswith(_GZIP):
            return head
        # The pieces before stay readable: gzip goes on where the stream is.
        again: Any = _Again(head, stream)
        self._stream = gzip.GzipFile(fileobj=again)
        return self._read(_SNIFFED)

    def _read(self, size: int) -> bytes:
        if self.trouble:
            return b""
        try:
            data: bytes = self._stream.read(min(size, self._left + 1))
        except _BREAKS as error:
            self.trouble = f"broke off: {type(error).__name__}"
            return b""
        self._left -= len(data)
        if self._left < 0:
            self.trouble = "larger than allowed"
            return b""
        return data

    def _decode(self, data: bytes, *, final: bool = False) -> str:
        text = self._decoder.decode(data, final)
        if not text.isascii() and _ESCAPED.search(text):
            self.odd_bytes = True
        return text


class _Again:
    """A stream whose first bytes were read already."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream = head, stream

    def read(self, size: int = -1) -> bytes:
        """Read what was read before, then the rest."""
        if not self._head:
            return self._stream.read(size)
        given = self._head if size < 0 else self._head[:size]
        self._head = self._head[len(given) :]
        return given


def is_odd(text: str) -> bool:
    """Tell whether bytes stand in a text that were no UTF-8."""
    return not text.isascii() and _ESCAPED.search(text) is not None


def as_latin_1(text: str) -> str:
    """Read the bytes that were no UTF-8 as Latin-1."""
    return text.translate(_TO_LATIN_1)


def _encoding(head: bytes) -> tuple[str, int]:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    # UTF-16 of ordinary text without a mark: every other byte is a zero.
    if len(head) > 3 and head[0] and not head[1] and head[2] and not head[3]:  # noqa: PLR2004
        return "utf-16-le", 0
    if len(head) > 3 and not head[0] and head[1] and not head[2] and head[3]:  # noqa: PLR2004
        return "utf-16-be", 0
    return "utf-8", 0
