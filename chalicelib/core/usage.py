"""What a key has used: counters of a day, and what they tell of some days. Pure.

Latencies are counted in buckets, so that any number of requests takes the same
room and percentiles of any days can be told from the sums of their buckets.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, TypeVar

from chalicelib.core import instants
from chalicelib.core.windows import DAY, HOUR

"""Microseconds of a day; days are numbered since 1970, UTC."""

BOUNDS = (
    *(1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700),
    *(1_000, 1_500, 2_000, 3_000, 5_000, 7_000, 10_000, 15_000, 20_000, 30_000),
)
"""Upper ends of the buckets in milliseconds; the last takes all that is slower."""

OTHER = "other"
"""Stands for the routes that are too many or too long to be told apart."""

MOST_ROUTES = 40
MOST_STATUSES = 40
LONGEST_ROUTE = 120
LARGEST = 1_000_000_000
"""What a count of one request is cut to, should it be absurd."""

_TENTHS = 10
_SLOWEST = 900_000.0
_UNKNOWN = 500
_LIMITED = 429
_FIRST_ERROR = 400
_FIRST_SERVER_ERROR = 500
_STATUSES = range(200, 600)
_TOP = 10
_EPOCH = date(1970, 1, 1).toordinal()
_T = TypeVar("_T", int, str)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one request of a key ended.

    `at` is in microseconds since 1970, `route` the method and the route with
    its placeholders. In tenths of a request, as limits are counted:
    `minute_count` is what the key had taken of its minute by then, if that is
    known, and `cost` what this request took, 0 for one that was refused.
    """

    key_id: str
    at: int
    route: str
    status: int
    milliseconds: float
    minute_count: int | None = None
    cost: int = _TENTHS


@dataclass(frozen=True, slots=True)
class DayUsage:
    """What is counted of a key on a day, or of a part of the day.

    `latencies` go by the upper end of their bucket, `limited` are answers 429
    by the hour of the day. `cost` is all that was taken of the limits, `peak` the
    most in a minute, both in tenths.
    """

    key_id: str
    day: int
    statuses: Mapping[int, int] = field(default_factory=dict)
    routes: Mapping[str, int] = field(default_factory=dict)
    latencies: Mapping[int, int] = field(default_factory=dict)
    limited: Mapping[int, int] = field(default_factory=dict)
    microseconds: int = 0
    cost: int = 0
    peak: int = 0

    @property
    def requests(self) -> int:
        """How many requests these are."""
        return sum(self.statuses.values())

    @property
    def errors(self) -> int:
        """How many of them failed, by whosever fault."""
        return _count(self.statuses, _FIRST_ERROR)

    def plus(self, other: DayUsage) -> DayUsage:
        """Add up what belongs to the same key and day."""
        return DayUsage(
            key_id=self.key_id,
            day=self.day,
            statuses=_joined(
                self.statuses, other.statuses, MOST_STATUSES, _class_of_status
            ),
            routes=_joined(self.routes, other.routes, MOST_ROUTES, lambda _: OTHER),
            latencies=_sum(self.latencies, other.latencies),
            limited=_sum(self.limited, other.limited),
            microseconds=self.microseconds + other.microseconds,
            cost=self.cost + other.cost,
            peak=max(self.peak, other.peak),
        )


