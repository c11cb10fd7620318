"""The CounterStore port: one item for each key and day, one write a request.

The item holds the day's count and one count for each minute that is not long
over. Each request removes the minutes of the hour before it, so that an item
never holds more than some dozens however the requests are spread.
"""

from __future__ import annotations

from chalicelib.core import windows
from chalicelib.core.ports import Taken
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.client import Contended
from chalicelib.store.dynamo.schema import Item
from chalicelib.store.dynamo.table import Table

_DAY = "d"
_MINUTES_OF_A_DAY = 1_440
_KEPT = 2
"""Minutes that are kept: clocks of two Lambdas differ by less than one."""

_TIDIED = 60
_EXPIRY = 2 * 86_400
"""Seconds after its day began that an item may go."""

_ENDLESS = 10**15


class DynamoCounters:
    """Counts of requests in the table of counters."""

    def __init__(self, table: Table) -> None:
        """Read nothing yet."""
        self._table = table

    def take(
        self, key_id: str, cost: int, now: int, most: tuple[int | None, int | None]
    ) -> Taken:
        """Count a request or refuse it; see CounterStore.take."""
        if any(limit is not None and cost > limit for limit in most):
            # A counter that is not there yet would let it pass.
            return Taken(accepted=False, minute=0, day=0)
        day, minute = divmod(now // windows.MINUTE, _MINUTES_OF_A_DAY)
        counter = _minute(minute)
        expires = day * 86_400 + _EXPIRY
        try:
            item = self._table.change(
                schema.key(schema.rate(key_id), schema.day(day)),
                UpdateExpression=f"ADD d :cost, {counter} :cost SET #ttl = :ttl"
                + _forget(minute),
                ConditionExpression=_below(_DAY) + " AND " + _below(counter),
                ExpressionAttributeNames={"#ttl": schema.TTL},
                ExpressionAttributeValues={
                    ":cost": {"N": str(cost)},
                    ":ttl": {"N": str(expires)},
                    f":{counter}": _room(most[0], cost),
                    f":{_DAY}": _room(most[1], cost),
                },
            )
        except Contended as refused:
            return _taken(refused.item or {}, counter, accepted=False)
        return _taken(item, counter, accepted=True)


def _minute(number: int) -> str:
    return f"m{number}"


def _forget(minute: int) -> str:
    past = range(max(minute - _KEPT - _TIDIED, 0), minute - _KEPT)
    return " REMOVE " + ", ".join(map(_minute, past)) if past else ""


def _below(name: str) -> str:
    return f"(attribute_not_exists({name}) OR {name} <= :{name})"


def _room(most: int | None, cost: int) -> dict[str, str]:
    return {"N": str(_ENDLESS if most is None else most - cost)}


def _taken(item: Item, counter: str, *, accepted: bool) -> Taken:
    minute, day = (int(item.get(name, {}).get("N", "0")) for name in (counter, _DAY))
    return Taken(accepted, minute, day)
