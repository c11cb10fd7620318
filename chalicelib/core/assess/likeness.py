"""How alike two texts are, by the groups of three letters that they share. Pure."""

from __future__ import annotations

LEAST = 0.3
"""What is less alike than this is not alike."""

SHORTEST = 3
"""Letters that a text must have to be compared."""


def likeness(one: str, other: str) -> float:
    """Tell how alike two texts are, 0 to 1: shared groups of three, of all there are.

    As PostgreSQL's pg_trgm does, with the whole text as one word.
    """
    mine, yours = _threes(one), _threes(other)
    return len(mine & yours) / len(mine | yours)


def _threes(text: str) -> set[str]:
    padded = f"  {text.casefold()} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}
