"""What the models of answers are made of.

They describe what the views write, and are read when openapi.json is built: never
on a request, pydantic being slow to load.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """An object with just these fields, all of them there."""

    model_config = ConfigDict(extra="forbid")


def sparse(*always: str) -> ConfigDict:
    """Configure an object of which only some fields are there in every answer."""

    def keep(schema: dict[str, Any]) -> None:
        schema["required"] = list(always)

    return ConfigDict(extra="forbid", json_schema_extra=keep)


def _text(form: str) -> Any:
    return Field(json_schema_extra={"format": form})


Instant = Annotated[str, _text("date-time")]
Date = Annotated[str, _text("date")]
# Not `format: uri`: publishers and attackers write what no RFC allows.
Url = Annotated[str, Field(examples=["https://example.org/"])]
Uuid = Annotated[str, _text("uuid")]
Count = Annotated[int, Field(ge=0)]
Score = Annotated[int, Field(ge=0, le=100)]
Texts = list[str]
