"""Accept and Content-Type, read as RFC 9110 has them (sections 8.3, 12.5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type or range; names in lower case, quotes taken off values."""

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def quality(self) -> float:
        """How much it is wanted, 0 for not at all."""
        try:
            return float(self.parameters.get("q", "1"))
        except ValueError:
            return 1.0


def parse(header: str) -> MediaType:
    """Read one media type, as Content-Type holds it."""
    name, *rest = _split(header, ";")
    parameters = {}
    for part in rest:
        key, _, value = part.partition("=")
        parameters[key.strip().lower()] = value.strip().strip('"').lower()
    return MediaType(name.strip().lower(), parameters)


def parse_many(header: str) -> list[MediaType]:
    """Read a list of media ranges, as Accept holds it."""
    return [parse(part) for part in _split(header, ",") if part.strip()]


def preferred(header: str, offered: Sequence[str]) -> str:
    """Choose of what is offered what a client likes best; the first of equals.

    Where it likes none of it, the first too.
    """
    ranges = parse_many(header)

    def liking(offer: str) -> float:
        name = parse(offer).name
        wanted = (name, f"{name.partition('/')[0]}/*", "*/*")
        for one in wanted:
            found = [each.quality for each in ranges if each.name == one]
            if found:
                return max(found)
        return 0.0

    return max(offered, key=liking)


def _split(text: str, at: str) -> Iterator[str]:
    start, quoted = 0, False
    for index, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == at and not quoted:
            yield text[start:index]
            start = index + 1
    yield text[start:]
