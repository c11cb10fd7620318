"""The KeyStore port: API keys by the hash of their secret."""

from __future__ import annotations

import json
import uuid
from typing import Any

from chalicelib.core.apikey import ApiKey, Grant
from chalicelib.errors import Conflict, NotFound
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.client import Contended
from chalicelib.store.dynamo.conditions import when_absent, when_same
from chalicelib.store.dynamo.schema import Item
from chalicelib.store.dynamo.table import Table

_TIMES = {"created": "cr", "expires": "ex", "revoked": "rv", "last_used": "lu"}
_ID = 36
_SHOWN = 12
"""Characters: of an id, and of any key that may be shown."""


class DynamoKeys:
    """API keys in a table of their own."""

    def __init__(self, table: Table) -> None:
        """Read nothing yet."""
        self._table = table

    def add(self, digest: str, key: ApiKey, *, revision: int | None = None) -> None:
        """Add a key and list it; see KeyStore.add."""
        listing = {
            **schema.key(schema.KEY_LISTING, key.id),
            "h": {"S": digest},
        }
        actions = [
            self._table.put_action(item, **when_absent())
            for item in (_to_item(digest, key), listing)
        ]
        if revision is not None:
            actions.append(self._next_revision(key, revision))
        try:
            self._table.transact(actions, uuid.uuid4().hex)
        except Contended:
            raise Conflict("another key was made at the same time") from None

    def revision(self, key: ApiKey) -> int:
        """Tell how many keys were added for the owner and tier, counted ones."""
        item = self._table.get(_owner(key)).item
        return 0 if item is None else int(item["rev"]["N"])

    def _next_revision(self, key: ApiKey, seen: int) -> dict[str, Any]:
        item = {**_owner(key), "rev": {"N": str(seen + 1)}}
        same = when_same(rev={"N": str(seen)}) if seen else when_absent()
        return self._table.put_action(item, **same)

    def find(self, digest: str) -> ApiKey | None:
        """Find a key; a revocation is seen at once."""
        item = self._table.get(schema.key(schema.api_key(digest))).item
        return None if item is None else _from_item(item)

    def get(self, key_id: str) -> ApiKey:
        """Find a key by its id. Raises NotFound."""
        key = self.find(self._digest(key_id))
        if key is None:
            raise NotFound("the key is gone")
        return key

    def all(self) -> list[ApiKey]:
        """List the keys, oldest first."""
        listed = self._table.query_all(schema.KEY_LISTING)
        keys = [schema.key(schema.api_key(item["h"]["S"])) for item in listed]
        found = map(_from_item, self._table.get_many(keys))
        return sorted(found, key=lambda key: (key.created, key.id))

    def revoke(self, key_id: str, at: int, reason: str | None) -> ApiKey:
        """End a key for good; the first revocation stands. Raises NotFound."""
        digest = self._digest(key_id)
        self._table.update(
            schema.key(schema.api_key(digest)),
            "SET rv = if_not_exists(rv, :at), rs = if_not_exists(rs, :why)",
            {":at": {"N": str(at)}, ":why": {"S": reason or ""}},
        )
        return self.get(key_id)

    def touch(self, digest: str, at: int) -> None:
        """Note that a key was used."""
        key = schema.key(schema.api_key(digest))
        self._table.update(key, "SET lu = :at", {":at": {"N": str(at)}})

    def _digest(self, key_id: str) -> str:
        listing = schema.key(schema.KEY_LISTING, key_id)
        item = self._table.get(listing).item if schema.is_name(key_id) else None
        if item is None:
            # What is longer than an id may be a key itself.
            told = key_id if len(key_id) <= _ID else key_id[:_SHOWN] + "…"
            raise NotFound(f"there is no key with the id {told!r}")
        return str(item["h"]["S"])


def _owner(key: ApiKey) -> schema.Key:
    return schema.key(schema.owner(f"{key.tier}#{key.owner or ''}"))


def _to_item(digest: str, key: ApiKey) -> Item:
    item: Item = {
        **schema.key(schema.api_key(digest)),
        "id": {"S": key.id},
        "nm": {"S": key.name},
        "px": {"S": key.prefix},
        "tr": {"S": key.tier},
        "sc": {"S": " ".join(key.scopes)},
        "gr": {"S": json.dumps(dict(key.grants))},
    }
    if key.admin:
        item["ad"] = {"BOOL": True}
    if key.owner is not None:
        item["ow"] = {"S": key.owner}
    if key.allowed_ips:
        item["ip"] = {"S": " ".join(key.allowed_ips)}
    for name, short in _TIMES.items():
        value = getattr(key, name)
        if value is not None:
            item[short] = {"N": str(value)}
    return item


def _from_item(item: Item) -> ApiKey:
    times: dict[str, Any] = {
        name: int(item[short]["N"]) for name, short in _TIMES.items() if short in item
    }
    grants = json.loads(item["gr"]["S"])
    return ApiKey(
        id=item["id"]["S"],
        name=item["nm"]["S"],
        prefix=item["px"]["S"],
        tier=item["tr"]["S"],
        scopes=tuple(item["sc"]["S"].split()),
        grants={collection: Grant(what) for collection, what in grants.items()},
        admin=item.get("ad", {}).get("BOOL", False),
        owner=item.get("ow", {}).get("S"),
        allowed_ips=tuple(item.get("ip", {}).get("S", "").split()),
        reason=item.get("rs", {}).get("S") or None,
        **times,
    )
