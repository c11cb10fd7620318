"""STIX objects as the text that they came as.

What a client adds is given back value for value: numbers keep every digit and
strings every escape, because the text is cut out of the request and never
written anew. Only insignificant white space goes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import isinf
from typing import NoReturn

from chalicelib.errors import InvalidRequest

Read = Callable[[int], str]

CHUNK = 1 << 16
"""Characters that are read at first; doubled while an object is longer."""

LONGEST_OBJECT = 1 << 26
"""Characters after which text that never ends is given up."""

_TWICE = "it has a property twice"
_BLANK = " \t\n\r"
_LONGEST_LINK = 2
"""Characters of a number, as in 1e+5, that are none without what follows."""

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_COMPACT = re.compile(rf'(?:[^" \t\n\r]++|{_STRING})*+', re.DOTALL)
_TOKENS = re.compile(rf'[^" \t\n\r]++|{_STRING}', re.DOTALL)


@dataclass(frozen=True, slots=True)
class StixText:
    """One element of `objects`: its compact text and what it parses to.

    Numbers are parsed to floats, because they are looked at only to see that
    readers can bear them. `problem` is what some reader could not: it would
    refuse the whole page that the object is on.
    """

    text: str
    parsed: object
    problem: str | None = None


def objects_in(read: Read, *, wrapped: bool = False) -> Iterator[StixText]:
    """Yield the objects of a bundle, an envelope, a list or a lone STIX object.

    `read(n)` gives up to n characters and "" at the end; no more than about
    one object is held at a time. With `wrapped` only what has (or leaves out)
    a list of `objects` is taken, as TAXII's POST does. Raises InvalidRequest
    where the text stops being JSON; what came before has been yielded.
    """
    scanner = _Scanner(read)
    opening = scanner.peek()
    if opening == "[" and not wrapped:
        yield from scanner.elements()
    elif opening == "{":
        yield from _members(scanner, wrapped=wrapped)
    else:
        raise InvalidRequest("the body must be a JSON object with a list `objects`")
    scanner.end()


def compact(text: str) -> str:
    """Drop the white space between the tokens of JSON text."""
    return text if _COMPACT.fullmatch(text) else "".join(_TOKENS.findall(text))


def _members(scanner: _Scanner, *, wrapped: bool) -> Iterator[StixText]:
    start = scanner.position
    found = False
    members: dict[str, object] = {}
    problem: str | None = None
    for name in scanner.names():
        if name == "objects":
            if found:
                raise InvalidRequest("the body has `objects` twice")
            found = True
            if scanner.peek() != "[":
                raise InvalidRequest("`objects` must be a list")
            yield from scanner.elements()
        else:
            member = scanner.value()
            if name in members:
                problem = _TWICE
            members[name] = member.parsed
            problem = problem or member.problem
    if not found and not wrapped and members.get("type") != "bundle" and members:
        yield StixText(compact(scanner.since(start)), members, problem)


class _Scanner:
    """Walks JSON text that may not be all there yet."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._text = read(CHUNK).removeprefix("\ufeff")
        self._dropped = 0
        self._at = 0
        self._problem: str | None = None
        self._decode = json.JSONDecoder(
            object_pairs_hook=self._to_object,
            parse_int=self._to_number,
            parse_float=self._to_number,
            parse_constant=_refuse_constant,
        ).raw_decode

    @property
    def position(self) -> int:
        """Characters read before the one that is looked at."""
        return self._dropped + self._at

    def since(self, position: int) -> str:
        """Give the text from an earlier position on, if it is still held."""
        return self._text[max(position - self._dropped, 0) : self._at]

    def peek(self) -> str:
        """Skip white space and give the next character, "" at the end."""
        while True:
            while self._at < len(self._text):
                character = self._text[self._at]
                if character not in _BLANK:
                    return character
                self._at += 1
            if not self._more(CHUNK):
                return ""

    def take(self, wanted: str) -> None:
        """Pass the character that must stand here."""
        found = self.peek()
        if found != wanted:
            self._fail(f"expected {wanted!r}, found {found!r}" if found else "it ends")
        self._at += 1

    def value(self) -> StixText:
        """Pass one whole value."""
        self.peek()
        size = CHUNK
        while True:
            self._problem = None
            try:
                parsed, end = self._decode(self._text, self._at)
            except ValueError as error:
                failure: Exception = error
            except RecursionError as error:
                raise InvalidRequest("the JSON is nested too deeply") from error
            else:
                # A number may go on behind the end of what has been read.
                if end + _LONGEST_LINK < len(self._text) or not self._more(size):
                    text = self._text[self._at : end]
                    self._at = end
                    return StixText(text, parsed, self._problem)
                continue
            if len(self._text) - self._at > LONGEST_OBJECT or not self._more(size):
                self._fail(str(failure))
            size *= 2

    def names(self) -> Iterator[str]:
        """Walk an object: yield each name; the caller passes the value."""
        self.take("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                self._fail("expected a property name")
            name = self.value().parsed
            self.take(":")
            yield str(name)
            if self.peek() == "}":
                self._at += 1
                return
            self.take(",")

    def elements(self) -> Iterator[StixText]:
        """Walk a list: yield each element, compact, and let go of its text."""
        self.take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            element = self.value()
            self._let_go()
            yield replace(element, text=compact(element.text))
            if self.peek() == "]":
                self._at += 1
                return
            self.take(",")

    def end(self) -> None:
        """Check that nothing follows."""
        if self.peek():
            self._fail("something follows the end")

    def _to_object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        parsed = dict(pairs)
        if len(parsed) < len(pairs):
            self._problem = _TWICE
        return parsed

    def _to_number(self, text: str) -> float:
        value = float(text)
        if isinf(value):
            self._problem = "it has a number beyond the range of a double"
        return value

    def _let_go(self) -> None:
        # Cutting the text at each element would copy it each time.
        if self._at > CHUNK * 4:
            self._text = self._text[self._at :]
            self._dropped += self._at
            self._at = 0

    def _more(self, size: int) -> bool:
        piece = self._read(size)
        self._text += piece
        return bool(piece)

    def _fail(self, why: str) -> NoReturn:
        raise InvalidRequest(
            f"the body is not valid JSON at character {self.position}: {why[:200]}",
            details={"position": self.position},
        )


def _refuse_constant(name: str) -> NoReturn:
    msg = f"{name} is not JSON"
    raise ValueError(msg)
