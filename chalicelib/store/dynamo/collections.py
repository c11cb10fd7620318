"""The CollectionStore port: heads, their names, and the listing of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from chalicelib.core.collection import Collection
from chalicelib.core.log.head import Head
from chalicelib.errors import Conflict, NotFound
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.client import Contended
from chalicelib.store.dynamo.conditions import when_absent
from chalicelib.store.dynamo.items import codec, segment
from chalicelib.store.dynamo.schema import Item, Key
from chalicelib.store.dynamo.table import Table


class DynamoCollections:
    """Collections in the table of objects."""

    def __init__(self, table: Table) -> None:
        """Read nothing yet."""
        self._table = table

    def create(self, collection: Collection) -> None:
        """Add a collection and take its names. Raises Conflict."""
        items = [codec.head_to_item(Head(collection)), *_names(collection)]
        actions = [self._table.put_action(item, **when_absent()) for item in items]
        try:
            self._table.transact(actions, uuid.uuid4().hex)
        except Contended:
            raise Conflict(
                "a collection with this id, title or alias is there already",
                details={"id": collection.id, "title": collection.title},
            ) from None

    def ensure_log(self, name: str, created: int) -> None:
        """Make a log that is no collection: none of the names leads to it."""
        head = Head(Collection(name, name, None, None, created))
        self._table.put_when(codec.head_to_item(head), when_absent())

    def all(self, *, closing: bool = False) -> list[Collection]:
        """List the collections, oldest first; see CollectionStore.all."""
        listed = self._table.query_all(schema.LISTING)
        ids = [item[schema.SK]["S"].partition("#")[2] for item in listed]
        heads = self._table.get_many([schema.key(schema.head(one)) for one in ids])
        found = {
            head.id: head.collection
            for head in map(codec.item_to_head, heads)
            if closing or not head.closing
        }
        return [found[one] for one in ids if one in found]

    def id_of(self, alias: str) -> str | None:
        """Find the id behind an alias."""
        if not schema.is_name(alias):
            return None
        item = self._table.get(schema.key(schema.alias(alias))).item
        return None if item is None else str(item["c"]["S"])

    def set_tier(self, collection: str, tier: str | None) -> None:
        """Set the tier; see CollectionStore.set_tier."""
        # Raising the revision turns away writers that would put the old head back.
        words = ("SET tr = :tier, rev = rev + :one", {":tier": {"S": tier or ""}})
        if tier is None:
            words = ("REMOVE tr SET rev = rev + :one", {})
        found = self._table.update(
            schema.key(schema.head(collection)),
            words[0],
            {**words[1], ":one": {"N": "1"}},
        )
        if not found:
            raise NotFound("there is no such collection")

    def remove(self, collection: Collection, progress: Callable[[int], None]) -> int:
        """Remove a collection with all that is in it; tell how many items.

        It can be neither seen nor written to from the first step on. Called
        again after an interruption it goes on.
        """
        self._close(collection.id)
        removed = 0
        for keys in self._contents(collection.id):
            removed += self._table.delete_many(keys)
            progress(removed)
        # Head and names go together: either the collection is still found, to go
        # on with, or its names are free.
        last = [schema.key(schema.head(collection.id)), *map(_key, _names(collection))]
        self._table.transact(
            list(map(self._table.delete_action, last)), uuid.uuid4().hex
        )
        return removed + len(last)

    def _close(self, collection: str) -> None:
        # Raising the revision turns away every writer that has read the head.
        self._table.update(
            schema.key(schema.head(collection)),
            "SET closing = :yes, rev = rev + :one",
            {":yes": {"BOOL": True}, ":one": {"N": "1"}},
        )

    def _contents(self, collection: str) -> Iterator[list[Key]]:
        purged: set[str] = set()
        for page in self._table.query(schema.history(collection)):
            yield from self._leaves(collection, page)
            yield [_key(item) for item in page]
        for page in self._table.query(schema.log(collection)):
            facets = {
                name for item in page for name in codec.item_to_segment(item).facets
            }
            yield from self._leaves(collection, page)
            # The chains are known by their segments only, so they go first.
            for facet in sorted(facets - purged):
                yield from self._partition(schema.facet(collection, facet))
            purged |= facets
            yield [_key(item) for item in page]
        yield from self._partition(schema.marks(collection))

    def _leaves(self, collection: str, page: list[Item]) -> Iterator[list[Key]]:
        for item in page:
            keys: list[Key] = []
            for stored in segment.unpack(item["d"]["B"]):
                entry = stored.entry
                keys.append(schema.card(collection, entry.id))
                blob = schema.blob(collection, entry.date_added)
                numbers = range(entry.chunks)
                keys += [schema.key(blob, schema.chunk(one)) for one in numbers]
            # Versions of one object share its card.
            yield list({str(one): one for one in keys}.values())

    def _partition(self, pk: str) -> Iterator[list[Key]]:
        for page in self._table.query(pk):
            yield [_key(item) for item in page]


def _names(collection: Collection) -> list[Item]:
    refers: dict[str, Any] = {"c": {"S": collection.id}}
    listing = schema.key(
        schema.LISTING, schema.listed(collection.created, collection.id)
    )
    names = [listing, {**schema.key(schema.title(collection.title)), **refers}]
    aliases = dict.fromkeys((collection.alias, *collection.aliases))
    names += [{**schema.key(schema.alias(one)), **refers} for one in aliases if one]
    return names


def _key(item: Item) -> Key:
    return {name: item[name] for name in (schema.PK, schema.SK)}
