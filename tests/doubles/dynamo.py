"""DynamoDB in this process: the calls that table.py makes, and their limits.

It stands where boto3's low-level client would. What the store has not used so
far raises, so that the double never agrees to what it does not understand.
"""

from __future__ import annotations

import copy
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.utils import formatdate
from threading import RLock
from typing import Any

from bench import units
from chalicelib.store.dynamo.client import Client
from tests.doubles import limits
from tests.doubles.expressions import BadRange, condition, key_range, update
from tests.doubles.faults import Faults
from tests.doubles.limits import Item, check_item, check_key, invalid, refuse
from tests.doubles.visibility import AtOnce, Place, Torn

Answer = dict[str, Any]
Change = tuple[Item | None, Item | None]


class FakeDynamo:
    """One DynamoDB with any tables whose keys are `pk` and `sk`.

    `before_call` runs ahead of each call and may make calls itself: what
    others do meanwhile. `calls`, `reads` and `writes` count.
    """

    def __init__(
        self,
        *,
        seconds: Callable[[], float] | None = None,
        visibility: AtOnce | Torn | None = None,
        faults: Faults | None = None,
    ) -> None:
        self._seconds = seconds
        self._store = visibility or AtOnce()
        self.faults = faults or Faults()
        self.before_call: Callable[[str], None] = lambda _: None
        self.calls: Counter[str] = Counter()
        self.reads = 0.0
        self.writes = 0.0
        self._tokens: dict[str, Any] = {}
        self._sorted: dict[tuple[str, str], list[str]] = {}
        self._lock = RLock()

    @property
    def items(self) -> dict[Place, Item]:
        """All that is committed, by table, partition and sort key."""
        return self._store.items

    def reset_counts(self) -> None:
        """Count anew."""
        self.calls.clear()
        self.reads = self.writes = 0.0

    def get_item(self, **arguments: Any) -> Answer:
        """Read an item."""
        _expect(arguments, "TableName Key ConsistentRead")
        return self._do("GetItem", lambda: self._get_item(arguments))

    def batch_get_item(self, **arguments: Any) -> Answer:
        """Read items of one table."""
        _expect(arguments, "RequestItems")
        return self._do("BatchGetItem", lambda: self._batch_get(arguments))

    def transact_get_items(self, **arguments: Any) -> Answer:
        """Read items as they are together."""
        _expect(arguments, "TransactItems")
        return self._do("TransactGetItems", lambda: self._transact_get(arguments))

    def query(self, **arguments: Any) -> Answer:
        """Read a range of a partition."""
        _expect(
            arguments,
            "TableName KeyConditionExpression ExpressionAttributeValues "
            "ConsistentRead Limit ExclusiveStartKey ScanIndexForward",
        )
        return self._do("Query", lambda: self._query(arguments))

    def put_item(self, **arguments: Any) -> Answer:
        """Write an item, perhaps under a condition."""
        _expect(
            arguments,
            "TableName Item ConditionExpression ExpressionAttributeNames "
            "ExpressionAttributeValues",
        )
        return self._do("PutItem", lambda: self._put(arguments))

    def update_item(self, **arguments: Any) -> Answer:
        """Change an item."""
        _expect(
            arguments,
            "TableName Key UpdateExpression ExpressionAttributeValues "
            "ExpressionAttributeNames ConditionExpression ReturnValues "
            "ReturnValuesOnConditionCheckFailure",
        )
        return self._do("UpdateItem", lambda: self._update(arguments))

    def transact_write_items(self, **arguments: Any) -> Answer:
        """Do all of some writes or none."""
        _expect(arguments, "TransactItems ClientRequestToken")
        return self._do("TransactWriteItems", lambda: self._transact(arguments))

    def batch_write_item(self, **arguments: Any) -> Answer:
        """Write items of one table, in no order."""
        _expect(arguments, "RequestItems")
        return self._do("BatchWriteItem", lambda: self._batch_write(arguments))

    def _do(self, operation: str, call: Callable[[], Answer]) -> Answer:
        self.before_call(operation)
        with self._lock:
            self.calls[operation] += 1
            answer = self.faults.around(operation, call)
            headers = {}
            if self._seconds is not None:
                headers["date"] = formatdate(self._seconds(), usegmt=True)
            answer["ResponseMetadata"] = {"HTTPHeaders": headers}
            return copy.deepcopy(answer)

    # Reads

    def _see(self, place: Place) -> Item | None:
        self._store.step()
        return self._store.seen.get(place)

    def _get_item(self, arguments: Mapping[str, Any]) -> Answer:
        place = _place("GetItem", arguments["TableName"], arguments["Key"])
        assert arguments.get("ConsistentRead") is True
        item = self._see(place)
        self.reads += units.get_units(item)
        return {} if item is None else {"Item": item}

    def _batch_get(self, arguments: Mapping[str, Any]) -> Answer:
        ((table, wanted),) = arguments["RequestItems"].items()
        assert wanted["ConsistentRead"] is True
        places = sorted(_place("BatchGetItem", table, key) for key in wanted["Keys"])
        if not 1 <= len(places) <= limits.MOST_GETS:
            raise invalid("BatchGetItem", f"{len(places)} keys")
        if len(set(places)) < len(places):
            raise invalid(
                "BatchGetItem", "Provided list of item keys contains duplicates"
            )
        done, left = self.faults.leaves(places)
        found = []
        size = 0
        for place in list(done):
            item = self._see(place)
            size += _size(item)
            if size > limits.LARGEST_BATCH:
                left.append(place)
                continue
            self.reads += units.get_units(item)
            if item is not None:
                found.append(item)
        # DynamoDB gives them in no order.
        found.reverse()
        answer: Answer = {"Responses": {table: found}, "UnprocessedKeys": {}}
        if left:
            keys = [_key(place) for place in left]
            answer["UnprocessedKeys"] = {table: {"Keys": keys, "ConsistentRead": True}}
        return answer

    def _transact_get(self, arguments: Mapping[str, Any]) -> Answer:
        wanted = [one["Get"] for one in arguments["TransactItems"]]
        places = [_place("TransactGetItems", g["TableName"], g["Key"]) for g in wanted]
        if not 1 <= len(places) <= limits.MOST_ACTIONS or len(set(places)) < len(
            places
        ):
            raise invalid("TransactGetItems", f"{len(places)} items")
        self._store.step()
        pending = [
            self._store.items.get(p) is not self._store.seen.get(p) for p in places
        ]
        if any(pending):
            # A transaction that reads never sees another one half done.
            raise _cancelled(
                "TransactGetItems",
                ["TransactionConflict" if p else "None" for p in pending],
            )
        items = [self._store.items.get(place) for place in places]
        self.reads += units.transact_get_units(items)
        return {"Responses": [{} if i is None else {"Item": i} for i in items]}

    def _query(self, arguments: Mapping[str, Any]) -> Answer:
        assert arguments.get("ConsistentRead") is True
        table = arguments["TableName"]
        try:
            pk, test = key_range(arguments)
        except BadRange:
            raise invalid(
                "Query", "BETWEEN: the upper bound is below the lower"
            ) from None
        check_key("Query", {"pk": {"S": pk}, "sk": {"S": "-"}})
        start = arguments.get("ExclusiveStartKey")
        place = start["sk"]["S"] if start else None
        backward = arguments.get("ScanIndexForward") is False
        most = arguments.get("Limit")
        if most is not None and most < 1:
            raise invalid("Query", "Limit must be at least 1")

        def follows(sk: str) -> bool:
            beyond = place is None or (sk < place if backward else sk > place)
            return beyond and test(sk)

        items, full = self._scan(table, pk, follows, most, backward=backward)
        self.reads += units.query_units(items)
        answer: Answer = {"Items": items, "Count": len(items)}
        if full:
            answer["LastEvaluatedKey"] = {
                name: items[-1][name] for name in ("pk", "sk")
            }
        return answer

    def _scan(
        self,
        table: str,
        pk: str,
        test: Callable[[str], bool],
        most: int | None,
        *,
        backward: bool,
    ) -> tuple[list[Item], bool]:
        items: list[Item] = []
        size = 0
        keys: Iterable[str] = self._sort_keys(table, pk)
        for sk in reversed(list(keys)) if backward else keys:
            if not test(sk):
                continue
            item = self._see((table, pk, sk))
            if item is None:
                continue
            items.append(item)
            size += _size(item)
            # As in DynamoDB, the key is there too when just nothing follows.
            if size >= limits.LARGEST_QUERY_PAGE or len(items) == most:
                return items, True
        return items, False

    def _sort_keys(self, table: str, pk: str) -> Iterator[str]:
        """Walk the sort keys of a partition, of what was ever written there."""
        last = ""
        while True:
            known = self._sorted.get((table, pk), [])
            at = bisect_left(known, last + "\x00") if last else 0
            if at == len(known):
                return
            last = known[at]
            yield last

    # Writes

    def _put(self, arguments: Mapping[str, Any]) -> Answer:
        item = arguments["Item"]
        check_item("PutItem", item)
        place = _place("PutItem", arguments["TableName"], item, item=True)
        if not condition(arguments)(self.items.get(place)):
            raise refuse("PutItem", "ConditionalCheckFailedException", "failed")
        self._commit({place: item})
        return {}

    def _update(self, arguments: Mapping[str, Any]) -> Answer:
        place = _place("UpdateItem", arguments["TableName"], arguments["Key"])
        before = self.items.get(place)
        if not condition(arguments)(before):
            asked = arguments.get("ReturnValuesOnConditionCheckFailure")
            old = {"Item": before} if asked == "ALL_OLD" and before else {}
            raise refuse(
                "UpdateItem", "ConditionalCheckFailedException", "failed", **old
            )
        changed = update(arguments)(before or dict(arguments["Key"]))
        check_item("UpdateItem", changed)
        self._commit({place: changed})
        return {"Attributes": changed} if "ReturnValues" in arguments else {}

    def _transact(self, arguments: Mapping[str, Any]) -> Answer:
        token, actions = arguments["ClientRequestToken"], arguments["TransactItems"]
        known = self._tokens.get(token)
        if known is not None:
            if known != actions:
                code = "IdempotentParameterMismatchException"
                raise refuse("TransactWriteItems", code, "other parameters")
            return {}
        changes = _to_changes(actions)
        self._check_conditions(actions)
        self._commit(changes, torn=True)
        self._tokens[token] = copy.deepcopy(actions)
        return {}

    def _check_conditions(self, actions: list[dict[str, Any]]) -> None:
        codes = []
        for action in actions:
            place, _, arguments = _to_change(action)
            holds = condition(arguments)(self.items.get(place))
            codes.append("None" if holds else "ConditionalCheckFailed")
        if set(codes) != {"None"}:
            raise _cancelled("TransactWriteItems", codes)

    def _batch_write(self, arguments: Mapping[str, Any]) -> Answer:
        ((table, requests),) = arguments["RequestItems"].items()
        if not 1 <= len(requests) <= limits.MOST_WRITES:
            raise invalid("BatchWriteItem", f"{len(requests)} requests")
        keys = [request["DeleteRequest"]["Key"] for request in requests]
        places = [_place("BatchWriteItem", table, key) for key in keys]
        if len(set(places)) < len(places):
            raise invalid("BatchWriteItem", "contains duplicates")
        done, left = self.faults.leaves(places)
        self._commit(dict.fromkeys(done))
        if not left:
            return {"UnprocessedItems": {}}
        again = [{"DeleteRequest": {"Key": _key(place)}} for place in left]
        return {"UnprocessedItems": {table: again}}

    def _commit(self, changes: dict[Place, Item | None], *, torn: bool = False) -> None:
        changes = copy.deepcopy(changes)
        for place, item in changes.items():
            cost = units.write_units(self.items.get(place), item)
            self.writes += cost * (units.TRANSACTION if torn else 1)
            if item is not None:
                self._note(place)
        (self._store.commit_torn if torn else self._store.commit)(changes)

    def _note(self, place: Place) -> None:
        known = self._sorted.setdefault(place[:2], [])
        at = bisect_left(known, place[2])
        if at == len(known) or known[at] != place[2]:
            known.insert(at, place[2])


