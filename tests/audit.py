"""Looks through every item of a store and says what does not go together."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.log.chains import chains_of
from chalicelib.core.log.entry import (
    CardVersion,
    Entry,
    Standing,
    all_facets,
    is_replaced,
)
from chalicelib.core.log.head import Head
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.items import codec, segment
from chalicelib.store.dynamo.items.codec import FacetLink, History, Segment
from tests.model import instant

Item = dict[str, Any]


@dataclass
class Contents:
    """The items of one collection by kind."""

    head: Head
    segments: list[Segment] = field(default_factory=list)
    histories: dict[int, History] = field(default_factory=dict)
    links: dict[str, list[FacetLink]] = field(default_factory=lambda: defaultdict(list))
    marks: dict[int, Standing] = field(default_factory=dict)
    cards: dict[str, tuple[CardVersion, ...]] = field(default_factory=dict)
    chunks: Counter[int] = field(default_factory=Counter)

    def entries(self) -> list[Entry]:
        """List all entries, those in the history among them, by position."""
        packed = [one.packed for one in self.segments]
        packed += [one.packed for one in self.histories.values()]
        found = [stored.entry for one in packed for stored in segment.unpack(one)]
        return sorted(found)


def read(items: Iterable[Item], collection: str) -> Contents:
    """Sort the items of a collection by what they are."""
    items = sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
    (head,) = [item for item in items if item["pk"]["S"] == schema.head(collection)]
    contents = Contents(codec.item_to_head(head))
    for item in items:
        kind, _, rest = item["pk"]["S"].partition("#")
        if rest.startswith(collection):
            _sort(contents, kind, item)
    return contents


def _sort(contents: Contents, kind: str, item: Item) -> None:
    match kind:
        case "LOG":
            contents.segments.append(codec.item_to_segment(item))
        case "HIST":
            history = codec.item_to_history(item)
            contents.histories[history.last] = history
        case "FACET":
            contents.links[codec.link_facet(item)].append(codec.item_to_link(item))
        case "OLD":
            contents.marks |= dict([codec.item_to_mark(item)])
        case "CARD":
            contents.cards[schema.card_object(item)] = codec.item_to_card(item).versions
        case "BLOB":
            contents.chunks[int(item["pk"]["S"].rpartition("#")[2])] += 1
        case "HEAD":
            pass
        case _:
            raise AssertionError(f"nobody knows this item: {item}")


def check(items: Iterable[Item], collection: str) -> Contents:
    """Fail where what is stored is not whole."""
    contents = read(items, collection)
    _check_log(contents)
    _check_cards(contents)
    _check_standing(contents)
    _check_chains(contents)
    expected = {e.date_added: e.chunks for e in contents.entries() if e.chunks}
    assert dict(contents.chunks) == expected, "chunks"
    return contents


def _check_log(contents: Contents) -> None:
    head, position = contents.head, 0
    assert head.segments == len(contents.segments)
    for one in contents.segments:
        assert one.previous == position, "a segment follows the one before"
        history = contents.histories.get(one.last)
        assert one.history == (history.generation if history else 0)
        parts = [(one.packed, one.size)]
        if history is not None:
            parts.append((history.packed, history.size))
        for packed, size in parts:
            dates = [stored.entry.date_added for stored in segment.unpack(packed)]
            assert dates == sorted(set(dates)), "entries in order"
            assert all(position < date <= one.last for date in dates)
            assert size == len(dates)
        position = one.last
    assert head.last == position
    assert contents.histories.keys() <= {one.last for one in contents.segments}
    entries = contents.entries()
    assert len({entry.date_added for entry in entries}) == len(entries)
    assert head.entries == len(entries)


def _check_cards(contents: Contents) -> None:
    carded = {
        (version.date_added, identifier, version.version, version.spec_version)
        for identifier, versions in contents.cards.items()
        for version in versions
    }
    stored = {entry[:4] for entry in contents.entries()}
    assert carded == stored, "each entry has a card, each card its entries"


def _check_standing(contents: Contents) -> None:
    entries = contents.entries()
    assert contents.marks.keys() <= {entry.date_added for entry in entries}
    assert max(contents.marks, default=0) <= contents.head.marked
    by_id: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_id[entry.id].append(entry)
    past = {
        stored.entry.date_added
        for history in contents.histories.values()
        for stored in segment.unpack(history.packed)
    }
    for versions in by_id.values():
        for entry in versions:
            stands = contents.marks.get(entry.date_added, entry.standing)
            assert _matters(entry, stands) == _truth(entry, versions), entry
            is_past = entry.date_added in past
            assert is_replaced(entry.spec_version, stands) or not is_past, entry


def _matters(entry: Entry, standing: Standing) -> tuple[object, ...]:
    """Reduce a standing to what a query can ever ask of it."""
    return _reduced(entry.spec_version, set(standing.later), set(standing.earlier))


def _truth(entry: Entry, versions: list[Entry]) -> tuple[object, ...]:
    mine = (instant(entry.version), entry.date_added)
    later, earlier = set(), set()
    for other in versions:
        theirs = (instant(other.version), other.date_added)
        if theirs > mine:
            later.add(other.spec_version)
        elif theirs < mine:
            earlier.add(other.spec_version)
    return _reduced(entry.spec_version, later, earlier)


def _reduced(spec: str, later: set[str], earlier: set[str]) -> tuple[object, ...]:
    if spec in later and spec in earlier:
        return ("neither first nor last of its STIX version",)
    return later, earlier


def _check_chains(contents: Contents) -> None:
    head = contents.head
    segments = {one.last: one for one in contents.segments}
    assert contents.links.keys() <= head.chains.keys()
    for name, chain in head.chains.items():
        position = 0
        for link in contents.links[name]:
            assert link.previous <= position, f"the chain of {name} has a hole"
            assert link.low == segments[link.last].previous
            assert name in segments[link.last].facets
            position = link.last
        assert chain.last <= position
    _check_members(contents, segments)


def _check_members(contents: Contents, segments: Mapping[int, Segment]) -> None:
    head, members = contents.head, Counter[str]()
    linked = {
        (name, link.last) for name, links in contents.links.items() for link in links
    }
    ends = sorted(segments)
    for entry in contents.entries():
        end = ends[bisect_left(ends, entry.date_added)]
        names = chains_of(all_facets(entry), head.chains)
        assert all((name, end) in linked for name in names), entry
        members.update(names)
    assert {n: c.entries for n, c in head.chains.items() if c.entries} == dict(members)
    assert linked == {
        (name, one.last) for one in segments.values() for name in one.facets
    }
