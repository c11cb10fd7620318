"""What a collection is, in a list and a dict: the specification of the store.

Written from TAXII 2.1 (sections 3.4, 5.3 to 5.8) and the sentences of
docs/architecture, not from the store. It decides for itself what is the same
version, what is the latest, what is on a page; only the positions that the
store gives out are told to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from chalicelib.core.log.entry import NewEntry
from chalicelib.core.log.query import Query, Versions

_TIME = re.compile(r"(\d+-\d+-\d+)[Tt](\d+:\d+):(\d+)(\.\d+)?([Zz]|[-+]\d\d:\d\d)")


class Kept(NamedTuple):
    """An entry as the model keeps it; `at` is its `date_added`."""

    at: int
    id: str
    version: str
    instant: Fraction
    made: bool
    spec: str
    types: frozenset[str]
    data: bytes

    @property
    def weight(self) -> int:
        """Bytes inside a JSON string, as json itself writes it."""
        return len(json.dumps(self.data.decode())) - 2


class Expected(NamedTuple):
    """A page that is right: its entries, and whether more follow."""

    entries: list[Kept]
    more: bool
    next_at: int | None


@dataclass
class Model:
    """One collection."""

    kept: list[Kept] = field(default_factory=list)
    last: int = 0

    def is_there(self, entry: NewEntry) -> bool:
        """Tell whether an id+version is there; without a version, whether the id is."""
        return any(self._is_same(entry, one) for one in self.versions(entry.id))

    def fresh(self, entries: Iterable[NewEntry]) -> list[NewEntry]:
        """Choose what has to be added of some entries, in order."""
        chosen: list[NewEntry] = []
        for entry in entries:
            twin = any(_same_new(entry, one) for one in chosen)
            if not twin and not self.is_there(entry):
                chosen.append(entry)
        return chosen

    def add(self, entry: NewEntry, at: int, version: str) -> None:
        """Add what was placed at a position under a version."""
        assert at > self.last, "date_added is unique and increases"
        assert entry.version in {None, version}, "the version is as it was written"
        self.kept.append(
            Kept(
                at,
                entry.id,
                version,
                instant(version),
                entry.version is None,
                entry.spec_version,
                frozenset(entry.facets),
                entry.data,
            )
        )
        self.last = at

    def remove(self, object_id: str, query: Query) -> int:
        """Remove the versions of an object that a query names."""
        chosen = set(self.select(query)) & set(self.versions(object_id))
        self.kept = [one for one in self.kept if one not in chosen]
        return len(chosen)

    def versions(self, object_id: str) -> list[Kept]:
        """List the versions of an object in the order they were added."""
        return [one for one in self.kept if one.id == object_id]

    def select(self, query: Query) -> list[Kept]:
        """List all that a query asks for, in the order it was added."""
        tests: list[Callable[[Kept], bool]] = []
        if query.ids is not None:
            tests.append(lambda one: one.id in (query.ids or ()))
        if query.types is not None:
            tests.append(lambda one: bool(one.types & (query.types or frozenset())))
        if query.spec_versions is not None:
            tests.append(lambda one: one.spec in (query.spec_versions or ()))
        for versions in query.versions or (Versions(last=True),):
            chosen = self._chosen(versions, query.spec_versions)
            tests.append(lambda one, chosen=chosen: one.at in chosen)  # type: ignore[misc]
        return [one for one in self.kept if all(test(one) for test in tests)]

    def page(self, query: Query, after: int, limit: int, room: int) -> Expected:
        """Give a page: as much as fits, but always something if there is anything."""
        waiting = [one for one in self.select(query) if one.at > after]
        taken: list[Kept] = []
        for one in waiting[:limit]:
            heavy = sum(each.weight for each in [*taken, one]) > room > 0
            if heavy and taken:
                break
            taken.append(one)
        rest = waiting[len(taken) :]
        return Expected(taken, bool(rest), rest[0].at if rest else None)

    def known(self, query: Query) -> int:
        """Count what of the ids asked for is there, of any type and STIX version."""
        return len(self.select(Query(ids=query.ids, versions=query.versions)))

    def _chosen(self, versions: Versions, specs: frozenset[str] | None) -> set[int]:
        objects: dict[str, list[Kept]] = {}
        for one in self.kept:
            objects.setdefault(one.id, []).append(one)
        chosen: set[int] = set()
        for there in objects.values():
            chosen |= _choose(versions, specs, there)
        return chosen

    def _is_same(self, entry: NewEntry, one: Kept) -> bool:
        if entry.version is None or one.made:
            return entry.version is None and one.made
        return instant(entry.version) == one.instant


def _choose(
    versions: Versions, specs: frozenset[str] | None, there: list[Kept]
) -> set[int]:
    if versions.every:
        return {one.at for one in there}
    exact = {_from_canonical(text) for text in versions.exact}
    chosen = {one.at for one in there if one.instant in exact}
    # Asked for no STIX version, a server gives the newest that the object has.
    specs = specs or frozenset({max((one.spec for one in there), key=_by_number)})
    pool = sorted(
        (one for one in there if one.spec in specs),
        key=lambda one: (one.instant, one.at),
    )
    if pool and versions.first:
        chosen.add(pool[0].at)
    if pool and versions.last:
        chosen.add(pool[-1].at)
    return chosen


def _by_number(spec: str) -> tuple[int, ...]:
    return tuple(int(part) for part in spec.split("."))


def _same_new(one: NewEntry, other: NewEntry) -> bool:
    if one.id != other.id:
        return False
    if one.version is None or other.version is None:
        return one.version is other.version
    return instant(one.version) == instant(other.version)


@cache
def instant(text: str) -> Fraction:
    """Read a timestamp as exact seconds since the year 1."""
    match = _TIME.fullmatch(text)
    assert match, text
    date, clock, second, decimals, zone = match.groups()
    moment = datetime.fromisoformat(f"{date}T{clock}:00+00:00")
    if zone not in {"Z", "z"}:
        hours, minutes = zone[1:].split(":")
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        moment -= -offset if zone[0] == "-" else offset
    whole = (moment - datetime(1, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) + int(
        second
    )
    return whole + Fraction("0" + decimals if decimals else 0)


def _from_canonical(text: str) -> Fraction:
    return instant(text + "Z")
