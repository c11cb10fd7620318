"""What makes a value unfit to be kept."""

from __future__ import annotations


class InvalidValue(ValueError):
    """A value is not what it is said to be.

    `why` never holds the value itself, and there are few of them: they are counted.
    """

    def __init__(self, why: str) -> None:
        """Keep why."""
        super().__init__(why)
        self.why = why
