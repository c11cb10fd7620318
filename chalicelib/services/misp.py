"""The MISP feed: which days there are, and what was published on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chalicelib.access.tiers import Tier, earliest
from chalicelib.core.iocs.ioc import key_of
from chalicelib.core.iocs.ports import StatisticsStore
from chalicelib.core.iocs.validity import day_of
from chalicelib.core.lists.listing import Filters
from chalicelib.core.lists.row import Row, from_json
from chalicelib.core.ports import Clock
from chalicelib.core.windows import DAY
from chalicelib.errors import NotFound
from chalicelib.export import misp_feed
from chalicelib.export.misp_feed import DayFacts, Part
from chalicelib.services.catalogue import Catalogue, Window

DAYS = 90
"""Days that the feed goes back, if the tier does: MISP reads each event once."""

MOST_HASHES = 50_000
"""Lines of hashes.csv, the newest: what an answer carries."""

_EVERYTHING = Filters()


class MispFeed:
    """The IOCs by the days on which they were published."""

    def __init__(
        self, catalogue: Catalogue, statistics: StatisticsStore, clock: Clock
    ) -> None:
        """Read nothing yet."""
        self._catalogue = catalogue
        self._statistics = statistics
        self._clock = clock

    def days(self, tier: Tier, end: int) -> dict[int, DayFacts]:
        """Tell what each day has; `end` is the position of the newest row.

        A day that is over does not change: what leaves it is in another's event.
        """
        now = self._clock.now()
        last = day_of(now)
        first = max(last - DAYS + 1, day_of(earliest(tier, now)) + 1)
        counts = {
            day: sum(tally.new.values()) + sum(tally.updated.values())
            for day, tally in self._statistics.days(first - 1, last).items()
        }
        # With a wrong clock all that is new may be of a day to come, or uncounted.
        newest = day_of(end)
        counts[newest] = max(counts.get(newest, 0), 1)
        return {
            day: DayFacts(_count(day, counts), min((day + 1) * DAY - 1, end))
            for day in (*range(first, last + 1), *[newest] * (newest > last))
        }

    def part(self, event: str, days: dict[int, DayFacts]) -> Part:
        """Find the part that an event is of. Raises NotFound."""
        found = misp_feed.part_of_event(event, days)
        if found is None:
            raise NotFound("there is no such event in the feed: see manifest.json")
        return found

    def rows(self, part: Part) -> list[Row]:
        """Read the rows of a part."""
        return [row for row in self._rows_of(part.day) if part.has(_key(row))]

    def by_part(self, days: dict[int, DayFacts]) -> dict[Part, list[Row]]:
        """Read the newest rows of all days, each with the part that it is in."""
        found: dict[Part, list[Row]] = {}
        left = MOST_HASHES
        for day in sorted(day for day, facts in days.items() if facts.count)[::-1]:
            for row in self._rows_of(day):
                if not left:
                    return found
                part = misp_feed.part_of(day, days[day].count, _key(row))
                found.setdefault(part, []).append(row)
                left -= 1
        return found

    def _rows_of(self, day: int) -> Iterator[Row]:
        window = Window(day * DAY - 1, (day + 1) * DAY - 1)
        return map(from_json, self._catalogue.all(_EVERYTHING, window))


def _count(day: int, counts: Mapping[int, int]) -> int:
    # What a run counted for the day that it began on may have been published
    # behind midnight.
    return counts.get(day, 0) or min(counts.get(day - 1, 0), 1)


def _key(row: Row) -> bytes:
    return key_of(row.type, row.value)
