"""What ingestion needs of storage: the records of IOCs, and the counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from chalicelib.core.iocs.ioc import Ioc
from chalicelib.core.iocs.statistics import Tally


class Kept(NamedTuple):
    """A record as it is kept; `revision` is what a change of it rests on.

    Revision 0: there is no such record yet.
    """

    ioc: Ioc
    revision: int


class Due(NamedTuple):
    """Some IOCs that may expire on a day; `place` tells them from others."""

    day: int
    place: str
    keys: tuple[bytes, ...]


class IocStore(Protocol):
    """The one record of each IOC, and when it expires."""

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, Kept]:
        """Read those of some records that are there."""

    def save_many(self, changed: Sequence[Kept]) -> set[bytes]:
        """Write records over the revisions that were read.

        Gives the keys of those that could not be: mostly, because somebody else
        has changed them meanwhile.
        """

    def schedule(self, day: int, keys: Sequence[bytes], at: int) -> None:
        """Note that IOCs may expire on a day. Repeating it changes nothing."""

    def due(self, today: int) -> Iterator[Due]:
        """Give what may have expired until a day, oldest first.

        What was settled does not come again, nor do days that were gone through.
        """

    def settle(self, due: Due) -> None:
        """Forget what was due: it was looked at."""


class StatisticsStore(Protocol):
    """How much there is and comes, counted as it happens."""

    def add(self, day: int, tally: Tally) -> None:
        """Add to the counts of a day and to those in all."""

    def totals(self) -> Tally:
        """Give the counts in all."""

    def begin(self) -> int | None:
        """Tell the first day that has any counts."""

    def days(self, first: int, last: int) -> dict[int, Tally]:
        """Give the counts of those days that have any, both ends included."""

    def named(self, first: int, last: int) -> Tally:
        """Give what the articles of some days name, both ends included."""
