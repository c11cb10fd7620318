"""What was measured, and what it is held against. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One operation. `objects` went in or out; `cpu` in milliseconds.

    `own` is the part of `cpu` that is spent outside of botocore.
    """

    group: str
    name: str
    objects: int
    calls: int
    reads: float
    writes: int
    status_writes: int
    cpu: float
    own: float
    bytes_out: int
    note: str = ""

    @property
    def each(self) -> float:
        """Write units for each object."""
        return self.writes / max(self.objects, 1)


@dataclass(frozen=True, slots=True)
class Speed:
    """Objects for each second of wall clock, and CPU seconds for all of them."""

    name: str
    objects: int
    seconds: float
    cpu: float
    own: float

    @property
    def rate(self) -> float:
        return self.objects / self.seconds

    def per_thousand(self, seconds: float) -> float:
        """Milliseconds for 1,000 objects."""
        return seconds * 1_000_000 / self.objects


@dataclass(frozen=True, slots=True)
class Bound:
    """What is asked for, what there is, and what is in the way.

    One that does not `gate` is known not to hold, and told for honesty.
    """

    asked: str
    figure: str
    is_met: bool
    gates: bool = True
    in_the_way: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    """Calls and read units of each full page of a crawl, in order."""

    name: str
    calls: list[int]
    reads: list[float]

    def mean(self, part: slice = slice(None)) -> float:
        """Read units of a page, on average."""
        chosen = self.reads[part]
        return sum(chosen) / len(chosen)

    def parts(self) -> Iterator[float]:
        """Read units of a page in the first, the middle and the last tenth."""
        size = max(len(self.reads) // 10, 1)
        middle = (len(self.reads) - size) // 2
        for start in (0, middle, len(self.reads) - size):
            yield self.mean(slice(start, start + size))


@dataclass(slots=True)
class Figures:
    """All of a run."""

    rows: list[Row] = field(default_factory=list)
    speeds: list[Speed] = field(default_factory=list)
    pages: list[Pages] = field(default_factory=list)
    own_segments: dict[str, float] = field(default_factory=dict)
    own_rows: dict[tuple[str, str], float] = field(default_factory=dict)
    """What the segments of a list of IOCs cost, by group and name."""

    notes: list[str] = field(default_factory=list)
    tables: dict[str, list[str]] = field(default_factory=dict)
    """Further tables by their titles, written in Markdown."""

    def row(self, name: str, group: str | None = None) -> Row:
        """Find the first operation of a name, in any group unless one is named."""
        return next(
            row for row in self.rows if row.name == name and group in (None, row.group)
        )
