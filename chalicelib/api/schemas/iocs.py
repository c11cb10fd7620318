"""IOCs, and pages of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.api.schemas.envelope import Meta
from chalicelib.api.schemas.shape import Count, Instant, Score, Shape, Texts, Url, Uuid
from chalicelib.core.iocs.ioc import IocType

Confidence = Literal["high", "medium", "low"]
Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]


class IocSource(Shape):
    """Where an IOC is from: the source that says most for it."""

    article_id: str | None
    article_title: str | None
    article_url: Url | None
    reference_url: Url | None
    feed_name: str = Field(examples=["URLhaus"])
    category: str = Field(examples=["threat-intel"])
    origin: Literal["feed", "article"]


class Ioc(Shape):
    """An indicator of compromise in its current version."""

    id: Uuid = Field(description="The same for the same type and value, for ever.")
    type: IocType
    value: str = Field(examples=["198.51.100.7"])
    confidence: Confidence
    first_seen: Instant
    last_seen: Instant
    source: IocSource
    context: str | None
    tags: Texts
    mitre_techniques: Texts = Field(examples=[["T1071"]])
    confidence_score: Score
    malware_families: Texts
    sources: Texts = Field(description="The ids of all sources; see /v1/feeds.")
    references: Texts
    industries: Texts = Field(description="CISA's sectors.")
    tlp: Tlp
    valid_until: Instant | None
    created: Instant
    modified: Instant = Field(description="When it was last published.")
    revoked: bool
    life: Annotated[int, Field(ge=1)] = Field(
        description="Counts up when it comes back after its revocation."
    )


class Match(Ioc):
    """An IOC that was found, and how."""

    match: Literal["exact", "prefix", "fuzzy"]
    similarity: Annotated[float, Field(ge=0, le=1)]


class SearchCounts(Shape):
    """How many were found."""

    total_matches: Count
    related_count: Count
    search_time_ms: Count


class SearchResult(Shape):
    """What a search found; `found: false` says that we know nothing alike."""

    found: bool
    query: str = Field(description="As it was sent.")
    matches: list[Match] = Field(description="The best first.")
    relatedIOCs: list[Ioc]  # noqa: N815 - as clients of this API know it
    meta: SearchCounts


class SearchAnswer(Shape):
    """The answer to a search."""

    meta: Meta
    data: SearchResult


class IocFilters(Shape):
    """The filters as they were understood; `all` where none was given."""

    type: str
    category: str
    confidence: str
    industry: str
    tag: str
    source: str
    since: Instant = Field(description="Not before the look-back of the tier.")
    until: Instant


class IocMeta(Meta):
    """What a page of IOCs says of itself."""

    total: Count
    total_estimated: bool
    limit: Count
    offset: Count
    count: Count = Field(description="IOCs of this page.")
    next_cursor: str | None = Field(description="null: this is the end.")
    resume_cursor: str | None = Field(
        description="Goes on with what is new, once this is read to its end."
    )
    filters: IocFilters


class Links(Shape):
    """Where this page is, and the next one."""

    self: Url
    next: Url | None


class IocPage(Shape):
    """A page of IOCs."""

    meta: IocMeta
    data: list[Ioc]
    links: Links