def count(outcome: Outcome) -> DayUsage:
    """Count one request; what is absurd in it is cut to what can be."""
    at = min(max(outcome.at, 0), instants.LATEST)
    day, rest = divmod(at, DAY)
    status = outcome.status if outcome.status in _STATUSES else _UNKNOWN
    slow = outcome.milliseconds
    # Of what is no number at all every comparison is false.
    took = min(slow, _SLOWEST) if slow > 0 else 0.0
    route = outcome.route if len(outcome.route) <= LONGEST_ROUTE else OTHER
    return DayUsage(
        key_id=outcome.key_id,
        day=day,
        statuses={status: 1},
        routes={route: 1},
        latencies={_bucket(took): 1},
        limited={rest // HOUR: 1} if status == _LIMITED else {},
        microseconds=round(took * 1_000),
        cost=min(max(outcome.cost, 0), LARGEST),
        peak=min(max(outcome.minute_count or 0, 0), LARGEST),
    )


@dataclass(frozen=True, slots=True)
class Daily:
    """One day of a summary."""

    date: str
    requests: int
    errors: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How often a route was asked for."""

    path: str
    count: int


@dataclass(frozen=True, slots=True)
class Hourly:
    """How often a key met its limits in an hour of the day, on all days."""

    hour: int
    count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What a key has used in some days; the names are those of the API."""

    key_id: str
    window_days: int
    total_requests: int
    successful: int
    client_errors: int
    server_errors: int
    success_rate: float
    avg_response_time_ms: int
    latency_p50_ms: int
    latency_p95_ms: int
    latency_p99_ms: int
    rate_limit_peak_per_minute: int
    rate_limit_peak_per_day: int
    top_endpoints: list[Endpoint]
    by_status: dict[str, int]
    daily: list[Daily]
    rate_limit_hits_by_hour: list[Hourly]

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain lists and dictionaries."""
        return asdict(self)


def summarise(
    key_id: str, rows: Iterable[DayUsage], window_days: int, now: int
) -> Summary:
    """Sum up the days of a window that ends today, newest first.

    Without any request nothing has failed: the success rate is 1.
    """
    today = now // DAY
    days = dict.fromkeys(range(today, today - window_days, -1), DayUsage(key_id, 0))
    days |= {row.day: row for row in rows if row.day in days}
    used = days.values()
    statuses = _sum(*(day.statuses for day in used))
    latencies = _sum(*(day.latencies for day in used))
    limited = _sum(*(day.limited for day in used))
    total = sum(statuses.values())
    errors = _count(statuses, _FIRST_ERROR)
    server_errors = _count(statuses, _FIRST_SERVER_ERROR)
    return Summary(
        key_id=key_id,
        window_days=window_days,
        total_requests=total,
        successful=total - errors,
        client_errors=errors - server_errors,
        server_errors=server_errors,
        success_rate=round((total - errors) / total, 4) if total else 1.0,
        avg_response_time_ms=_average(sum(day.microseconds for day in used), total),
        latency_p50_ms=percentile(latencies, 50),
        latency_p95_ms=percentile(latencies, 95),
        latency_p99_ms=percentile(latencies, 99),
        rate_limit_peak_per_minute=_whole(max(day.peak for day in used)),
        rate_limit_peak_per_day=_whole(max(day.cost for day in used)),
        top_endpoints=_top(_sum(*(day.routes for day in used))),
        by_status={str(status): statuses[status] for status in sorted(statuses)},
        daily=[Daily(_date(day), u.requests, u.errors) for day, u in days.items()],
        rate_limit_hits_by_hour=[Hourly(h, limited[h]) for h in sorted(limited)],
    )


def percentile(latencies: Mapping[int, int], percent: int) -> int:
    """Tell within which milliseconds this share of requests was answered.

    It is exact to the bucket; inside, the requests are taken as spread evenly.
    """
    rank = max(-(-sum(latencies.values()) * percent // 100), 1)
    for high in sorted(latencies):
        if rank <= latencies[high]:
            low = (0, *BOUNDS)[bisect_left(BOUNDS, high)]
            return low + round((high - low) * rank / latencies[high])
        rank -= latencies[high]
    return 0


def _bucket(milliseconds: float) -> int:
    return BOUNDS[min(bisect_left(BOUNDS, milliseconds), len(BOUNDS) - 1)]


def _sum(*counts: Mapping[_T, int]) -> Counter[_T]:
    total: Counter[_T] = Counter()
    for one in counts:
        total.update(one)
    return total


def _joined(
    one: Mapping[_T, int], other: Mapping[_T, int], most: int, fold: Callable[[_T], _T]
) -> Counter[_T]:
    """Add up; what is new beyond so many is counted as what it folds to."""
    total = Counter(one)
    for name, number in other.items():
        is_one_more = name not in total and len(total) >= most
        total[fold(name) if is_one_more else name] += number
    return total


def _class_of_status(status: int) -> int:
    return status // 100 * 100


def _count(statuses: Mapping[int, int], first: int) -> int:
    return sum(number for status, number in statuses.items() if status >= first)


def _average(microseconds: int, total: int) -> int:
    return round(microseconds / total / 1_000) if total else 0


def _whole(tenths: int) -> int:
    return -(-tenths // _TENTHS)


def _top(routes: Mapping[str, int]) -> list[Endpoint]:
    ranked = sorted(routes.items(), key=lambda route: (-route[1], route[0]))
    return [Endpoint(path, number) for path, number in ranked[:_TOP]]


def _date(day: int) -> str:
    return date.fromordinal(_EPOCH + day).isoformat()
