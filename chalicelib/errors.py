"""The errors that Taxiway tells a caller of. Imports nothing of ours.

AppError                      code                     status
├─ InvalidRequest             invalid_parameter        400
├─ Unauthenticated
│  ├─ MissingApiKey           missing_api_key          401
│  ├─ InvalidApiKey           invalid_api_key          401
│  ├─ ExpiredApiKey           expired_api_key          401
│  └─ InvalidSession          invalid_session          401
├─ Forbidden                  insufficient_scope       403
│  ├─ TierRequired            tier_required            403
│  ├─ LookbackExceeded        lookback_exceeded        403
│  └─ AddressNotAllowed       address_not_allowed      403
├─ NotFound                   not_found                404
│  └─ ArticleNotFound         article_not_found        404
├─ MethodNotAllowed           method_not_allowed       405
├─ NotAcceptable              not_acceptable           406
├─ Conflict                   conflict                 409
│  └─ KeyLimitReached         key_limit_reached        409
├─ TooLarge                   payload_too_large        413
├─ UnsupportedMedia           unsupported_media_type   415
├─ RateLimited                rate_limit_exceeded      429
├─ Internal                   internal_error           500
└─ Unavailable                unavailable              503

`core` and `store` raise by meaning; only `edge.dialect` reads `status`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class AppError(Exception):
    """Something that a caller is told, in the dialect of the room."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        message: str,
        *,
        details: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the message, and what a machine may want to know of it."""
        super().__init__(message)
        self.message = message
        self.details = dict(details or {})
        self.headers = dict(headers or {})


class InvalidRequest(AppError):
    """The request does not say what can be answered."""

    code = "invalid_parameter"
    status = 400
    title = "Invalid request"


def invalid(field: str, why: str) -> InvalidRequest:
    """Make the error of one parameter or field."""
    return InvalidRequest(f"`{field}` {why}", details={"field": field})


class Unauthenticated(AppError):
    """Nobody we know is asking."""

    status = 401
    title = "Authentication required"


class MissingApiKey(Unauthenticated):
    """The request carries no API key."""

    code = "missing_api_key"


class InvalidApiKey(Unauthenticated):
    """The API key is unknown, malformed or revoked."""

    code = "invalid_api_key"


class ExpiredApiKey(Unauthenticated):
    """The API key was good once."""

    code = "expired_api_key"


class InvalidSession(Unauthenticated):
    """The session cookie is forged, over, or of a key that is gone."""

    code = "invalid_session"


class Forbidden(AppError):
    """The caller is known and may not do this."""

    code = "insufficient_scope"
    status = 403
    title = "Forbidden"


class TierRequired(Forbidden):
    """The caller's tier does not reach this."""

    code = "tier_required"


class LookbackExceeded(Forbidden):
    """What was asked for is older than the caller's tier reaches."""

    code = "lookback_exceeded"


class AddressNotAllowed(Forbidden):
    """The key may not be used from where the request comes from."""

    code = "address_not_allowed"


class NotFound(AppError):
    """There is no such thing, or none that this caller may know of."""

    code = "not_found"
    status = 404
    title = "Not found"


class ArticleNotFound(NotFound):
    """There is no such article."""

    code = "article_not_found"


class MethodNotAllowed(AppError):
    """The resource is there; the method is not."""

    code = "method_not_allowed"
    status = 405
    title = "Method not allowed"


class NotAcceptable(AppError):
    """Nothing that the caller accepts can be served here."""

    code = "not_acceptable"
    status = 406
    title = "Not acceptable"


class Conflict(AppError):
    """The change contradicts what is there."""

    code = "conflict"
    status = 409
    title = "Conflict"


class KeyLimitReached(Conflict):
    """The owner has as many active keys as the tier allows."""

    code = "key_limit_reached"


class TooLarge(AppError):
    """The request is larger than the server takes."""

    code = "payload_too_large"
    status = 413
    title = "Request too large"


class UnsupportedMedia(AppError):
    """The body is of a type that is not understood here."""

    code = "unsupported_media_type"
    status = 415
    title = "Unsupported media type"


class RateLimited(AppError):
    """The caller has used up what its tier allows in this window."""

    code = "rate_limit_exceeded"
    status = 429
    title = "Too many requests"


class Internal(AppError):
    """A fault of ours; what it was stands in the log, never in the answer."""


class Unavailable(AppError):
    """The storage does not answer in time; asking again later helps."""

    code = "unavailable"
    status = 503
    title = "Temporarily unavailable"
