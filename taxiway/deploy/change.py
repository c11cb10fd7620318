"""What would be done, told before it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What happens to a thing."""

    CREATE = "create"
    CHANGE = "change"
    REPAIR = "repair"
    REMOVE = "remove"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it should be, and how it comes to be.

    A KEEP is something to know: nothing is done.
    """

    action: Action
    thing: str
    why: str = ""
    apply: Callable[[], object] | None = None

    @property
    def is_work(self) -> bool:
        """Tell whether anything is to be done."""
        return self.apply is not None


@dataclass(frozen=True, slots=True)
class Step:
    """A kind of thing: its plan is read when its turn comes."""

    title: str
    plan: Callable[[], Iterable[Change]]


Tell = Callable[[Change], None]


def carry_out(
    steps: Iterable[Step], tell: Tell, *, dry_run: bool = False
) -> list[Change]:
    """Plan each step and apply what it needs, telling of each change before it."""
    done = []
    for step in steps:
        for change in list(step.plan()):
            tell(change)
            if change.apply is not None and not dry_run:
                change.apply()
            done.append(change)
    return done


def patch(op: str, path: str, value: str | None = None) -> dict[str, str]:
    """Write one operation of API Gateway's updates."""
    operation = {"op": op, "path": path}
    return operation if value is None else {**operation, "value": value}
