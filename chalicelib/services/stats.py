"""How much there is, how much comes, and how the sources do: from counters alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from chalicelib.core import instants
from chalicelib.core.feeds.state import FeedState, Health
from chalicelib.core.iocs import techniques
from chalicelib.core.iocs.ports import StatisticsStore
from chalicelib.core.iocs.statistics import Tally
from chalicelib.core.windows import DAY, HOUR
from chalicelib.services.attack import titled

DAYS = 7
MOST_TOP = 10
FAILURES = 3
"""As many in a row, or no success ever, are an error."""

_HOURS = 24

Document = dict[str, Any]


class Feeds(Protocol):
    """How the sources do."""

    def states(self) -> dict[str, FeedState]:
        """Give the states of all sources that have one."""


class Listed(Protocol):
    """A source that is read every so many minutes."""

    @property
    def id(self) -> str:
        """Short name, for ever the same."""

    @property
    def name(self) -> str:
        """Name for people."""

    @property
    def category(self) -> str:
        """What it lists."""

    @property
    def every(self) -> int:
        """Minutes between its runs."""

    @property
    def enabled(self) -> bool:
        """Whether it is read at all."""


class Stats:
    """Sums up, anew for each question: four reads."""

    def __init__(
        self,
        statistics: StatisticsStore,
        feeds: Feeds,
        names: Mapping[str, str],
    ) -> None:
        """Take the names of all sources by their ids, also of those that are off."""
        self._statistics = statistics
        self._feeds = feeds
        self._names = names

    def of(self, sources: Sequence[Listed], now: int) -> Document:
        """Sum up. `sources` are those whose health is told, by their table."""
        today = now // DAY
        totals = self._statistics.totals()
        days = self._statistics.days(today - DAYS + 1, today)
        states = self._feeds.states()
        named = self._statistics.named(today - DAYS + 1, today).named
        return {
            "totals": self._totals(totals),
            "trend": {
                "last_24h": _last_day(days, now),
                "last_7d": [
                    {
                        "date": instants.to_date(day * DAY),
                        **_counted(days.get(day, Tally())),
                    }
                    for day in range(today - DAYS + 1, today + 1)
                ],
            },
            "feed_health": [
                _health(source, states.get(source.id, FeedState(source.id)), now)
                for source in sources
                if source.enabled
            ],
            "top_mitre_techniques": [
                {"id": one, "name": titled(one).name, "articles": count}
                for one, count in _top(named, are_techniques=True)
            ],
            "top_cves": [
                {"id": one, "articles": count}
                for one, count in _top(named, are_techniques=False)
            ],
            "last_updated": _last_success(states.values()),
        }

    def _totals(self, totals: Tally) -> Document:
        by_source: Counter[str] = Counter()
        for name, count in totals.sources.items():
            by_source[self._names.get(name, name)] += count
        return {
            "iocs": sum(totals.active.values()),
            "articles": sum(totals.articles.values()),
            "by_type": totals.active,
            "by_category": _ranked(totals.categories),
            "by_source": _ranked(by_source),
            "articles_by_category": _ranked(totals.articles),
        }


def health_of(state: FeedState, health: Health) -> str:
    """Name the health of a source that is on: healthy, degraded or error."""
    if health is Health.OK:
        return "healthy"
    is_broken = state.failures >= FAILURES or (
        state.failures > 0 and state.last_success is None
    )
    return "error" if is_broken else "degraded"


def _health(source: Listed, state: FeedState, now: int) -> Document:
    health = state.health(now, source.every, enabled=source.enabled)
    return {
        "id": source.id,
        "name": source.name,
        "category": source.category,
        "status": health_of(state, health),
        "health": str(health),
        "last_success": instants.to_text_or_none(state.last_success),
        "listed": state.listed,
    }


def _last_day(days: Mapping[int, Tally], now: int) -> Document:
    """Count today, and yesterday by the share of it that is no 24 hours ago."""
    today, hours = now // DAY, now % DAY // HOUR
    ours, before = (_counted(days.get(day, Tally())) for day in (today, today - 1))
    share = _HOURS - hours
    return {
        name: ours[name] + (2 * before[name] * share + _HOURS) // (2 * _HOURS)
        for name in ours
    } | {"estimated": True}


def _counted(tally: Tally) -> Document:
    return {
        "new": sum(tally.new.values()),
        "updated": sum(tally.updated.values()),
        "revoked": sum(tally.gone.values()),
        "articles": sum(tally.articles.values()),
    }


def _top(named: Mapping[str, int], *, are_techniques: bool) -> list[tuple[str, int]]:
    found = [
        (name, count)
        for name, count in named.items()
        if _is_technique(name) is are_techniques
    ]
    return sorted(found, key=lambda one: (-one[1], one[0]))[:MOST_TOP]


def _is_technique(name: str) -> bool:
    return techniques.to_technique(name) is not None


def _ranked(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _last_success(states: Iterable[FeedState]) -> str | None:
    """Tell when a source was read last: nothing has come since."""
    last = max((state.last_success or 0 for state in states), default=0)
    return instants.to_text(last) if last else None
