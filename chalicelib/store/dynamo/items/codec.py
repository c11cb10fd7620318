"""Values to items and back: one pair of functions per kind of item.

Attribute names are short because DynamoDB bills them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from chalicelib.core.collection import Collection
from chalicelib.core.log.entry import CardVersion, NewEntry, Standing
from chalicelib.core.log.head import Chain, Head
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.items import segment
from chalicelib.store.dynamo.schema import Item

_FIELD = "\t"
_ITEM = ","
_GIVEN, _MADE = "", "made"
_LINE = 60


class Segment(NamedTuple):
    """A segment as it is stored.

    It holds what lies behind `previous` up to and with `last`. `generation`
    tells one writing of it from another; `history` is the generation of the
    history that goes with it, 0 for none.
    """

    last: int
    previous: int
    generation: int
    history: int
    facets: tuple[str, ...]
    size: int
    packed: bytes


class FacetLink(NamedTuple):
    """A link in the chain of a facet: the segment `last` has `entries` of it.

    `previous` is the link before; `low` is the `previous` of the segment meant.
    """

    last: int
    previous: int
    low: int
    entries: int


class History(NamedTuple):
    """What compaction has moved out of the segment with the same `last`."""

    last: int
    generation: int
    size: int
    packed: bytes


class Card(NamedTuple):
    """The versions of an object; `seen` is what a change of it rests on."""

    versions: tuple[CardVersion, ...]
    seen: Any

    @property
    def size(self) -> int:
        """Bytes of the versions as they are written."""
        return len(self.seen["S"]) if self.seen else 0


NO_CARD = Card((), None)


def head_to_item(head: Head) -> Item:
    """Write a head."""
    collection = head.collection
    item: Item = {
        **schema.key(schema.head(head.id)),
        "rev": _number(head.revision),
        "t": _text(collection.title),
        "cr": _number(collection.created),
        "last": _number(collection.last),
        "n": _number(collection.entries),
        "s": _number(head.segments),
        "m": _number(head.marked),
        "cp": _number(head.compacted),
        "f": _text(json.dumps(head.chains, separators=(",", ":"))),
    }
    if collection.alias is not None:
        item["a"] = _text(collection.alias)
    if collection.description is not None:
        item["d"] = _text(collection.description)
    if collection.tier is not None:
        item["tr"] = _text(collection.tier)
    if collection.aliases:
        item["al"] = _text(" ".join(collection.aliases))
    if head.closing:
        item["closing"] = {"BOOL": True}
    return item


def item_to_head(item: Item) -> Head:
    """Read a head."""
    chains = json.loads(item["f"]["S"])
    return Head(
        collection=Collection(
            id=item[schema.PK]["S"].partition("#")[2],
            title=item["t"]["S"],
            alias=item.get("a", {}).get("S"),
            description=item.get("d", {}).get("S"),
            created=int(item["cr"]["N"]),
            entries=int(item["n"]["N"]),
            last=int(item["last"]["N"]),
            tier=item.get("tr", {}).get("S"),
            aliases=tuple(item.get("al", {}).get("S", "").split()),
        ),
        revision=int(item["rev"]["N"]),
        segments=int(item["s"]["N"]),
        marked=int(item["m"]["N"]),
        compacted=int(item["cp"]["N"]),
        closing="closing" in item,
        chains={name: Chain(*chain) for name, chain in chains.items()},
    )


def segment_to_item(collection: str, written: Segment) -> Item:
    """Write a segment."""
    item: Item = {
        **schema.key(schema.log(collection), schema.place(written.last)),
        "p": _number(written.previous),
        "g": _number(written.generation),
        "n": _number(written.size),
        "f": _text(_FIELD.join(written.facets)),
        "d": {"B": written.packed},
    }
    if written.history:
        item["h"] = _number(written.history)
    return item


def item_to_segment(item: Item) -> Segment:
    """Read a segment."""
    return Segment(
        last=int(item[schema.SK]["S"]),
        previous=int(item["p"]["N"]),
        generation=int(item["g"]["N"]),
        history=int(item["h"]["N"]) if "h" in item else 0,
        facets=tuple(filter(None, item["f"]["S"].split(_FIELD))),
        size=int(item["n"]["N"]),
        packed=item["d"]["B"],
    )


def history_to_item(collection: str, written: History) -> Item:
    """Write the history of a segment."""
    return {
        **schema.key(schema.history(collection), schema.place(written.last)),
        "g": _number(written.generation),
        "n": _number(written.size),
        "d": {"B": written.packed},
    }


def item_to_history(item: Item) -> History:
    """Read the history of a segment."""
    return History(
        last=int(item[schema.SK]["S"]),
        generation=int(item["g"]["N"]),
        size=int(item["n"]["N"]),
        packed=item["d"]["B"],
    )


def link_to_item(collection: str, name: str, link: FacetLink) -> Item:
    """Write a link of a facet's chain."""
    return {
        **schema.key(schema.facet(collection, name), schema.place(link.last)),
        "p": _number(link.previous),
        "l": _number(link.low),
        "n": _number(link.entries),
    }


