"""Collections: making, finding and removing them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

from chalicelib.access.tiers import Tiers
from chalicelib.core import collection as rules
from chalicelib.core.collection import Collection
from chalicelib.core.log.head import Head
from chalicelib.core.ports import Clock, CollectionStore, ObjectLog
from chalicelib.errors import NotFound


class Collections:
    """The collections that there are."""

    def __init__(
        self, store: CollectionStore, log: ObjectLog, clock: Clock, tiers: Tiers
    ) -> None:
        """Read nothing yet."""
        self._tiers = tiers
        self._store = store
        self._log = log
        self._clock = clock

    def create(
        self,
        *,
        title: str,
        id: str | None = None,  # noqa: A002 - the property's name in TAXII
        alias: str | None = None,
        description: str | None = None,
        tier: str | None = None,
    ) -> Collection:
        """Make an empty collection. Raises InvalidRequest and Conflict."""
        collection = Collection(
            id=rules.check_id(id) if id else str(uuid.uuid4()),
            title=rules.check_title(title),
            alias=rules.check_alias(alias) if alias else None,
            description=rules.check_description(description) if description else None,
            created=self._clock.now(),
            tier=self._tiers.named(tier).name if tier else None,
        )
        self._store.create(collection)
        return collection

    def set_tier(self, ref: str, tier: str | None) -> Collection:
        """Set what a key without grants needs to read a collection.

        None leaves it to the policy. Raises InvalidRequest and NotFound.
        """
        collection = self.find(ref)
        known = self._tiers.named(tier).name if tier else None
        self._store.set_tier(collection.id, known)
        return replace(collection, tier=known)

    def all(self) -> list[Collection]:
        """List the collections, oldest first."""
        return self._store.all()

    def find(self, ref: str) -> Collection:
        """Find a collection by id or alias. Raises NotFound."""
        return self.open(ref).collection

    def open(self, ref: str) -> Head:
        """Read the head of a collection by id or alias. Raises NotFound."""
        known = ref.lower() if rules.is_uuid(ref) else self._store.id_of(ref)
        if known is None:
            raise no_such_collection(ref)
        return self._log.head(known)

    def named(self, ref: str) -> Collection:
        """Find a collection, one whose removal was interrupted included.

        Raises NotFound.
        """
        for collection in self._store.all(closing=True):
            if ref.lower() == collection.id or ref in _aliases(collection):
                return collection
        raise no_such_collection(ref)

    def delete(
        self, ref: str, progress: Callable[[int], None] = lambda _removed: None
    ) -> int:
        """Remove a collection with all that is in it; tell how many items.

        Raises NotFound. After an interruption the same call goes on.
        """
        return self._store.remove(self.named(ref), progress)


def _aliases(collection: Collection) -> set[str | None]:
    return {collection.alias, *collection.aliases}


def no_such_collection(ref: str) -> NotFound:
    """Make the error that a collection is not there, for this caller or at all."""
    return NotFound("there is no such collection", details={"collection": ref[:100]})
