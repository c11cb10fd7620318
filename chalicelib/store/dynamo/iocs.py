"""The IocStore port: one small item for each IOC, and lists of what is due.

A record is compact JSON in one attribute, so that an ordinary one stays below
the 1 KB of a write unit. What is due on a day lies in items of many keys: an
item for each IOC would cost as much as the record itself.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from hashlib import sha256
from typing import Any

from chalicelib.core.iocs.ioc import Ioc, IocType, Mention, SeenBy
from chalicelib.core.iocs.ports import Due, Kept
from chalicelib.errors import Unavailable
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.conditions import when_absent, when_same
from chalicelib.store.dynamo.schema import Item
from chalicelib.store.dynamo.table import Table

_KEY = 10
_LOOK_BACK = 400
"""Days that the first look goes back: nothing is due for longer than a year."""

_TEXTS = {"g": "tags", "w": "malware", "q": "techniques", "x": "references"}


class DynamoIocs:
    """Records of IOCs in the table of objects."""

    def __init__(self, table: Table, *, workers: int = 8) -> None:
        """Choose how many writes go at once: each takes a round trip."""
        self._table = table
        self._workers = workers

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, Kept]:
        """Read records, 100 at a time."""
        wanted = [schema.key(schema.ioc(key)) for key in dict.fromkeys(keys)]
        return {
            kept.ioc.key: kept for kept in map(_to_kept, self._table.get_many(wanted))
        }

    def save_many(self, changed: Sequence[Kept]) -> set[bytes]:
        """Write records, each on its own condition: half the price of a transaction.

        Raises Unavailable where storage fails and nothing at all was saved.
        """
        if self._workers == 1:
            saved = [self._try(kept) for kept in changed]
        else:
            with ThreadPoolExecutor(self._workers) as pool:
                saved = list(pool.map(self._try, changed))
        failed = [one for one in saved if isinstance(one, Unavailable)]
        if failed and True not in saved:
            raise failed[0]
        return {
            kept.ioc.key
            for kept, done in zip(changed, saved, strict=True)
            if done is not True
        }

    def schedule(self, day: int, keys: Sequence[bytes], at: int) -> None:
        """Write the keys of a day into one item."""
        data = b"".join(sorted(keys))
        place = schema.batch(at, sha256(data).hexdigest()[:8])
        self._table.put({**schema.key(schema.due(day), place), "k": {"B": data}})

    def due(self, today: int) -> Iterator[Due]:
        """Query the days that were not gone through yet, and today."""
        for day in range(max(self._looked() + 1, today - _LOOK_BACK), today + 1):
            for page in self._table.query(schema.due(day)):
                yield from (_to_due(day, item) for item in page)
            if day == today - 1:
                # Those days are over: nothing is added to them any more.
                item = {**schema.key(schema.EXPIRY), "n": {"N": str(day)}}
                self._table.put(item)

    def settle(self, due: Due) -> None:
        """Remove the item, by the one way that the function has the right to."""
        key = schema.key(schema.due(due.day), due.place)
        self._table.transact([self._table.delete_action(key)], uuid.uuid4().hex)

    def _try(self, kept: Kept) -> bool | Unavailable:
        try:
            return self._save(kept)
        except Unavailable as error:
            # Others are saved all the same, and whoever asked must hear of them.
            return error

    def _save(self, kept: Kept) -> bool:
        condition = (
            when_same(r={"N": str(kept.revision)}) if kept.revision else when_absent()
        )
        return self._table.put_when(_to_item(kept), condition)

    def _looked(self) -> int:
        item = self._table.get(schema.key(schema.EXPIRY)).item
        return -1 if item is None else int(item["n"]["N"])


def _to_item(kept: Kept) -> Item:
    text = json.dumps(_to_json(kept.ioc), separators=(",", ":"), ensure_ascii=False)
    return {
        **schema.key(schema.ioc(kept.ioc.key)),
        "r": {"N": str(kept.revision + 1)},
        "d": {"S": text},
    }


def _to_kept(item: Item) -> Kept:
    return Kept(_from_json(json.loads(item["d"]["S"])), int(item["r"]["N"]))


def _to_json(ioc: Ioc) -> dict[str, Any]:
    document = {
        "t": str(ioc.type),
        "v": ioc.value,
        "f": ioc.first_seen,
        "l": ioc.last_seen,
        "c": ioc.confidence,
        "o": ioc.created,
        "m": ioc.modified,
        "s": {name: _to_list(seen) for name, seen in ioc.sources.items()},
        "u": ioc.valid_until,
        "y": ioc.context,
        "z": ioc.revoked,
        "n": ioc.life if ioc.life > 1 else 0,
        "a": astuple(ioc.article) if ioc.article else None,
        **{short: getattr(ioc, name) for short, name in _TEXTS.items()},
    }
    kept = ("t", "v", "f", "l", "c", "o", "m", "s")
    return {key: value for key, value in document.items() if value or key in kept}


def _from_json(document: dict[str, Any]) -> Ioc:
    return Ioc(
        type=IocType(document["t"]),
        value=document["v"],
        first_seen=document["f"],
        last_seen=document["l"],
        confidence=document["c"],
        created=document["o"],
        modified=document["m"],
        sources={name: _from_list(seen) for name, seen in document["s"].items()},
        valid_until=document.get("u"),
        context=document.get("y"),
        revoked=bool(document.get("z")),
        life=document.get("n", 1),
        article=Mention(*document["a"]) if "a" in document else None,
        **{name: tuple(document.get(short, ())) for short, name in _TEXTS.items()},
    )


def _to_list(seen: SeenBy) -> list[Any]:
    return [
        seen.first,
        seen.last,
        seen.count,
        seen.confidence,
        int(seen.listed),
        *([] if seen.until is None else [seen.until]),
    ]


def _from_list(written: list[Any]) -> SeenBy:
    first, last, count, sure, listed, *until = written
    return SeenBy(first, last, count, sure, bool(listed), until[0] if until else None)


def _to_due(day: int, item: Item) -> Due:
    data = item["k"]["B"]
    keys = tuple(data[at : at + _KEY] for at in range(0, len(data), _KEY))
    return Due(day, item[schema.SK]["S"], keys)
