"""Resources of TAXII 2.1, as this server writes them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from chalicelib.api.schemas.shape import Count, Instant, Shape, Texts, Url, sparse


class Discovery(Shape):
    """The discovery resource (section 4.1.1)."""

    model_config = sparse("title", "default", "api_roots")

    title: str
    description: str
    contact: str
    default: Url
    api_roots: list[Url]


class ApiRoot(Shape):
    """The API root resource (section 4.2.1)."""

    model_config = sparse("title", "versions", "max_content_length")

    title: str
    description: str
    versions: Texts
    max_content_length: Count


class Collection(Shape):
    """The collection resource (section 5.2.1)."""

    model_config = sparse("id", "title", "can_read", "can_write", "media_types")

    id: str
    title: str
    description: str
    alias: str
    can_read: bool
    can_write: bool
    media_types: Texts


class Collections(Shape):
    """The collections resource (section 5.1.1); without any it is `{}`."""

    model_config = sparse()

    collections: list[Collection]


class ManifestRecord(Shape):
    """One version of an object."""

    id: str
    date_added: Instant
    version: str
    media_type: str


class Manifest(Shape):
    """The manifest resource (section 5.3.1)."""

    more: bool
    next: str
    objects: list[ManifestRecord]


class Envelope(Shape):
    """The envelope (section 3.7)."""

    more: bool
    next: str = Field(description="Goes on from here, whenever that is.")
    objects: list[dict[str, Any]] = Field(description="STIX objects.")


class NewObjects(Shape):
    """An envelope to be added."""

    model_config = sparse() | {"extra": "allow"}

    objects: list[Any] = Field(
        description="STIX objects; what is none is told in `failures`."
    )


class StatusDetail(Shape):
    """What became of one object."""

    model_config = sparse("id", "version")

    id: str
    version: str
    message: str


class Status(Shape):
    """The status resource (section 4.3.1)."""

    model_config = sparse(
        "id", "status", "total_count", "success_count", "failure_count", "pending_count"
    )

    id: str
    status: Literal["complete"]
    request_timestamp: Instant
    total_count: Count
    success_count: Count
    successes: list[StatusDetail]
    failure_count: Count
    failures: list[StatusDetail]
    pending_count: Count


class Versions(Shape):
    """The versions resource (section 5.8.1)."""

    more: bool
    next: str
    versions: Texts


class Nothing(Shape):
    """An empty object."""
