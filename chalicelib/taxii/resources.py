"""TAXII 2.1 resources, as dictionaries in the order of the specification."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.core import instants
from chalicelib.core.apikey import ApiKey
from chalicelib.core.collection import MEDIA_TYPE, MEDIA_TYPES, Collection
from chalicelib.core.log.entry import CardVersion, Entry
from chalicelib.core.ports import LogPage
from chalicelib.edge.dialect import TAXII_MEDIA_TYPE
from chalicelib.edge.reply import to_json
from chalicelib.services.adding import Outcome
from chalicelib.settings import Settings

MAX_CONTENT_LENGTH = 4_194_304
"""Bytes of a request to add objects. Lambda takes 6 MB of JSON that holds the
body as a string; STIX grows by a tenth to a third in that."""

ROOT = "/taxii2/api/"


def discovery(settings: Settings, base_url: str) -> dict[str, Any]:
    """Write the discovery resource (section 4.1.1)."""
    root = base_url + ROOT
    resource = {
        "title": settings.title,
        "description": settings.description,
        "contact": settings.contact,
        "default": root,
        "api_roots": [root],
    }
    return _without_none(resource)


def api_root(settings: Settings) -> dict[str, Any]:
    """Write the API root resource (section 4.2.1)."""
    resource = {
        "title": settings.title,
        "description": settings.description,
        "versions": [TAXII_MEDIA_TYPE],
        "max_content_length": MAX_CONTENT_LENGTH,
    }
    return _without_none(resource)


def collection(of: Collection, caller: ApiKey, *, readable: bool) -> dict[str, Any]:
    """Write a collection resource for one caller (section 5.2.1)."""
    resource = {
        "id": of.id,
        "title": of.title,
        "description": of.description,
        "alias": of.alias,
        "can_read": readable,
        "can_write": caller.may_write(of.id),
        "media_types": list(MEDIA_TYPES),
    }
    return _without_none(resource)


def envelope(page: LogPage, cursor: str) -> str:
    """Write an envelope (section 3.7): the bytes of the objects, joined.

    `next` is there always, and `objects` even when empty: pollers read both
    from every page.
    """
    head = to_json({"more": page.more, "next": cursor})[:-1]
    objects = b",".join(page.data).decode()
    return f'{head},"objects":[{objects}]}}'


def manifest(page: LogPage, cursor: str) -> str:
    """Write a manifest (section 5.3.1), with `next` as in an envelope."""
    records = [_record(entry) for entry in page.entries]
    return to_json({"more": page.more, "next": cursor, "objects": records})


def versions(listed: Iterable[CardVersion], cursor: str, *, more: bool) -> str:
    """Write a versions resource (section 5.8.1)."""
    texts = [version.version for version in listed]
    return to_json({"more": more, "next": cursor, "versions": texts})


def status(identifier: str, received: int, outcomes: Sequence[Outcome]) -> str:
    """Write the status of a request that is done with (section 4.3.1).

    The lists may be left out, which they are when they are too long for an
    answer: the successes first.
    """
    added = [one for one in outcomes if one.state != "failed"]
    failed = [one for one in outcomes if one.state == "failed"]
    resource = {
        "id": identifier,
        "status": "complete",
        "request_timestamp": instants.to_text(received),
        "total_count": len(outcomes),
        "success_count": len(added),
        "successes": [_detail(one, received) for one in added],
        "failure_count": len(failed),
        "failures": [_detail(one, received) for one in failed],
        "pending_count": 0,
    }
    for name in ("successes", "failures"):
        if not resource[name]:
            del resource[name]
    for name in ("successes", "failures"):
        text = to_json(resource)
        if len(text) <= _LONGEST_STATUS:
            return text
        resource.pop(name, None)
    return to_json(resource)


_LONGEST_STATUS = 4_000_000


def _record(entry: Entry) -> dict[str, str]:
    return {
        "id": entry.id,
        "date_added": instants.to_text(entry.date_added),
        "version": entry.version,
        "media_type": MEDIA_TYPE.format(spec_version=entry.spec_version),
    }


def _detail(outcome: Outcome, received: int) -> dict[str, str]:
    version = outcome.version or instants.to_text(received)
    detail = {"id": outcome.id, "version": version}
    return detail | ({"message": outcome.message} if outcome.message else {})


def _without_none(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if value is not None}
