"""Articles."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.api.schemas.envelope import Meta
from chalicelib.api.schemas.iocs import Confidence
from chalicelib.api.schemas.shape import (
    Count,
    Instant,
    Shape,
    Texts,
    Url,
    Uuid,
    sparse,
)
from chalicelib.core.iocs.ioc import IocType


class ArticleTechnique(Shape):
    """A technique of ATT&CK that an article names."""

    id: str = Field(examples=["T1566"])
    name: str | None
    tactic: None
    confidence: None


class ArticleIoc(Shape):
    """An IOC of an article, as it was when the article was published."""

    id: Uuid
    type: IocType
    value: str
    confidence: Confidence
    first_seen: Instant


class Article(Shape):
    """An article; `fields` may ask for fewer fields, `expand` for the last ones."""

    model_config = sparse()

    id: str
    title: str
    url: Url = Field(description="The publisher's.")
    canonical_url: Url = Field(description="Of the article here.")
    summary: str
    published_at: Instant
    fetched_at: Instant
    modified_at: Instant
    source_name: str
    source_id: str
    source_type: str
    category: str
    category_label: str
    content_type: str
    severity_score: Annotated[float, Field(ge=0, le=10)]
    severity_label: Literal["critical", "high", "medium", "low", "none"]
    categorized_by: str
    categorized_at: Instant
    tech_tags: Texts
    industry_tags: Texts
    threat_actors: Texts
    malware_families: Texts
    has_iocs: bool
    ioc_count: Count
    submission_type: str
    ai_summary: None
    image_url: None
    source_tier: None
    category_legacy: None
    ai_classification: None
    ai_classification_confidence: None
    score: Count
    upvotes: Count
    downvotes: Count
    comment_count: Count
    vouch_count: Count
    rank_score: Count
    submitted_by_username: None
    audio_url: None
    audio_duration_seconds: None
    audio_voice: None
    mitre_techniques: list[ArticleTechnique]
    cve_ids: Texts
    iocs: list[ArticleIoc]


class ArticleMeta(Meta):
    """What a page of articles says of itself."""

    limit: Count
    offset: Count
    total: Count | None = Field(description="null: not counted.")
    total_estimated: bool
    next_cursor: str | None = Field(description="null: this is the end.")
    filters: dict[str, Any] = Field(description="What was understood.")


class ArticlePage(Shape):
    """A page of articles."""

    meta: ArticleMeta
    data: list[Article]


class ArticleAnswer(Shape):
    """One article."""

    meta: Meta
    data: Article
