"""Nobody takes more than their tier.

A request is worth more than its count: where the counters are away it passes,
a metric says so, and for a few seconds nobody waits for them again.
"""

from __future__ import annotations

from chalicelib.access.allowance import Allowance, judge
from chalicelib.access.tiers import ONE, Tier, Tiers
from chalicelib.core.apikey import ApiKey
from chalicelib.core.ports import Clock, CounterStore
from chalicelib.observe import metrics
from chalicelib.observe.log import logger

_PAUSE = 5.0
"""Seconds that counters which failed are left alone."""


class Limits:
    """Counts requests by key."""

    def __init__(self, store: CounterStore, tiers: Tiers, clock: Clock) -> None:
        """Count nothing yet."""
        self._store = store
        self._tiers = tiers
        self._clock = clock
        self._away_until = 0.0

    def take(self, key: ApiKey, operation: str | None) -> Allowance | None:
        """Count a request; None where there is no limit, or none that is known.

        The answer says whether the request was accepted.
        """
        tier = self._tiers.of(key.tier)
        if tier.per_minute is None and tier.per_day is None:
            return None
        if self._clock.monotonic() < self._away_until:
            metrics.count("rate_limit_unavailable")
            return None
        cost, now = self._tiers.cost(operation), self._clock.now()
        try:
            taken = self._store.take(key.id, cost, now, _most(tier))
        except Exception as error:  # noqa: BLE001 - whatever it is, the request passes
            self._away_until = self._clock.monotonic() + _PAUSE
            metrics.count("rate_limit_unavailable")
            logger.warning("the rate counters are away", exc_info=error)
            return None
        return judge(tier, taken, cost, now)


def _most(tier: Tier) -> tuple[int | None, int | None]:
    minute, day = (
        None if limit is None else limit * ONE
        for limit in (tier.per_minute, tier.per_day)
    )
    return minute, day
