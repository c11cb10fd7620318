"""What is known of a value."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.api.schemas.envelope import Meta
from chalicelib.api.schemas.iocs import Confidence
from chalicelib.api.schemas.shape import (
    Count,
    Instant,
    Score,
    Shape,
    Texts,
    Url,
    sparse,
)
from chalicelib.core.iocs.ioc import IocType

Level = Literal["critical", "high", "medium", "low"]
Name = Literal["confidence", "sources", "recency", "severity"]


class Technique(Shape):
    """A technique or tactic of ATT&CK."""

    id: str = Field(examples=["T1071"])
    name: str | None = Field(examples=["Application Layer Protocol"])
    url: Url


class RiskPart(Shape):
    """One part of the score: its value, its weight, and the points of the two."""

    name: Name
    value: Score
    weight: Score
    points: Annotated[float, Field(ge=0, le=100)]


class RiskCap(Shape):
    """What held the score down."""

    name: Literal["revoked", "technique", "expired"]
    most: Score


class RiskScore(Shape):
    """How much of a risk, 0 to 100."""

    score: Score
    level: Level


class Risk(RiskScore):
    """How much of a risk, and how that came about."""

    formula: str = Field(description="Version of the published formula.")
    parts: list[RiskPart]
    cap: RiskCap | None


class Hunting(Shape):
    """How to look for the value in one's own logs."""

    detection_guidance: str
    splunk_query: str
    kql_query: str
    esql_query: str


class LookupSource(Shape):
    """What one source says."""

    source_id: str
    source_feed: str
    source_category: str
    reference_url: Url | None
    first_seen: Instant
    last_seen: Instant
    occurrence_count: Count
    confidence: Confidence
    confidence_score: Score
    listed: bool = Field(description="Whether its last list had it.")
    context: str | None


class LookupNetwork(Shape):
    """A listed network that the value lies in."""

    network: str
    confidence: Confidence
    confidence_score: Score
    first_seen: Instant
    last_seen: Instant
    sources: Texts


class LookupArticle(Shape):
    """An article that mentions the value."""

    id: str
    title: str
    url: Url
    published_at: Instant | None


class Known(Shape):
    """What one and many lookups tell alike."""

    found: bool = Field(description="false: not known, which is not harmless.")
    ioc_value: str
    ioc_type: IocType
    matched_network: str | None
    confidence: Confidence | None
    confidence_score: Score | None
    first_seen: Instant | None
    last_seen: Instant | None
    threat_type: str | None
    malware_family: str | None
    context: str | None
    valid_until: Instant | None
    total_occurrences: Count
    reporting_sources: Count
    malware_families: Texts
    tags: Texts
    active: bool
    revoked: bool


class LookupResult(Known):
    """All that is known of a value."""

    mitre_techniques: list[Technique]
    risk: Risk | None
    hunting: Hunting
    sources: list[LookupSource] = Field(description="The surest first.")
    networks: list[LookupNetwork] = Field(description="The narrowest first.")
    articles: list[LookupArticle]


class LookupAnswer(Shape):
    """The answer to a lookup."""

    meta: Meta
    data: LookupResult


_IN_SHORT = (*Known.model_fields, "mitre_techniques", "risk", "sources")


class LookupInShort(Known):
    """One of many values, in short."""

    model_config = sparse("ioc", *_IN_SHORT)

    ioc: str = Field(description="As it was sent.")
    mitre_techniques: Texts
    risk: RiskScore | None
    sources: Texts
    networks: list[LookupNetwork] = Field(description="With `expand`.")
    articles: list[LookupArticle] = Field(description="With `expand`.")


class LookupProblem(Shape):
    """Why a text is no value."""

    code: str
    message: str


class LookupRefused(Shape):
    """A text that is no value."""

    ioc: str = Field(description="As it was sent.")
    found: None
    error: LookupProblem


class LookupCounts(Meta):
    """How many were found, and how many were no values."""

    total: Count
    found: Count
    errors: Count


class LookupMany(Shape):
    """The answer to a lookup of many, in their order."""

    meta: LookupCounts
    data: list[LookupInShort | LookupRefused]
