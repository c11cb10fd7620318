"""What one answer carries: Lambda's has 6 MB, with the body as a JSON string in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from chalicelib.core.log.entry import escaped_size

ROOM = 5_500_000
"""Bytes of a body inside a JSON string."""

Thing = TypeVar("Thing")


def size_of(text: str) -> int:
    """Tell how much of the room a body takes."""
    return escaped_size(text.encode())


def fewer(count: int, size: int) -> int:
    """Tell how many things an answer carries, if so many take too many bytes."""
    return max(min(count * ROOM // size * 9 // 10, count - 1), 1)


def carried(
    things: Sequence[Thing], write: Callable[[Sequence[Thing]], str]
) -> tuple[str, int]:
    """Write the first of some things, as many as an answer carries.

    Tells how many are left out.
    """
    some = things
    while True:
        text = write(some)
        size = size_of(text)
        if size <= ROOM or len(some) == 1:
            return text, len(things) - len(some)
        some = some[: fewer(len(some), size)]
