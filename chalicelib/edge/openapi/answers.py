"""What an operation answers: the good ones, the errors, and their headers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib.edge.dialect import TAXII, Dialect
from chalicelib.edge.operation import Door, Traits
from chalicelib.errors import AppError

Json = dict[str, Any]

_TEXT: Json = {"schema": {"type": "string"}}
_ANY: Json = {"schema": {"type": "object"}}


def _header(about: str, kind: str = "string") -> Json:
    return {"description": about, "schema": {"type": kind}}


HEADERS: Json = {
    "X-Request-Id": _header("Quote it to the operator."),
    "X-RateLimit-Limit": _header("Requests in the tighter window.", "integer"),
    "X-RateLimit-Remaining": _header("Requests that are left.", "integer"),
    "X-RateLimit-Reset": _header("When the window ends, Unix seconds.", "integer"),
    "RateLimit-Limit": _header("Requests in the tighter window.", "integer"),
    "RateLimit-Remaining": _header("Requests that are left.", "integer"),
    "RateLimit-Reset": _header("Seconds until the window ends.", "integer"),
    "RateLimit-Policy": _header("All windows: requests;w=seconds."),
    "Retry-After": _header("Seconds to wait.", "integer"),
    "WWW-Authenticate": _header("The ways to send a key."),
    "ETag": _header("Of this version; send it as If-None-Match."),
    "X-Next-Cursor": _header("Where the list goes on, as `cursor`."),
    "X-Resume-Cursor": _header("The `cursor` for what is new, oldest first."),
    "Link": _header("The address where the list goes on, as `rel=next`."),
    "Content-Disposition": _header("A name for the file."),
    "X-Skipped": _header("IOCs without a form in this format.", "integer"),
    "X-TAXII-Date-Added-First": _header("`date_added` of the first item."),
    "X-TAXII-Date-Added-Last": _header("`date_added` of the last item."),
}
_LIMITS = tuple(name for name in HEADERS if "RateLimit" in name)
_DATED = ("X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last")
_PAGES = frozenset({"Envelope", "Manifest", "Versions"})
_WITH_ERRORS = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After", *_LIMITS),
    503: ("Retry-After",),
}


def of(
    traits: Traits, dialect: Dialect, *, in_path: bool, more: Iterable[int] = ()
) -> Json:
    """List the answers of an operation."""
    good: Json = {"description": "As asked.", "headers": _headers(traits)}
    good["content"] = _content(traits, dialect)
    told: Json = {str(traits.status): good}
    if traits.conditional:
        told["304"] = {
            "description": "You have it already.",
            "headers": _refer("X-Request-Id", "ETag"),
        }
    room = "Taxii" if dialect is TAXII else ""
    for status in sorted({*_statuses(traits, in_path=in_path), *more}):
        told[str(status)] = {"$ref": f"#/components/responses/{room}{status}"}
    return told


def errors() -> Json:
    """Write the answer of each status, for both rooms."""
    titles: dict[int, str] = {}
    codes: dict[int, list[str]] = {}
    for one in _classes(AppError):
        titles.setdefault(one.status, one.title)
        codes.setdefault(one.status, [])
        if one.code not in codes[one.status] and _is_own(one):
            codes[one.status].append(one.code)
    told = {}
    for room, model, media_type in (
        ("", "Error", "application/json"),
        ("Taxii", "TaxiiError", TAXII.media_type),
    ):
        for status in sorted(titles):
            names = ", ".join(f"`{code}`" for code in codes[status])
            told[f"{room}{status}"] = {
                "description": f"{titles[status]}: {names}.",
                "headers": _refer("X-Request-Id", *_WITH_ERRORS.get(status, ())),
                "content": {
                    media_type: {"schema": {"$ref": f"#/components/schemas/{model}"}}
                },
            }
    return told


def _statuses(traits: Traits, *, in_path: bool) -> Iterator[int]:
    yield 500
    if traits.parameters is not None or traits.takes:
        yield 400
    if traits.door is not Door.OPEN:
        yield from (401, 403, 503)
    if traits.door is Door.KEY:
        yield 429
    if in_path:
        yield 404
    if not traits.produces:
        yield 406
    if traits.takes:
        yield from (413, 415)


def _headers(traits: Traits) -> Json:
    names = ["X-Request-Id"]
    if traits.conditional:
        names.append("ETag")
    if traits.door is Door.KEY:
        names += _LIMITS
    known = {one.name for one in traits.parameters or ()}
    if "cursor" in known:
        names += ("X-Next-Cursor", "Link")
    if known >= {"cursor", "confidence"}:
        names += ("X-Resume-Cursor", "X-Skipped")
    if traits.door is Door.KEY and any("json" not in one for one in traits.produces):
        names.append("Content-Disposition")
    if traits.returns in _PAGES:
        names += _DATED
    return _refer(*names)


def _refer(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _content(traits: Traits, dialect: Dialect) -> Json:
    model = _ANY
    if traits.returns:
        model = {"schema": {"$ref": f"#/components/schemas/{traits.returns}"}}
    return {
        media_type: model if _is_json(media_type) else _TEXT
        for media_type in traits.produces or (dialect.media_type,)
    }


def _is_json(media_type: str) -> bool:
    name = media_type.partition(";")[0].strip()
    return name == "application/json" or name.endswith("+json")


def _is_own(error: type[AppError]) -> bool:
    # Groups such as Unauthenticated have no code of their own.
    return "code" in vars(error) or error.status == AppError.status


def _classes(root: type[AppError]) -> Iterator[type[AppError]]:
    yield root
    for one in root.__subclasses__():
        yield from _classes(one)
