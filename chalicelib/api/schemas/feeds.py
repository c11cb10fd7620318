"""Sources and how they do."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chalicelib.api.schemas.envelope import Total
from chalicelib.api.schemas.shape import Count, Instant, Shape


class Rows(Shape):
    """What came of reading."""

    rows: Count
    new: Count
    updated: Count
    same: Count
    vanished: Count
    rejected: dict[str, Count] = Field(description="By reason.")


class Feed(Shape):
    """One source."""

    id: str = Field(examples=["urlhaus-recent"])
    name: str = Field(examples=["URLhaus"])
    category: str = Field(examples=["threat-intel"])
    licence: str
    attribution: str
    enabled: bool
    every_minutes: int = Field(ge=1)
    health: Literal["ok", "failing", "stale", "off", "never"]
    listed: Count = Field(description="Rows of the last list that was believed.")
    last_run: Instant | None
    last_success: Instant | None
    next_due: Instant | None
    failures_in_a_row: Count
    last_error: str | None
    warning: str | None
    last: Rows = Field(description="Of the last run that read a list.")
    totals: Rows = Field(description="Of all runs.")


class FeedPage(Shape):
    """All sources."""

    data: list[Feed]
    meta: Total
