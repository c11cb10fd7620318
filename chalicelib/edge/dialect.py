"""The ways of speaking: TAXII's and REST's media types and errors.

The only place that reads the status of an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.edge.negotiate import MediaType, parse_many
from chalicelib.edge.reply import Reply, to_json
from chalicelib.errors import AppError, NotAcceptable, Unauthenticated

TAXII_MEDIA_TYPE = "application/taxii+json;version=2.1"

_CHALLENGE = 'Basic realm="Taxiway", charset="UTF-8", Bearer realm="Taxiway"'


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a room answers: its media type, and whether a range includes it."""

    name: str
    media_type: str
    includes: Callable[[MediaType], bool]
    error_body: Callable[[AppError, str], dict[str, object]]

    def check_accept(self, header: str | None) -> None:
        """Raise NotAcceptable unless the client takes what this room speaks."""
        ranges = parse_many(header or "")
        if not ranges:
            return
        if not any(one.quality > 0 and self.includes(one) for one in ranges):
            raise NotAcceptable(
                f"this resource is served as {self.media_type}",
                details={"accepted": self.media_type},
            )

    def render(self, error: AppError, request_id: str) -> Reply:
        """Write an error as this room does."""
        headers = dict(error.headers)
        if isinstance(error, Unauthenticated):
            headers["WWW-Authenticate"] = _CHALLENGE
        body = to_json(self.error_body(error, request_id))
        return Reply(body, error.status, headers, self.media_type)


def dialect_of(path: str) -> Dialect:
    """Tell which room a path belongs to, known or not."""
    first = path.strip("/").partition("/")[0]
    return TAXII if first in {"taxii2", "api"} else REST


def _founding_error(error: AppError, request_id: str) -> dict[str, object]:
    body: dict[str, object] = {"code": error.code, "message": error.message}
    if error.details:
        body["details"] = error.details
    return {"error": {**body, "request_id": request_id}}


def _taxii_error(error: AppError, request_id: str) -> dict[str, object]:
    # TAXII 2.1 section 3.6.1; http_status is a string there.
    body: dict[str, object] = {
        "title": error.title,
        "description": error.message,
        "error_id": request_id,
        "error_code": error.code,
        "http_status": str(error.status),
    }
    if error.details:
        body["details"] = error.details
    return body | _founding_error(error, request_id)


def _is_taxii(wanted: MediaType) -> bool:
    if wanted.name in {"*/*", "application/*"}:
        return True
    version = wanted.parameters.get("version", "2.1")
    return wanted.name == "application/taxii+json" and version == "2.1"


def _is_json(wanted: MediaType) -> bool:
    return wanted.name in {"*/*", "application/*", "application/json"}


TAXII = Dialect("taxii", TAXII_MEDIA_TYPE, _is_taxii, _taxii_error)
REST = Dialect("rest", "application/json", _is_json, _founding_error)
