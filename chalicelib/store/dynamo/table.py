"""DynamoDB calls on one table, by what the store needs: pages and batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from chalicelib.core.ports import Clock
from chalicelib.store.dynamo.client import Client, Contended, busy
from chalicelib.store.dynamo.schema import Item, Key

MOST_ACTIONS = 100
"""Actions that one transaction may hold."""

MOST_GETS = 100
"""Keys that one BatchGetItem may name."""

_MOST_WRITES = 25
_MOST_ROUNDS = 7
_PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class Reading:
    """An item as it was read, and when by DynamoDB's own clock (seconds)."""

    item: Item | None
    answered: float | None


class Table:
    """One table of the key map."""

    def __init__(self, client: Client, name: str, clock: Clock) -> None:
        """Name the table; nothing is read yet."""
        self._client = client
        self._clock = clock
        self.name = name

    def get(self, key: Key, *, consistent: bool = True) -> Reading:
        """Read one item."""
        answer = self._call(
            "get_item", TableName=self.name, Key=key, ConsistentRead=consistent
        )
        return Reading(answer.get("Item"), _answered(answer))

    def get_many(self, keys: Sequence[Key]) -> list[Item]:
        """Read those of some items that are there, in any order."""
        found: list[Item] = []
        for start in range(0, len(keys), MOST_GETS):
            pending = list(keys[start : start + MOST_GETS])
            stuck = 0
            while pending:
                wanted = {self.name: {"Keys": pending, "ConsistentRead": True}}
                answer = self._call("batch_get_item", RequestItems=wanted)
                found += answer["Responses"].get(self.name, [])
                left = answer.get("UnprocessedKeys", {}).get(self.name, {})
                stuck = self._wait(stuck, pending, left.get("Keys", []))
                pending = left.get("Keys", [])
        return found

    def get_together(self, keys: Sequence[Key]) -> list[Item | None]:
        """Read items, at most 100, as they are at one moment. Raises Contended.

        It costs twice as much as reading them one by one, which may show some
        items of a transaction and not yet the others.
        """
        wanted = [{"Get": {"TableName": self.name, "Key": key}} for key in keys]
        answer = self._call("transact_get_items", TransactItems=wanted)
        return [one.get("Item") for one in answer["Responses"]]

    def query(
        self,
        pk: str,
        *,
        after: str = "",
        until: str | None = None,
        limit: int | None = None,
        backward: bool = False,
    ) -> Iterator[list[Item]]:
        """Read a partition in order, a page of items at a time.

        `after` is excluded, `until` included; `limit` is the size of the
        first page, the second is a third of that, and each later one four times
        as large as the one before. What follows is read as it is asked for. `backward`
        begins at `until`.
        """
        arguments = self._range(pk, after, until)
        if backward:
            arguments["ScanIndexForward"] = False
        if limit is not None:
            arguments["Limit"] = limit
        # A first page that was nearly enough must not cost as much again, or more.
        further = max((limit or 0) // 3, 2)
        while True:
            answer = self._call("query", **arguments)
            yield answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
            if "Limit" in arguments:
                arguments["Limit"] = further
                further *= 4

    def query_all(self, pk: str, **bounds: str) -> list[Item]:
        """Read a whole range of a partition."""
        return [item for page in self.query(pk, **bounds) for item in page]  # type: ignore[arg-type]

    def first(self, pk: str, *, since: str) -> Item | None:
        """Read the first item at or behind a sort key."""
        answer = self._call(
            "query",
            TableName=self.name,
            KeyConditionExpression="pk = :pk AND sk >= :sk",
            ExpressionAttributeValues={":pk": {"S": pk}, ":sk": {"S": since}},
            ConsistentRead=True,
            Limit=1,
        )
        return next(iter(answer["Items"]), None)

    def put(self, item: Item) -> None:
        """Write one item, whatever was there."""
        self._call("put_item", TableName=self.name, Item=item)

    def put_when(self, item: Item, condition: Mapping[str, Any]) -> bool:
        """Write one item if a condition holds; False when it does not."""
        try:
            self._call("put_item", TableName=self.name, Item=item, **condition)
        except Contended:
            return False
        return True

    def update(self, key: Key, expression: str, values: Mapping[str, Any]) -> bool:
        """Change an item that is there; False when it is not."""
        try:
            self._call(
                "update_item",
                TableName=self.name,
                Key=key,
                UpdateExpression=expression,
                ExpressionAttributeValues=dict(values),
                ConditionExpression="attribute_exists(pk)",
            )
        except Contended:
            return False
        return True

    def change(self, key: Key, **expressions: Any) -> Item:
        """Change an item or make it, and give it as it is then.

        Raises Contended with the item as it stands where a condition fails.
        """
        answer = self._call(
            "update_item",
            TableName=self.name,
            Key=key,
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **expressions,
        )
        item: Item = answer["Attributes"]
        return item

    def transact(self, actions: Sequence[dict[str, Any]], token: str) -> None:
        """Do all of some actions or none. Raises Contended.

        The token makes a repeated call harmless (ten minutes long).
        """
        self._call(
            "transact_write_items",
            TransactItems=list(actions),
            ClientRequestToken=token,
        )

    def delete_many(self, keys: Iterable[Key]) -> int:
        """Remove items, in no order; tell how many keys there were."""
        gone = 0
        batch: list[dict[str, Any]] = []
        for key in keys:
            batch.append({"DeleteRequest": {"Key": key}})
            gone += 1
            if len(batch) == _MOST_WRITES:
                self._write(batch)
                batch = []
        self._write(batch)
        return gone

    def put_action(self, item: Item, **condition: Any) -> dict[str, Any]:
        """Make an action of a transaction: write an item."""
        return {"Put": {"TableName": self.name, "Item": item, **condition}}

    def delete_action(self, key: Key, **condition: Any) -> dict[str, Any]:
        """Make an action of a transaction: remove an item."""
        return {"Delete": {"TableName": self.name, "Key": key, **condition}}

    def _write(self, batch: list[dict[str, Any]]) -> None:
        pending = batch
        stuck = 0
        while pending:
            answer = self._call("batch_write_item", RequestItems={self.name: pending})
            left = answer.get("UnprocessedItems", {}).get(self.name, [])
            stuck = self._wait(stuck, pending, left)
            pending = left

    def _wait(self, stuck: int, asked: Sequence[Any], left: Sequence[Any]) -> int:
        """Pause before what is left; tell for how many rounds nothing was done.

        Raises Unavailable when that has been so too often.
        """
        if not left:
            return 0
        stuck = stuck + 1 if len(left) == len(asked) else 0
        if stuck > _MOST_ROUNDS:
            raise busy()
        self._clock.sleep(_PAUSE * 2**stuck * (0.5 + self._clock.chance()))
        return stuck

    def _range(self, pk: str, after: str, until: str | None) -> dict[str, Any]:
        values = {":pk": {"S": pk}}
        condition = "pk = :pk"
        if until is not None:
            # BETWEEN includes both ends; a character behind leaves `after` out.
            condition += " AND sk BETWEEN :after AND :until"
            values |= {":after": {"S": after + "\x00"}, ":until": {"S": until}}
        elif after:
            condition += " AND sk > :after"
            values[":after"] = {"S": after}
        return {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
        }

    def _call(self, operation: str, **arguments: Any) -> Any:
        return self._client.call(operation, **arguments)


def _answered(answer: Mapping[str, Any]) -> float | None:
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return None
