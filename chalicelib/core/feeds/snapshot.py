"""What a source's list said at its last run, sixteen bytes a row. Pure.

A row stands for one statement of a list: ten bytes for type and value (the key),
four for what consumers could see of it, two for the day on which its validity was
last refreshed. A list may say two things of one value (the families of malware
that use an address): these are two rows, in any order, and neither is news.

Rows are sorted bytes, looked up by bisection: 500,000 take 8 MB.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from chalicelib.core.feeds.snapshot_rows import (
    CHUNK_ROWS,
    DOUBTED,
    GONE,
    KEY,
    NAME,
    ROW,
    by_key,
    day_at,
    is_at,
    name_at,
    oldest_of,
    position,
    spliced,
    spliced_marks,
)
from chalicelib.core.iocs.ioc import Sighting

MOST_UNSAVED = CHUNK_ROWS
"""Rows after which a run had better save what it has: one item takes them."""

MOST_DELTAS = 64
_DELTA_SHARE = 4
_FEW = 20


def name_of(sighting: Sighting) -> bytes:
    """Give the fourteen bytes that stand for what a sighting says.

    Dates don't count, nor does the order of tags, techniques and references.
    """
    said = sighting.said
    visible = (
        sorted(set(said.tags)),
        said.malware,
        sorted(set(said.techniques)),
        sorted(set(said.references)),
        said.context,
        said.confidence,
    )
    text = json.dumps(visible, separators=(",", ":"))
    return sighting.key + blake2b(text.encode(), digest_size=NAME - KEY).digest()


def is_plausible(previous_rows: int, now_rows: int, *, authoritative: bool) -> bool:
    """Tell whether what a list has lost may be taken as over.

    It may not where a complete list came empty, or has lost more than half of
    20 rows or more: its maker has more likely failed than the world got better.
    """
    if not authoritative or now_rows >= previous_rows:
        return True
    if now_rows == 0:
        return False
    return previous_rows < _FEW or now_rows * 2 >= previous_rows


@dataclass(frozen=True)
class Snapshot:
    """Rows in order, each name once."""

    rows: bytes = b""

    def __len__(self) -> int:
        return len(self.rows) // ROW

    def day_of(self, name: bytes) -> int | None:
        """Tell the day of a row's last refresh, None where there is no such row."""
        at = position(self.rows, name)
        return day_at(self.rows, at) if is_at(self.rows, at, name) else None

    def has(self, key: bytes) -> bool:
        """Tell whether the list says anything of a key."""
        at = position(self.rows, key)
        return self.rows[at * ROW : at * ROW + KEY] == key

    @property
    def oldest(self) -> int | None:
        """Tell the earliest day on which a row was last refreshed."""
        return oldest_of(self.rows)

    def changed(self, changes: Mapping[bytes, int]) -> Snapshot:
        """Put rows by their names, with their days; those that are GONE go."""
        return Snapshot(spliced(self.rows, changes))


EMPTY = Snapshot()


