"""What a right answer looks like, and the shortest ways to ask for it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.taxii.client import TAXII, Collection, Reply, Stix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FIRST = "X-TAXII-Date-Added-First"
LAST = "X-TAXII-Date-Added-Last"
NEVER = "1970-01-01T00:00:00.000000Z"
TAXII_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
UUID4 = re.compile(r"[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}")
MOST_PAGES = 2000


def check_error(reply: Reply, status: int, code: str) -> dict[str, Any]:
    """Demand the TAXII error resource with our own error object in it."""
    assert reply.status == status, reply
    assert reply.content_type == TAXII, reply
    body = reply.json()
    assert isinstance(body["title"], str), reply
    assert body["title"], reply
    assert body["http_status"] == str(status), reply
    for name in ("description", "error_id", "error_code", "external_details"):
        assert isinstance(body.get(name, ""), str), reply
    assert isinstance(body.get("details", {}), dict), reply
    error = body["error"]
    assert error["code"] == code, reply
    assert isinstance(error["message"], str), reply
    assert error["message"], reply
    assert isinstance(error["request_id"], str), reply
    assert error["request_id"], reply
    assert set(error) <= {"code", "message", "details", "request_id"}, reply
    return body


def envelope(reply: Reply) -> dict[str, Any]:
    """Demand a page of objects, or of manifest records: these keys and no others."""
    return _page(reply, "objects")


def versions_page(reply: Reply) -> dict[str, Any]:
    """Demand a page of versions."""
    return _page(reply, "versions")


def _page(reply: Reply, items: str) -> dict[str, Any]:
    assert reply.status == 200, reply
    assert reply.content_type == TAXII, reply
    page = reply.json()
    assert set(page) == {items, "more", "next"}, reply
    assert isinstance(page[items], list), reply
    assert isinstance(page["more"], bool), reply
    assert isinstance(page["next"], str), reply
    assert page["next"], reply
    assert page[items] or not page["more"], reply
    return page


def check_status(status: dict[str, Any]) -> dict[str, Any]:
    """Demand a complete status whose counts add up and whose lists are as long."""
    assert UUID4.fullmatch(status["id"]), status
    assert status["status"] == "complete", status
    parts = ("success", "failure", "pending")
    total = sum(status[f"{part}_count"] for part in parts)
    assert status["total_count"] == total, status
    for count, name in zip(parts, ("successes", "failures", "pendings"), strict=True):
        if name in status:
            details = status[name]
            assert details, status
            assert len(details) == status[f"{count}_count"], status
            check_details(details)
    if "request_timestamp" in status:
        assert TAXII_TIME.fullmatch(status["request_timestamp"]), status
    return status


def check_details(details: list[dict[str, Any]]) -> None:
    """Demand status-details: an id, a version and perhaps a message."""
    for detail in details:
        assert set(detail) <= {"id", "version", "message"}, detail
        assert isinstance(detail["id"], str), detail
        assert isinstance(detail["version"], str), detail


def taken(reply: Reply) -> dict[str, Any]:
    """Demand 202 with a sound status, whatever became of the objects."""
    assert reply.status == 202, reply
    assert reply.content_type == TAXII, reply
    return check_status(reply.json())


def add(collection: Collection, *objects: Stix) -> dict[str, Any]:
    """POST objects and demand that every one of them was taken."""
    status = taken(collection.post(*objects))
    assert status["success_count"] == len(objects), status
    return status


def add_apart(collection: Collection, *objects: Stix) -> None:
    """POST objects one by one, so that each has a date_added by itself."""
    for one in objects:
        add(collection, one)


def refused(reply: Reply) -> bool:
    """Demand a clear no, for the whole body or for each object of it."""
    if reply.status == 202:
        status = taken(reply)
        assert status["success_count"] == 0, status
        return True
    check_error(reply, 400, "invalid_parameter")
    return True


def ids(page: dict[str, Any]) -> list[str]:
    """Return the ids on a page, in order."""
    return [one["id"] for one in page["objects"]]


def records(collection: Collection, *objects: Stix) -> list[dict[str, Any]]:
    """Return the manifest records of every version of these objects."""
    query = {"match[id]": id_list(objects), "match[version]": "all"}
    found: list[dict[str, Any]] = envelope(collection.manifest(query))["objects"]
    return found


def date_added(collection: Collection, one: Stix) -> str:
    """Return when the server took the latest version of an object."""
    (record,) = envelope(collection.manifest({"match[id]": one["id"]}))["objects"]
    added: str = record["date_added"]
    return added


def id_list(objects: Iterable[Stix]) -> str:
    """Return ids as match[id] wants them, each once."""
    return ",".join(dict.fromkeys(one["id"] for one in objects))


def walk(
    fetch: Callable[[dict[str, str]], Reply], query: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield every page as taxii2-client asks for them: the same filters, and next."""
    for page, _ in walk_replies(fetch, query):
        yield page


def walk_replies(
    fetch: Callable[[dict[str, str]], Reply], query: dict[str, str]
) -> Iterator[tuple[dict[str, Any], Reply]]:
    """Yield every page with the reply that brought it."""
    asked = dict(query)
    for _ in range(MOST_PAGES):
        reply = fetch(asked)
        page = envelope(reply) if b'"objects"' in reply.body else versions_page(reply)
        yield page, reply
        if not page["more"]:
            return
        asked = {**query, "next": page["next"]}
    raise AssertionError(f"no end after {MOST_PAGES} pages")


def follow(
    fetch: Callable[[dict[str, str]], Reply], token: str, query: dict[str, str]
) -> list[dict[str, Any]]:
    """Return every page from a token on, with nothing beside it but `query`."""
    pages: list[dict[str, Any]] = []
    while not pages or pages[-1]["more"]:
        assert len(pages) < MOST_PAGES
        reply = fetch({**query, "next": token})
        page = envelope(reply) if b'"objects"' in reply.body else versions_page(reply)
        pages.append(page)
        token = page["next"]
    return pages


def ids_on(pages: Iterable[dict[str, Any]]) -> list[str]:
    """Return the ids on several pages, in order."""
    return [stix_id for page in pages for stix_id in ids(page)]


def walk_ids(collection: Collection, query: dict[str, str]) -> list[str]:
    """Return the ids on all pages of objects."""
    return ids_on(walk(collection.objects, query))


def instant(text: str) -> datetime:
    """Return a timestamp as a point in time, so that decimals do not matter."""
    return datetime.fromisoformat(text)


def same(one: object, other: object) -> bool:
    """Compare JSON values and their types: 1 is not 1.0 and not true."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        keys = one.keys() == other.keys()
        return keys and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        long = len(one) == len(other)
        return long and all(map(same, one, other))
    return one == other


def found_ids(collection: Collection, query: dict[str, str]) -> list[str]:
    """Return the ids on the only page of objects; the manifest must agree."""
    found = ids(envelope(collection.objects(query)))
    assert ids(envelope(collection.manifest(query))) == found
    return found
