"""What the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what to do when it is not well."""

    state: State
    what: str
    advice: str | None = None


def ok(what: str) -> Finding:
    """Report what is well."""
    return Finding(State.OK, what)


def warn(what: str, advice: str) -> Finding:
    """Report what will hurt later."""
    return Finding(State.WARN, what, advice)


def broken(what: str, advice: str) -> Finding:
    """Report what does not work."""
    return Finding(State.BROKEN, what, advice)