def item_to_link(item: Item) -> FacetLink:
    """Read a link of a facet's chain."""
    return FacetLink(
        last=int(item[schema.SK]["S"]),
        previous=int(item["p"]["N"]),
        low=int(item["l"]["N"]),
        entries=int(item["n"]["N"]),
    )


def link_facet(item: Item) -> str:
    """Tell which facet's chain a link is of."""
    return str(item[schema.PK]["S"]).split("#", 2)[2]


def mark_to_item(collection: str, date_added: int, standing: Standing) -> Item:
    """Write the mark that an entry stands otherwise than its segment says."""
    return {
        **schema.key(schema.marks(collection), schema.place(date_added)),
        **mark_values(standing),
    }


def mark_values(standing: Standing) -> Item:
    """Write what a mark says."""
    later, earlier = segment.standing_to_texts(standing)
    return {"a": _text(later), "b": _text(earlier)}


def item_to_mark(item: Item) -> tuple[int, Standing]:
    """Read a mark: the entry's `date_added` and how it stands."""
    standing = segment.texts_to_standing(item["a"]["S"], item["b"]["S"])
    return int(item[schema.SK]["S"]), standing


def card_to_item(
    collection: str, object_id: str, versions: Sequence[CardVersion]
) -> Item:
    """Write an object's card."""
    lines = (
        _FIELD.join(
            (
                str(version.date_added),
                version.version,
                version.spec_version,
                _ITEM.join(version.facets),
                _GIVEN if version.given else _MADE,
            )
        )
        for version in versions
    )
    return {
        **schema.card(collection, object_id),
        "v": _text("\n".join(lines)),
    }


def line_size(entry: NewEntry) -> int:
    """Tell how many bytes an entry takes on a card at the most."""
    facets = sum(len(facet) + 1 for facet in entry.facets)
    return _LINE + len(entry.version or "") + len(entry.spec_version) + facets


def item_to_card(item: Item | None) -> Card:
    """Read an object's card; one that is not there lists nothing."""
    if item is None:
        return NO_CARD
    versions = []
    for line in item["v"]["S"].split("\n"):
        date_added, version, spec_version, facets, made = line.split(_FIELD)
        versions.append(
            CardVersion(
                int(date_added),
                version,
                spec_version,
                tuple(facets.split(_ITEM)),
                given=made == _GIVEN,
            )
        )
    return Card(tuple(versions), item["v"])


def chunk_to_item(pk: str, number: int, data: bytes) -> Item:
    """Write a piece of something large."""
    return {**schema.key(pk, schema.chunk(number)), "d": {"B": data}}


def item_to_chunk(item: Item) -> bytes:
    """Read a piece of something large."""
    return bytes(item["d"]["B"])


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _text(value: str) -> dict[str, str]:
    return {"S": value}
