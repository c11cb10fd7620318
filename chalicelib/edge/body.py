"""Bodies of requests: JSON into models, with errors that name the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from chalicelib.edge.negotiate import parse
from chalicelib.edge.request import Request
from chalicelib.errors import InvalidRequest, TooLarge, UnsupportedMedia

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

LARGEST = 100_000
"""Bytes of a JSON body, unless a route says otherwise."""

_TOLD = 10

Model = TypeVar("Model", bound="BaseModel")


def read_json(request: Request, model: type[Model], *, largest: int = LARGEST) -> Model:
    """Read a body. Raises InvalidRequest, TooLarge and UnsupportedMedia.

    An empty body is an empty object.
    """
    from pydantic import ValidationError

    if len(request.body) > largest:
        raise TooLarge(
            f"a request has at most {largest:,} bytes here",
            details={"max_content_length": largest},
        )
    if request.body and not _is_json(request.headers.get("content-type", "")):
        raise UnsupportedMedia(
            "send the body as application/json",
            details={"accepted": ["application/json"]},
        )
    try:
        return model.model_validate_json(request.body or b"{}")
    except ValidationError as error:
        raise _explain(error) from None


def _is_json(header: str) -> bool:
    return parse(header).name == "application/json"


def _explain(error: ValidationError) -> InvalidRequest:
    # What was sent is not repeated: it may hold what nobody should see.
    problems = [
        {"field": ".".join(map(str, one["loc"])), "message": one["msg"]}
        for one in error.errors(include_url=False, include_input=False)[:_TOLD]
    ]
    field, message = problems[0]["field"], problems[0]["message"]
    told = f"`{field}`: {message}" if field else f"the body: {message}"
    return InvalidRequest(told, details={"field": field, "problems": problems})
