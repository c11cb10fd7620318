"""Keys, what they were used for, and sessions of operators."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.api.schemas.envelope import Total
from chalicelib.api.schemas.shape import Count, Date, Instant, Shape, Texts

Limit = Annotated[int, Field(ge=0)] | None


class Key(Shape):
    """A key, but for its secret."""

    id: str
    key_prefix: str = Field(description="The first twelve characters.")
    name: str
    owner: str | None
    tier: str
    admin: bool
    scopes: Texts
    total_requests: Count = Field(description="Of the last 90 days.")
    last_used_at: Instant | None = Field(description="By the hour.")
    created_at: Instant
    expires_at: Instant | None = Field(description="null: never.")
    revoked_at: Instant | None = Field(description="null: active.")


class KeyDetails(Key):
    """All of a key but its secret."""

    rate_limit_per_minute: Limit
    rate_limit_per_day: Limit
    grants: dict[str, Literal["r", "w", "rw"]]
    allowed_ips: Texts | None
    revoked_reason: str | None


class NewKey(KeyDetails):
    """A new key, with its secret."""

    key_preview: str
    key: str = Field(description="The secret, this once.")


class Warn(Shape):
    """What to mind."""

    warning: str


class KeyPage(Shape):
    """All keys, oldest first."""

    data: list[Key]
    meta: Total


class KeyResult(Shape):
    """One key."""

    data: KeyDetails


class NewKeyResult(Shape):
    """The key that was made."""

    data: NewKey
    meta: Warn


class UsageOfDay(Shape):
    """One day, by UTC."""

    date: Date
    requests: Count
    errors: Count


class UsageOfEndpoint(Shape):
    """How often a route was asked for."""

    path: str
    count: Count


class UsageOfHour(Shape):
    """How often the limits were met in an hour of the day, on all days."""

    hour: Annotated[int, Field(ge=0, le=23)]
    count: Count


class Usage(Shape):
    """What a key was used for."""

    key_id: str
    window_days: Annotated[int, Field(ge=1, le=90)]
    total_requests: Count
    successful: Count
    client_errors: Count
    server_errors: Count
    success_rate: Annotated[float, Field(ge=0, le=1)]
    avg_response_time_ms: Count
    latency_p50_ms: Count
    latency_p95_ms: Count
    latency_p99_ms: Count
    rate_limit_peak_per_minute: Count
    rate_limit_peak_per_day: Count
    top_endpoints: list[UsageOfEndpoint]
    by_status: dict[str, Count]
    daily: list[UsageOfDay] = Field(description="Newest first.")
    rate_limit_hits_by_hour: list[UsageOfHour]


class UsageResult(Shape):
    """What a key was used for."""

    data: Usage


class Session(Shape):
    """An operator's session, in a cookie."""

    key_id: str
    csrf_token: str = Field(description="For changes, as X-CSRF-Token.")
    expires_at: Instant


class SessionResult(Shape):
    """A session."""

    data: Session