def client_of(dynamo: FakeDynamo) -> Client:
    """Give a Client whose boto3 client is the double."""
    client = Client()
    # Where functools.cached_property keeps what it has made.
    client.__dict__["raw"] = dynamo
    return client


def _to_changes(actions: list[dict[str, Any]]) -> dict[Place, Item | None]:
    operation = "TransactWriteItems"
    if not 1 <= len(actions) <= limits.MOST_ACTIONS:
        raise invalid(operation, f"{len(actions)} actions in a transaction")
    changes: dict[Place, Item | None] = {}
    size = 0
    for place, item, arguments in map(_to_change, actions):
        if place in changes:
            raise invalid(operation, f"cannot include multiple operations on {place}")
        if item is not None:
            check_item(operation, item)
        changes[place] = item
        size += _size(item)
        _expect(
            arguments,
            "TableName Item Key ConditionExpression ExpressionAttributeNames "
            "ExpressionAttributeValues",
        )
    if size > limits.LARGEST_TRANSACTION:
        raise invalid(operation, "Transaction request exceeds the 4 MB limit")
    return changes


def _to_change(action: dict[str, Any]) -> tuple[Place, Item | None, dict[str, Any]]:
    ((kind, arguments),) = action.items()
    table = arguments["TableName"]
    if kind == "Put":
        item = arguments["Item"]
        return _place("TransactWriteItems", table, item, item=True), item, arguments
    if kind == "Delete":
        return _place("TransactWriteItems", table, arguments["Key"]), None, arguments
    raise AssertionError(f"no action the store has used so far: {kind}")


def _cancelled(operation: str, codes: list[str]) -> Exception:
    return refuse(
        operation,
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons {codes}",
        CancellationReasons=[{"Code": code} for code in codes],
    )


def _place(operation: str, table: str, key: Item, *, item: bool = False) -> Place:
    assert table
    if item:
        key = {name: key[name] for name in ("pk", "sk")}
    check_key(operation, key)
    return table, key["pk"]["S"], key["sk"]["S"]


def _key(place: Place) -> Item:
    return {"pk": {"S": place[1]}, "sk": {"S": place[2]}}


def _size(item: Item | None) -> int:
    return units.item_size(item) if item else 0


def _expect(arguments: Mapping[str, Any], names: str) -> None:
    unknown = arguments.keys() - set(names.split())
    assert not unknown, f"the double does not know {unknown}"
