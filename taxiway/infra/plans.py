"""Usage plans from the tiers, and how fast each method may be called by all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.access.tiers import Tier, Tiers
from taxiway.infra.names import Names

_MINUTE = 60
_ROUNDED = 3


@dataclass(frozen=True, slots=True)
class Throttle:
    """A token bucket: requests a second that fill it, and how many it holds."""

    rate: float
    burst: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The usage plan of a tier; None is no limit. The quota is of a UTC day."""

    name: str
    tier: str
    description: str
    throttle: Throttle | None
    quota: int | None


OPEN = Throttle(rate=20, burst=40)
"""For each method that asks for no data key: open routes, wrong methods, CORS."""

CEILING = Throttle(rate=1_000, burst=4_000)
"""For each method that asks for a data key, over all keys together."""

ANY_METHOD = "*/*"


def plans(names: Names, tiers: Tiers) -> tuple[Plan, ...]:
    """Describe one plan for each tier.

    A tier without limits has a plan too: without any, API Gateway lets no key in.
    """
    return tuple(_plan(names, tier) for tier in tiers.all)


def method_settings(metered: Mapping[str, frozenset[str]]) -> dict[str, Throttle]:
    """Say how fast each method may be called, by the keys of GetStage.

    What is not named is open, or a wrong method: `*/*` keeps it slow. API Gateway
    fills a bucket for each method, so nobody takes from another's.
    """
    rows = {ANY_METHOD: OPEN}
    for path, methods in sorted(metered.items()):
        for method in sorted(methods):
            rows[f"{path.replace('/', '~1')}/{method}"] = CEILING
    return rows


def seconds_for_one(tiers: Tiers) -> int:
    """Tell after how many seconds even the slowest plan lets a request through."""
    slowest = [tier.per_minute for tier in tiers.all if tier.per_minute]
    return max(1, math.ceil(_MINUTE / min(slowest))) if slowest else 1


def _plan(names: Names, tier: Tier) -> Plan:
    return Plan(
        name=names.plan(tier.name),
        tier=tier.name,
        description=f"Taxiway, stage {names.stage}: keys of tier {tier.name}",
        throttle=_throttle(tier),
        quota=tier.per_day,
    )


def _throttle(tier: Tier) -> Throttle | None:
    if tier.per_minute is None:
        return None
    rate = round(tier.per_minute / _MINUTE + 0.5 / 10**_ROUNDED, _ROUNDED)
    return Throttle(rate=rate, burst=tier.burst or tier.per_minute)
