"""Query parameters: declared once, read from text, told of by OpenAPI.

Whoever misspells a filter must not get everything: what is not declared is an
error, as is what is doubled, empty or out of range. Each names the parameter and
what is allowed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.core import instants
from chalicelib.errors import invalid

LONGEST = 2_048
"""Characters of a parameter."""

KEY_PARAMETER = "api_key"
"""A key may come this way, where the operator allows it."""

_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,32})?([eE][+-]?\d{1,3})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ITEM = "^ *[^, ][^,]*$"
_FLAGS = {"true": True, "1": True, "false": False, "0": False}

Query = Mapping[str, Sequence[str]]
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter; `schema` is JSON Schema, as OpenAPI tells of it.

    `parse` raises ValueError with what is allowed.
    """

    name: str
    about: str
    schema: Schema
    parse: Callable[[str], Any]
    default: Any = None
    aliases: tuple[str, ...] = ()
    example: str | None = None
    required: bool = False


def text(
    name: str, about: str, *, least: int = 1, most: int = LONGEST, **rest: Any
) -> Parameter:
    """Declare a text; `least` and `most` are characters."""

    def parse(given: str) -> str:
        if not least <= len(given) <= most:
            raise ValueError(f"has {least} to {most:,} characters")
        return given

    schema = {"type": "string", "minLength": least, "maxLength": most}
    return Parameter(name, about, schema, parse, **rest)


def choice(
    name: str,
    about: str,
    choices: Sequence[str],
    *,
    spellings: Mapping[str, str] | None = None,
    **rest: Any,
) -> Parameter:
    """Declare one of some words; `spellings` are other ways to write them."""
    read = {one: one for one in choices} | dict(spellings or {})

    def parse(given: str) -> str:
        if given not in read:
            raise ValueError(f"is one of {', '.join(read)}")
        return read[given]

    return Parameter(name, about, {"type": "string", "enum": [*read]}, parse, **rest)


def words(  # noqa: PLR0913 - all but the first two are named and have defaults
    name: str,
    about: str,
    *,
    choices: Sequence[str] = (),
    spellings: Mapping[str, str] | None = None,
    most: int = 20,
    longest: int = LONGEST,
    **rest: Any,
) -> Parameter:
    """Declare a list with commas, any of which will do; read as a tuple.

    `spellings` are other ways to write the choices, `longest` characters of one word.
    """
    allowed = tuple(choices)
    other = dict(spellings or {})

    def parse(given: str) -> tuple[str, ...]:
        parts = [one.strip(" ") for one in given.split(",")]
        if len(parts) > most or not all(0 < len(one) <= longest for one in parts):
            raise ValueError(
                f"is a list of 1 to {most} with commas, none of it empty or longer "
                f"than {longest:,} characters"
            )
        found = tuple(dict.fromkeys(other.get(one, one) for one in parts))
        if allowed and not set(found) <= set(allowed):
            raise ValueError(f"is any of {', '.join(allowed)}, with commas")
        return found

    items: Schema = {"type": "string", "enum": [*allowed, *other]}
    if not allowed:
        items = {"type": "string", "pattern": _ITEM, "maxLength": longest}
    schema = {"type": "array", "items": items, "minItems": 1, "maxItems": most}
    return Parameter(name, about, schema, parse, **rest)


def whole(
    name: str, about: str, least: int, most: int, *, beyond: str = "", **rest: Any
) -> Parameter:
    """Declare a whole number; `beyond` says what helps who wants more."""

    def parse(given: str) -> int:
        if not _WHOLE.fullmatch(given) or not least <= int(given) <= most:
            raise ValueError(f"is a whole number from {least} to {most}{beyond}")
        return int(given)

    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Parameter(name, about, schema, parse, **rest)


def number(name: str, about: str, least: float, most: float, **rest: Any) -> Parameter:
    """Declare a number."""

    def parse(given: str) -> float:
        found = float(given) if _NUMBER.fullmatch(given) else math.nan
        if not least <= found <= most:
            raise ValueError(f"is a number from {least:g} to {most:g}")
        return found

    schema = {"type": "number", "minimum": least, "maximum": most}
    return Parameter(name, about, schema, parse, **rest)


def flag(name: str, about: str, *, default: bool | None, **rest: Any) -> Parameter:
    """Declare a yes or no."""

    def parse(given: str) -> bool:
        if given.lower() not in _FLAGS:
            raise ValueError("is true or false")
        return _FLAGS[given.lower()]

    return Parameter(name, about, {"type": "boolean"}, parse, default, **rest)


def instant(name: str, about: str, **rest: Any) -> Parameter:
    """Declare a time, read as microseconds since 1970; a date is its midnight."""

    def parse(given: str) -> int:
        whole_day = f"{given}T00:00:00Z" if _DATE.fullmatch(given) else given
        try:
            return instants.to_microseconds(whole_day)
        except (ValueError, OverflowError):
            raise ValueError(
                "is a time such as 2026-01-31T12:00:00Z, or a date such as 2026-01-31"
            ) from None

    schema = {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]}
    return Parameter(name, about, schema, parse, **rest)


def read(parameters: Sequence[Parameter], query: Query) -> dict[str, Any]:
    """Read what a request gives; the defaults stand for the rest.

    Raises InvalidRequest.
    """
    known = {name: one for one in parameters for name in (one.name, *one.aliases)}
    for name in query:
        if name not in known and name != KEY_PARAMETER:
            names = ", ".join(f"`{one.name}`" for one in parameters) or "no parameters"
            raise invalid(name[:64], f"is not known here: there is {names}")
    return {one.name: _read(one, query) for one in parameters}


def _read(parameter: Parameter, query: Query) -> Any:
    given = [
        (name, value)
        for name in (parameter.name, *parameter.aliases)
        for value in query.get(name, ())
    ]
    if not given:
        if parameter.required:
            raise invalid(parameter.name, f"is missing: {parameter.about}")
        return parameter.default
    name, value = given[0]
    if len(given) > 1:
        other = given[1][0]
        both = f"and `{other}` are one: give either"
        raise invalid(name, "may be given once" if other == name else both)
    try:
        return parameter.parse(value)
    except ValueError as error:
        raise invalid(name, str(error)) from None
