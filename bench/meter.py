"""Counts what goes over the wire to DynamoDB, and what it would be billed.

It listens to botocore's own events: each call with its typed arguments and its
typed answer. The emulator's ConsumedCapacity is not looked at. What an item
costs that a write replaces or removes is known because all that was ever
written went past here.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bench import units

Arguments = Mapping[str, Any]
_Place = tuple[str, str, str]


class _Call(NamedTuple):
    operation: str
    arguments: Arguments
    answer: Arguments


@dataclass(slots=True)
class Tally:
    """Calls and units of some work.

    `writes` tells the write units by kind of item: the first word of its key.
    `sent` counts requests on the wire, `calls` those that botocore was asked
    for: more of the former means that it had to repeat some.
    """

    calls: int = 0
    sent: int = 0
    reads: float = 0
    writes: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    cpu: float = 0.0
    botocore: float = 0.0

    @property
    def written(self) -> int:
        """Write units, the status resource of TAXII apart."""
        return self.writes.total() - self.status

    @property
    def status(self) -> int:
        """Write units of the status resource."""
        return self.writes["STATUS"]


class Meter:
    """Listens to the DynamoDB clients that a session makes from now on."""

    def __init__(self, events: Any) -> None:
        self._calls: list[_Call] = []
        self._sent = 0
        self._botocore = 0.0
        self._units: dict[_Place, int] = {}
        events.register_first("before-parameter-build.dynamodb", self._begin)
        events.register("before-send.dynamodb", self._send)
        events.register_last("after-call.dynamodb", self._end)

    @contextmanager
    def counting(self) -> Iterator[Tally]:
        """Count what happens inside; filled in when it is over."""
        self._flush()
        tally = Tally()
        cpu = time.process_time()
        yield tally
        tally.cpu = time.process_time() - cpu
        tally.sent, tally.botocore = self._sent, self._botocore
        self._flush(tally)

    def _begin(self, params: Arguments, context: dict[str, Any], **_: Any) -> None:
        context["bench"] = (params, time.process_time())

    def _send(self, **_: Any) -> None:
        self._sent += 1

    def _end(
        self, parsed: Arguments, model: Any, context: dict[str, Any], **_: Any
    ) -> None:
        arguments, began = context["bench"]
        self._botocore += time.process_time() - began
        self._calls.append(_Call(model.name, arguments, parsed))

    def _flush(self, tally: Tally | None = None) -> None:
        """Reckon up what was recorded, outside of what is timed."""
        tally = Tally() if tally is None else tally
        for call in self._calls:
            tally.calls += 1
            tally.operations[call.operation] += 1
            _RECKON[call.operation](self, call, tally)
        self._calls.clear()
        self._sent, self._botocore = 0, 0.0

    def _get(self, call: _Call, tally: Tally) -> None:
        item = call.answer.get("Item")
        self._see(call.arguments["TableName"], [item] if item else [])
        tally.reads += units.get_units(item)

    def _get_many(self, call: _Call, tally: Tally) -> None:
        for table, wanted in call.arguments["RequestItems"].items():
            found = call.answer["Responses"].get(table, [])
            self._see(table, found)
            missing = [None] * (len(wanted["Keys"]) - len(found))
            tally.reads += units.batch_get_units([*found, *missing])

    def _get_together(self, call: _Call, tally: Tally) -> None:
        found = [one.get("Item") for one in call.answer["Responses"]]
        for action, item in zip(call.arguments["TransactItems"], found, strict=True):
            self._see(action["Get"]["TableName"], [item] if item else [])
        tally.reads += units.transact_get_units(found)

    def _query(self, call: _Call, tally: Tally) -> None:
        items = call.answer["Items"]
        self._see(call.arguments["TableName"], items)
        tally.reads += units.query_units(items)

    def _put(self, call: _Call, tally: Tally) -> None:
        self._write(call.arguments, tally)

    def _update(self, call: _Call, tally: Tally) -> None:
        # What it changes is not on the wire; it stays within the same kilobyte.
        place = _place(call.arguments["TableName"], call.arguments["Key"])
        tally.writes[_kind(place)] += self._units.get(place, 1)

    def _transact(self, call: _Call, tally: Tally) -> None:
        for action in call.arguments["TransactItems"]:
            ((_, what),) = action.items()
            self._write(what, tally, times=units.TRANSACTION)

    def _write_many(self, call: _Call, tally: Tally) -> None:
        for table, requests in call.arguments["RequestItems"].items():
            for request in requests:
                ((_, what),) = request.items()
                self._write({"TableName": table, **what}, tally)

    def _write(self, what: Arguments, tally: Tally, *, times: int = 1) -> None:
        """Count the larger of what was there and what is there now."""
        item: units.Item | None = what.get("Item")
        place = _place(what["TableName"], item or what["Key"])
        after = int(units.write_units(None, item))
        tally.writes[_kind(place)] += times * max(after, self._units.get(place, 1))
        self._units[place] = after

    def _see(self, table: str, items: Iterable[units.Item]) -> None:
        for item in items:
            place = _place(table, item)
            if place not in self._units:
                self._units[place] = int(units.write_units(None, item))


def _place(table: str, item: Mapping[str, Any]) -> _Place:
    return table, item["pk"]["S"], item["sk"]["S"]


def _kind(place: _Place) -> str:
    return place[1].partition("#")[0]


_RECKON = {
    "GetItem": Meter._get,  # noqa: SLF001 - its own table
    "BatchGetItem": Meter._get_many,  # noqa: SLF001
    "TransactGetItems": Meter._get_together,  # noqa: SLF001
    "Query": Meter._query,  # noqa: SLF001
    "PutItem": Meter._put,  # noqa: SLF001
    "UpdateItem": Meter._update,  # noqa: SLF001
    "TransactWriteItems": Meter._transact,  # noqa: SLF001
    "BatchWriteItem": Meter._write_many,  # noqa: SLF001
}
