"""What the bodies of REST requests hold.

Only imported where a body is read: pydantic takes a tenth of a second, which a
cold start for TAXII should not.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """A body without surprises: no other fields, no values bent into a type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class CreateKey(Body):
    """`POST /v1/keys`; see services.keys.NewKey, which checks what it means."""

    name: str
    tier: str = "free"
    expires_in_days: int | None = None
    owner: str | None = None
    grants: dict[str, str] = Field(default_factory=dict, max_length=100)
    allowed_ips: list[str] = Field(default_factory=list)


class RevokeKey(Body):
    """`DELETE /v1/keys/{id}`."""

    reason: str | None = None