class Comparison:
    """A run's list, compared with the snapshot as it is read.

    What is put is part of it at once, and of `unsaved` until it is saved.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        """Begin with what the list said last."""
        self._rows = snapshot.rows
        self._seen = bytearray(len(snapshot))
        self.unsaved: dict[bytes, int] = {}
        self.seen = 0
        """Rows that the list has, as far as it was read."""

    def look(self, name: bytes) -> int | None:
        """Note that the list has a row, and tell the day of its last refresh.

        None is news: publish it, then `put` it. Until then it stays news, as a
        run that ends before it is published must not remember it.
        """
        day = self.unsaved.get(name)
        if day is not None and day != GONE:
            return day
        at = position(self._rows, name)
        if day == GONE or not is_at(self._rows, at, name):
            return None
        self.seen += not self._seen[at]
        self._seen[at] = 1
        return day_at(self._rows, at)

    def put(self, name: bytes, day: int) -> None:
        """Note that a row was published, or its validity refreshed, on a day."""
        if self.look(name) is None:
            self.seen += 1
        self.unsaved[name] = day

    def vanished(self) -> Iterator[bytes]:
        """Give the keys of which the list says nothing any more, in order.

        It is for a list that was read to its end. Nothing is forgotten yet.
        """
        fresh = self._fresh_keys()
        for key, _, seen in self._groups():
            if not seen and key not in fresh:
                yield key

    def doubt(self, keys: Iterable[bytes]) -> None:
        """Note that some keys that have vanished are being taken back.

        To be saved before: who goes on for one that died meanwhile takes back
        all of them, though the list may have them again.
        """
        self._mark(keys, DOUBTED)

    def doubted(self) -> list[bytes]:
        """Give the keys that were being taken back when a run died."""
        if oldest_of(self._rows) != DOUBTED:
            return []
        places = range(len(self._rows) // ROW)
        found = [at for at in places if day_at(self._rows, at) == DOUBTED]
        return list(dict.fromkeys(name_at(self._rows, at)[:KEY] for at in found))

    def forget(self, keys: Iterable[bytes]) -> None:
        """Drop what was said of some keys that have vanished."""
        self._mark(keys, GONE)

    def forget_replaced(self) -> None:
        """Drop what the list said of a key and has replaced by something else."""
        fresh = self._fresh_keys()
        gone = [
            name_at(self._rows, at)
            for key, places, seen in self._groups()
            if seen or key in fresh
            for at in places
            if not self._seen[at]
        ]
        for name in gone:
            self.unsaved.setdefault(name, GONE)

    def snapshot(self) -> Snapshot:
        """Give all rows as they stand now."""
        return Snapshot(spliced(self._rows, self.unsaved))

    def saved(self) -> None:
        """Take what was unsaved for saved."""
        changes, rows = self.unsaved, self._rows
        self._seen = spliced_marks(rows, self._seen, changes)
        self._rows = spliced(rows, changes)
        self.unsaved = {}

    def _mark(self, keys: Iterable[bytes], day: int) -> None:
        for key in keys:
            at = position(self._rows, key)
            while self._rows[at * ROW : at * ROW + KEY] == key:
                self.unsaved[name_at(self._rows, at)] = day
                at += 1

    def _fresh_keys(self) -> set[bytes]:
        return {name[:KEY] for name, day in self.unsaved.items() if day != GONE}

    def _groups(self) -> Iterator[tuple[bytes, range, bool]]:
        """Give each key with its places, and whether the list has any of them."""
        marks = self._seen
        for key, places in by_key(self._rows):
            yield key, places, any(marks[places.start : places.stop])


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which items are the snapshot: a base, and the deltas on top of it.

    A base is written beside the one before, in the other of two slots; so a
    reader never sees half of it.
    """

    generation: int = 0
    chunks: int = 0
    rows: int = 0
    deltas: int = 0
    delta_rows: int = 0

    @property
    def slot(self) -> int:
        """Which of the two places the base has."""
        return self.generation % 2

    def takes(self, changes: int) -> bool:
        """Tell whether as many changes are a delta, and not a new base.

        A base is due when the deltas exceed a quarter of it, so that a changed
        row is written some five times over the years, not once a run.
        """
        most = self.rows // _DELTA_SHARE
        parts = self.deltas + -(-changes // CHUNK_ROWS)
        return parts <= MOST_DELTAS and self.delta_rows + changes <= most

    def with_delta(self, changes: int, chunks: int) -> Manifest:
        """Add a delta."""
        return Manifest(
            self.generation,
            self.chunks,
            self.rows,
            self.deltas + chunks,
            self.delta_rows + changes,
        )

    def emptied(self) -> Manifest:
        """Give up what there is, where parts of it are missing."""
        return Manifest(self.generation)

    def with_base(self, rows: int, chunks: int) -> Manifest:
        """Begin anew."""
        return Manifest(self.generation + 1, chunks, rows)


NOTHING = Manifest()
