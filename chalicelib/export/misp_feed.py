"""A MISP feed: manifest.json, hashes.csv and one event for each UTC day.

A row is in the event of the day of its position: when it was published last. A day
with more than one answer carries has several events, and a row's key tells which it
is in. Days are counted from 1970-01-01. docs/formats/misp.md
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.core import instants
from chalicelib.core.iocs import stix
from chalicelib.core.lists.row import Row
from chalicelib.core.windows import DAY
from chalicelib.export.about import About
from chalicelib.export.misp_event import (
    COMPLETE,
    ORGC,
    UNDEFINED,
    Misp,
    attributable,
    marked,
    seconds,
    to_json,
)

MOST_ROWS = 5_000
"""Rows of one event, or about twice as many where a day's counters are behind."""


class Part(NamedTuple):
    """One event: part `number` of the `of` that a day has."""

    day: int
    number: int = 0
    of: int = 1

    def has(self, key: bytes) -> bool:
        """Tell whether the row with a key is in this part."""
        return int.from_bytes(key[:2], "big") % self.of == self.number


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What the manifest says of a day.

    `count` rows, the newest of them published at `changed_at` (microseconds).
    """

    count: int
    changed_at: int


def parts_of(day: int, count: int) -> list[Part]:
    """Name the parts of a day with so many rows: a power of two of them.

    A day that grows is split anew but seldom.
    """
    of = 1
    while count > of * MOST_ROWS:
        of *= 2
    return [Part(day, number, of) for number in range(of)]


def part_of(day: int, count: int, key: bytes) -> Part:
    """Name the part of a day that the row with a key is in."""
    return next(part for part in parts_of(day, count) if part.has(key))


def event_uuid(part: Part) -> str:
    """Give the UUID of an event."""
    which = "" if part.of == 1 else f" {part.number}/{part.of}"
    return stix.uuid_of(f"misp feed {part.day}{which}")


def part_of_event(event: str, days: Mapping[int, DayFacts]) -> Part | None:
    """Find the part that an event is of."""
    wanted = event.lower()
    parts = (part for part, _ in _parts(days))
    return next((part for part in parts if event_uuid(part) == wanted), None)


def event_of(part: Part, rows: Sequence[Row], about: About) -> str:
    """Write the event of a part.

    `about.made_at` must be the `changed_at` that the manifest has: MISP reads an
    event again and again that is older than its manifest says.
    """
    event = {
        "uuid": event_uuid(part),
        **_head(part, about.made_at),
        "published": True,
        "publish_timestamp": seconds(about.made_at),
        **marked(attributable(rows), event_uuid(part), about),
    }
    return to_json({"Event": event})


def manifest_of(days: Mapping[int, DayFacts]) -> str:
    """Write manifest.json, the newest day first; days without rows are no events."""
    return to_json(
        {
            event_uuid(part): {
                **_head(part, facts.changed_at),
                "Orgc": ORGC,
                # Of a day its counters are read, which know no levels.
                "Tag": [],
            }
            for part, facts in _parts(days)
        }
    )


def hashes_csv(parts: Mapping[Part, Sequence[Row]]) -> str:
    """Write hashes.csv: which events have a value, by its MD5."""
    return "".join(
        f"{_md5(row.value)},{name}\n"
        for part in sorted(parts, reverse=True)
        for name in [event_uuid(part)]
        for row in attributable(parts[part])
    )


def _parts(days: Mapping[int, DayFacts]) -> Iterator[tuple[Part, DayFacts]]:
    """Give the parts of days, the newest first; a day without rows has none."""
    for day in sorted(days, reverse=True):
        if days[day].count:
            for part in parts_of(day, days[day].count):
                yield part, days[day]


def _head(part: Part, changed_at: int) -> Misp:
    date = instants.to_date(part.day * DAY)
    which = "" if part.of == 1 else f" ({part.number + 1} of {part.of})"
    return {
        "info": f"{ORGC['name']} IOCs {date}{which}",
        "date": date,
        "timestamp": seconds(changed_at),
        "threat_level_id": UNDEFINED,
        "analysis": COMPLETE,
    }


def _md5(value: str) -> str:
    return hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()
