"""JSON read piece by piece: only the value at hand is held.

A path leads to the values that are wanted: `[]` is each element of an array, `*`
each member of an object, any other step the member of that name, such as
`vulnerabilities.[]` or `*.[]`. The empty path is the whole text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from chalicelib.ingest.formats.reading import Body, FormatError, as_latin_1

LARGEST_VALUE = 32 * 1024 * 1024
"""Characters of one value; what is longer is no record."""

_BLANK = re.compile(r"[ \t\n\r]*")
_DEEPEST = 64
_NEAR_THE_END = 16
_DECODER = json.JSONDecoder(strict=False)


class JsonReader:
    """Finds values in the JSON of one feed.

    `aside` keeps the plain members of the outermost object that the path passes by.
    """

    def __init__(self, body: Body) -> None:
        self._body = body
        self._pieces = body.pieces()
        self._text = ""
        self._at = 0
        self._over = False
        self.aside: dict[str, Any] = {}

    @property
    def is_object(self) -> bool:
        """Tell whether it begins as an object, before anything is read."""
        return self._body.begins_with == "{"

    @property
    def is_odd(self) -> bool:
        """Tell whether bytes were met that are no UTF-8."""
        return self._body.odd_bytes

    def values(self, path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
        """Give where each wanted value stands (names and numbers), and the value.

        Raises FormatError where the text is no JSON or ends early.
        """
        steps = tuple(step for step in path.split(".") if step)
        if not self._peek():
            self._body.check_end()
            raise FormatError("is empty, not JSON")
        yield from self._walk(steps, ())
        if self._peek():
            raise FormatError("something stands after the JSON")
        self._body.check_end()

    def _walk(
        self, steps: Sequence[str], place: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], Any]]:
        if not steps:
            yield place, self._value()
            return
        opener = self._peek()
        if steps[0] == "[]" and opener == "[":
            for number in self._elements():
                yield from self._walk(steps[1:], (*place, str(number)))
        elif steps[0] != "[]" and opener == "{":
            for name in self._members():
                if steps[0] in ("*", name):
                    yield from self._walk(steps[1:], (*place, name))
                else:
                    self._pass_by(name, place)
        else:
            found = {"[": "an array", "{": "an object"}.get(opener, "a plain value")
            raise FormatError(
                f"another shape of JSON: {found} where {steps[0]} was due"
            )

    def _pass_by(self, name: str, place: tuple[str, ...]) -> None:
        if self._peek() in "[{":
            self._skip(1)
            return
        value = self._value()
        if not place:
            self.aside[name] = value

    def _skip(self, depth: int) -> None:
        if depth > _DEEPEST:
            raise FormatError("JSON is nested too deep")
        opener = self._peek()
        if opener == "[":
            for _ in self._elements():
                self._skip(depth + 1)
        elif opener == "{":
            for _ in self._members():
                self._skip(depth + 1)
        else:
            self._value()

    def _elements(self) -> Iterator[int]:
        self._at += 1
        number = 0
        while self._peek() != "]":
            if number:
                self._take(",")
                self._peek()
            yield number
            number += 1
        self._at += 1

    def _members(self) -> Iterator[str]:
        self._at += 1
        first = True
        while self._peek() != "}":
            if not first:
                self._take(",")
            first = False
            if self._peek() != '"':
                raise self._broken()
            name = self._value()
            self._take(":")
            yield name
        self._at += 1

    def _take(self, wanted: str) -> None:
        if self._peek() != wanted:
            raise self._broken()
        self._at += 1

    def _peek(self) -> str:
        """Give the next character that is no blank; empty at the end."""
        while True:
            self._at = _BLANK.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _value(self) -> Any:
        if not self._peek():
            raise self._broken()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                self._go_on(error)
            except (ValueError, RecursionError) as error:
                raise FormatError(f"no such JSON: {type(error).__name__}") from error
            else:
                # A number at the very end may go on in the next piece.
                if end < len(self._text) or not self._more():
                    self._at = end
                    return value

    def _go_on(self, error: json.JSONDecodeError) -> None:
        """Read on after a value that was not whole; raise when it never will be."""
        is_near = error.pos >= len(self._text) - _NEAR_THE_END
        if not is_near and not error.msg.startswith("Unterminated string"):
            raise self._broken() from error
        if not self._more():
            self._body.check_end()
            raise FormatError("JSON breaks off") from error

    def _more(self) -> bool:
        """Read on; as much again as there is, so that long values stay linear."""
        if self._over:
            return False
        self._text = self._text[self._at :]
        self._at = 0
        if len(self._text) > LARGEST_VALUE:
            raise FormatError("one value is too large")
        wanted = max(1, len(self._text))
        read = [self._text]
        size = 0
        while size < wanted:
            piece = next(self._pieces, "")
            if not piece:
                self._over = True
                break
            size += len(piece)
            read.append(piece)
        self._text = "".join(read)
        if self._body.odd_bytes:
            self._text = as_latin_1(self._text)
        return size > 0

    def _broken(self) -> FormatError:
        self._body.check_end()
        if self._over and not self._peek():
            return FormatError("JSON breaks off")
        return FormatError("is not JSON")
