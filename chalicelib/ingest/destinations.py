"""Destinations: the collections that ingestion publishes into.

The rows are data/collections.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.core.collection import (
    Collection,
    check_alias,
    check_description,
    check_id,
    check_title,
)
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.log.head import ROWS
from chalicelib.core.ports import Clock, CollectionStore
from chalicelib.errors import Conflict

_FILE = Path(__file__).parents[1] / "data" / "collections.toml"


@dataclass(frozen=True, slots=True)
class Destination:
    """One collection and what goes into it; see the head of the file."""

    id: str
    title: str
    alias: str
    description: str
    types: frozenset[IocType]
    aliases: tuple[str, ...] = ()
    graph: bool = False
    articles: bool = False
    tier: str | None = None


@cache
def load() -> tuple[Destination, ...]:
    """Read the table that ships."""
    return read(_FILE.read_text(encoding="utf-8"))


def read(text: str) -> tuple[Destination, ...]:
    """Read a table. Raises InvalidRequest, and TypeError for a wrong key."""
    return tuple(map(_destination, tomllib.loads(text)["collection"]))


def ensure_collections(
    store: CollectionStore, destinations: Sequence[Destination], clock: Clock
) -> list[Collection]:
    """Make the log of rows and those collections that are missing; tell which.

    An alias that an operator has given to another collection stays there.
    Raises Conflict where another collection has the title.
    """
    store.ensure_log(ROWS, clock.now())
    known = {collection.id for collection in store.all(closing=True)}
    made = []
    for number, one in enumerate(destinations):
        if one.id in known:
            continue
        # They are listed by when they were made: in the order of the file.
        collection = _collection(one, store, clock.now() + number)
        try:
            store.create(collection)
        except Conflict:
            if one.id not in {collection.id for collection in store.all()}:
                raise
        else:
            made.append(collection)
    return made


def _collection(one: Destination, store: CollectionStore, created: int) -> Collection:
    free = [name for name in (one.alias, *one.aliases) if store.id_of(name) is None]
    return Collection(
        id=one.id,
        title=one.title,
        alias=next(iter(free), None),
        description=one.description,
        created=created,
        tier=one.tier,
        aliases=tuple(free[1:]),
    )


def _destination(row: Mapping[str, Any]) -> Destination:
    return Destination(
        **{
            **row,
            "id": check_id(row["id"]),
            "title": check_title(row["title"]),
            "alias": check_alias(row["alias"]),
            "aliases": tuple(map(check_alias, row.get("aliases", ()))),
            "description": check_description(row["description"]),
            "types": frozenset(map(IocType, row["types"])),
        }
    )
