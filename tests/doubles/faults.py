"""What goes wrong between us and DynamoDB, on demand."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from botocore.exceptions import ReadTimeoutError

from tests.doubles.limits import refuse

When = Literal["before", "after"]
Fault = Literal[
    "throttled", "conflict", "timeout before", "timeout after", "in progress"
]


class Killed(BaseException):
    """The process died here."""


@dataclass
class Faults:
    """Decides for each call whether it goes wrong."""

    kill_at: int | None = None
    kill_when: When = "before"
    planned: dict[int, Fault] = field(default_factory=dict)
    random_faults: tuple[Fault, ...] = ()
    share: float = 0.0
    spared: str = ""
    unprocessed: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    calls: int = 0

    def around(self, operation: str, call: Callable[[], Any]) -> Any:
        """Do a call, or fail before it or behind it."""
        number = self.calls
        self.calls += 1
        fault = self._fault(number) if operation != self.spared else None
        if self.kill_at == number and self.kill_when == "before":
            raise Killed
        if fault is not None and fault != "timeout after":
            raise _error(fault, operation)
        answer = call()
        if fault == "timeout after":
            raise _error(fault, operation)
        if self.kill_at == number:
            raise Killed
        return answer

    def leaves(self, wanted: Iterable[Any]) -> tuple[list[Any], list[Any]]:
        """Part what is processed from what is not, which is never all."""
        done: list[Any] = []
        left: list[Any] = []
        for one in wanted:
            skip = done and self.chance.random() < self.unprocessed
            (left if skip else done).append(one)
        return done, left

    def _fault(self, number: int) -> Fault | None:
        if number in self.planned:
            return self.planned[number]
        if self.random_faults and self.chance.random() < self.share:
            return self.chance.choice(self.random_faults)
        return None


def _error(fault: Fault, operation: str) -> Exception:
    if fault.startswith("timeout"):
        return ReadTimeoutError(endpoint_url="http://dynamodb.invalid")
    if operation != "TransactWriteItems":
        code = "ProvisionedThroughputExceededException"
        return refuse(operation, code, "throttled")
    if fault == "in progress":
        code = "TransactionInProgressException"
        return refuse(operation, code, "in progress")
    if fault == "conflict":
        return refuse(
            operation,
            "TransactionCanceledException",
            "Transaction cancelled",
            CancellationReasons=[{"Code": "TransactionConflict"}, {"Code": "None"}],
        )
    code = "ProvisionedThroughputExceededException"
    return refuse(operation, code, "throttled")
