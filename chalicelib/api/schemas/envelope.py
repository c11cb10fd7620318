"""What is around data, and errors."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from chalicelib.api.schemas.shape import Instant, Shape, sparse


class Meta(Shape):
    """What every answer says of itself."""

    generated_at: Instant
    feed_version: str = Field(examples=["1.0"])
    source: str = Field(description="The name of the service.")


class Total(Shape):
    """How many there are."""

    total: int = Field(ge=0)


class Done(Shape):
    """It is done."""

    model_config = sparse("success")

    success: bool
    message: str


class Health(Shape):
    """The function runs."""

    status: str = Field(examples=["ok"])
    stage: str = Field(examples=["prod"])


class Problem(Shape):
    """What went wrong."""

    model_config = sparse("code", "message", "request_id")

    code: str = Field(
        description="Stable, for machines.", examples=["invalid_parameter"]
    )
    message: str = Field(description="For people; the words may change.")
    details: dict[str, Any] = Field(
        description="`field` names what to mend, `required` what is missing."
    )
    request_id: str = Field(description="Quote it to the operator.")


class Error(Shape):
    """An error of a REST route."""

    error: Problem


class TaxiiError(Shape):
    """An error of a TAXII route: the resource of section 3.6.1, and ours."""

    model_config = sparse(
        "title", "description", "error_id", "error_code", "http_status", "error"
    )

    title: str
    description: str
    error_id: str
    error_code: str
    http_status: str
    details: dict[str, Any]
    error: Problem
