"""Numbers of the whole."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chalicelib.api.schemas.envelope import Meta
from chalicelib.api.schemas.shape import Count, Date, Instant, Shape

Counts = dict[str, Count]


class Totals(Shape):
    """What there is now."""

    iocs: Count = Field(description="Active ones.")
    articles: Count
    by_type: Counts
    by_category: Counts
    by_source: Counts
    articles_by_category: Counts


class Change(Shape):
    """What came and went."""

    new: Count
    updated: Count
    revoked: Count
    articles: Count


class ChangeOfHours(Change):
    """What came and went in 24 hours, a share of yesterday among it."""

    estimated: bool


class ChangeOfDay(Change):
    """What came and went on a day, by UTC."""

    date: Date


class Trend(Shape):
    """How much comes."""

    last_24h: ChangeOfHours
    last_7d: list[ChangeOfDay] = Field(description="The oldest first.")


class FeedHealth(Shape):
    """How a source does."""

    id: str
    name: str
    category: str
    status: Literal["healthy", "degraded", "error"]
    health: Literal["ok", "failing", "stale", "off", "never"]
    last_success: Instant | None
    listed: Count


class TopTechnique(Shape):
    """A technique that many articles name."""

    id: str
    name: str | None
    articles: Count


class TopCve(Shape):
    """A vulnerability that many articles name."""

    id: str
    articles: Count


class Statistics(Shape):
    """Numbers of the whole."""

    totals: Totals
    trend: Trend
    feed_health: list[FeedHealth]
    top_mitre_techniques: list[TopTechnique] = Field(description="Of seven days.")
    top_cves: list[TopCve] = Field(description="Of seven days.")
    last_updated: Instant | None


class StatsAnswer(Shape):
    """The answer with the numbers."""

    meta: Meta
    data: Statistics
