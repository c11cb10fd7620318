"""What the bodies of REST requests hold.

Only imported where a body is read: pydantic takes a tenth of a second, which a
cold start for TAXII should not.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

# What the service checks too, in words of its own; here for OpenAPI.
_NAME: dict[str, Any] = {"minLength": 1, "maxLength": 100}
_DAYS: dict[str, Any] = {"minimum": 1, "maximum": 365}


class Body(BaseModel):
    """A body without surprises: no other fields, no values bent into a type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class CreateKey(Body):
    """`POST /v1/keys`; see services.keys.NewKey, which checks what it means."""

    name: str = Field(json_schema_extra=_NAME)
    tier: str = Field("free", examples=["pro"])
    expires_in_days: int | None = Field(None, json_schema_extra=_DAYS)
    owner: str | None = Field(None, json_schema_extra=_NAME)
    grants: dict[str, str] = Field(default_factory=dict, max_length=100)
    allowed_ips: list[str] = Field(default_factory=list)


class RevokeKey(Body):
    """`DELETE /v1/keys/{id}`."""

    reason: str | None = Field(None, json_schema_extra={"maxLength": 500})


class LookUpMany(Body):
    """`POST /v1/lookup`; see services.lookup."""

    iocs: list[str] = Field(
        min_length=1,
        max_length=1_000,
        validation_alias=AliasChoices("iocs", "values"),
        description="Values of any type, also defanged; `values` is the same.",
    )
    expand: list[Literal["articles", "networks"]] = Field(
        default_factory=list,
        max_length=2,
        description="Tell of articles and networks too; with at most 100 values.",
    )
