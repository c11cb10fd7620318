"""A TAXII collection as everybody sees it (TAXII 2.1 section 5.2)."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from chalicelib.errors import InvalidRequest

MEDIA_TYPE = "application/stix+json;version={spec_version}"
MEDIA_TYPES = tuple(
    MEDIA_TYPE.format(spec_version=version) for version in ("2.1", "2.0")
)

_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)
_LONGEST_TITLE = 200
_LONGEST_DESCRIPTION = 2_000
_UUID_VERSION = 4


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection; `created` and `last` in microseconds since 1970.

    `entries` counts the versions of objects in it, `last` is the newest
    `date_added` that was ever given out in it (0 while it is empty). `tier` is
    what a key without grants needs to read it; None leaves it to the policy.
    Further `aliases` lead to it too, and are shown to nobody.
    """

    id: str
    title: str
    alias: str | None
    description: str | None
    created: int
    entries: int = 0
    last: int = 0
    tier: str | None = None
    aliases: tuple[str, ...] = ()


def check_id(text: str) -> str:
    """Give a collection id in its canonical form. Raises InvalidRequest.

    TAXII 2.1 section 2: identifiers are UUIDs of version 4.
    """
    try:
        parsed = uuid.UUID(text)
    except ValueError:
        parsed = None
    if parsed is None or parsed.version != _UUID_VERSION:
        raise InvalidRequest(
            f"a collection's id must be a version 4 UUID, not {text[:64]!r}",
            details={"field": "id"},
        )
    return str(parsed)


def check_title(text: str) -> str:
    """Check a title. Raises InvalidRequest.

    Clients choose collections by title and split lists of titles at commas
    (Google SecOps) and dots (OpenCTI), so a title has neither.
    """
    title = text.strip()
    if not title or len(title) > _LONGEST_TITLE or not title.isprintable():
        raise InvalidRequest(
            f"a title has 1 to {_LONGEST_TITLE} printable characters",
            details={"field": "title"},
        )
    if "." in title or "," in title:
        raise InvalidRequest(
            "a title has no '.' and no ',': clients split lists of titles there",
            details={"field": "title"},
        )
    return title


def check_alias(text: str) -> str:
    """Check an alias: short, safe in a URL, and no UUID. Raises InvalidRequest."""
    if not _ALIAS.fullmatch(text) or is_uuid(text):
        raise InvalidRequest(
            "an alias has 1 to 100 letters, digits, '-' and '_', begins with a "
            "letter or digit and is no UUID",
            details={"field": "alias"},
        )
    return text


def check_description(text: str) -> str:
    """Check a description. Raises InvalidRequest."""
    if len(text) > _LONGEST_DESCRIPTION:
        raise InvalidRequest(
            f"a description has at most {_LONGEST_DESCRIPTION} characters",
            details={"field": "description"},
        )
    return text


def is_uuid(text: str) -> bool:
    """Tell whether a reference is an id rather than an alias."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
