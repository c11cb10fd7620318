"""The endpoints of TAXII 2.1 (sections 4 and 5)."""

from __future__ import annotations

import io
import uuid
from collections.abc import Sequence
from itertools import islice

from chalicelib.access.tiers import earliest
from chalicelib.core import instants
from chalicelib.core.collection import Collection
from chalicelib.core.log.entry import CardVersion, Entry
from chalicelib.core.log.head import Head
from chalicelib.core.log.query import EVERY
from chalicelib.core.log.stix_text import StixText, objects_in
from chalicelib.core.ports import LogPage
from chalicelib.core.windows import DAY
from chalicelib.edge.dialect import TAXII
from chalicelib.edge.negotiate import parse
from chalicelib.edge.operation import Context, Door
from chalicelib.edge.reply import Reply, to_json
from chalicelib.edge.router import Router
from chalicelib.errors import (
    Forbidden,
    InvalidRequest,
    NotFound,
    TierRequired,
    TooLarge,
    UnsupportedMedia,
)
from chalicelib.services.collections import no_such_collection
from chalicelib.taxii import resources
from chalicelib.taxii.filters import Filters, read_filters, read_selection

discovery = Router(TAXII)
root = Router(TAXII)

SECONDS = 20.0
"""Time that a request may spend on writing: API Gateway waits for 29."""

MOST_OBJECTS = 60_000
"""Elements of one envelope; as many of the smallest objects fill its bytes."""

_KEPT = 2 * DAY
"""Microseconds that a status is kept; section 4.3 asks for a day."""

_TAKEN = {"application/taxii+json": {"2.1"}, "application/stix+json": {"2.0", "2.1"}}


@discovery.get("", door=Door.OPEN)
def get_discovery(ctx: Context) -> Reply:
    """Section 4.1: where the API root is."""
    settings, base_url = ctx.container.settings, ctx.request.base_url
    return Reply(to_json(resources.discovery(settings, base_url)))


@root.get("")
def get_api_root(ctx: Context) -> Reply:
    """Section 4.2: what the API root is."""
    return Reply(to_json(resources.api_root(ctx.container.settings)))


@root.get("/status/{status_id}")
def get_status(ctx: Context, status_id: str) -> Reply:
    """Section 4.3: what became of a request to add objects."""
    document = ctx.container.statuses.get(status_id, ctx.container.clock.now())
    collection, _, status = (document or b"").decode().partition("\n")
    key = ctx.key
    if not status or not (key.may_read(collection) or key.may_write(collection)):
        raise NotFound("there is no such status: it is kept for two days")
    return Reply(status)


@root.get("/collections")
def list_collections(ctx: Context) -> Reply:
    """Section 5.1: the collections that the caller may do anything with."""
    key = ctx.key
    known = [
        resources.collection(one, key, readable=_reads(ctx, one))
        for one in ctx.container.collections.all()
        if key.may_read(one.id) or key.may_write(one.id)
    ]
    return Reply(to_json({"collections": known} if known else {}))


@root.get("/collections/{collection}")
def get_collection(ctx: Context, collection: str) -> Reply:
    """Section 5.2: one collection."""
    found = _open(ctx, collection).collection
    readable = _reads(ctx, found)
    return Reply(to_json(resources.collection(found, ctx.key, readable=readable)))


@root.get("/collections/{collection}/manifest")
def get_manifest(ctx: Context, collection: str) -> Reply:
    """Section 5.3: what objects there are."""
    head = _readable(ctx, collection)
    filters = _filters(ctx, head)
    page = ctx.container.log.page(head, filters.request(room=0))
    body = resources.manifest(page, filters.next(page.position, head.id))
    return Reply(body, headers=_dates(page.entries, filters))


@root.get("/collections/{collection}/objects", counts="taxii_objects")
def get_objects(ctx: Context, collection: str) -> Reply:
    """Section 5.4: the objects."""
    head = _readable(ctx, collection)
    filters = _filters(ctx, head)
    return _envelope(ctx.container.log.page(head, filters.request()), filters, head)


@root.post("/collections/{collection}/objects", counts="taxii_objects", status=202)
def add_objects(ctx: Context, collection: str) -> Reply:
    """Section 5.5: add objects; all is settled when the answer comes."""
    head = _writable(ctx, collection)
    _check_content_type(ctx.request.headers.get("content-type", ""))
    texts = _body(ctx.request.body)
    received = ctx.container.clock.now()
    adding = ctx.container.adding.add(head.collection, texts, seconds=SECONDS)
    identifier = str(uuid.uuid4())
    status = resources.status(identifier, received, list(adding))
    document = f"{head.id}\n{status}".encode()
    ctx.container.statuses.put(identifier, document, received + _KEPT)
    return Reply(status, 202)


@root.get("/collections/{collection}/objects/{object_id}")
def get_object(ctx: Context, collection: str, object_id: str) -> Reply:
    """Section 5.6: one object, in one or more versions."""
    head = _readable(ctx, collection)
    filters = _filters(ctx, head, object_id)
    page = ctx.container.log.page(head, filters.request())
    if not page.known:
        raise NotFound("there is no such object, or no such version of it")
    return _envelope(page, filters, head)


@root.delete("/collections/{collection}/objects/{object_id}")
def delete_object(ctx: Context, collection: str, object_id: str) -> Reply:
    """Section 5.7: take versions of an object away, all unless told which."""
    head = _open(ctx, collection)
    _require(ctx, head, read=True, write=True)
    query = read_selection(ctx.request.query).default_versions(EVERY)
    deadline = ctx.container.clock.monotonic() + SECONDS
    ctx.container.log.remove(head.id, object_id, query, deadline)
    return Reply("{}")


@root.get("/collections/{collection}/objects/{object_id}/versions")
def list_versions(ctx: Context, collection: str, object_id: str) -> Reply:
    """Section 5.8: the versions of one object, in the order they were added."""
    head = _readable(ctx, collection)
    filters = _filters(ctx, head, object_id)
    known = ctx.container.log.versions(head, object_id)
    if not known:
        raise NotFound("there is no such object in this collection")
    query = filters.query.default_versions(EVERY)
    matching = [
        version
        for version, standing in known
        if version.date_added > filters.position
        and query.takes_version(version, standing)
    ]
    limit = filters.request().limit
    listed = matching[:limit]
    position = listed[-1].date_added if listed else filters.position
    more = len(matching) > limit
    body = resources.versions(listed, filters.next(position, head.id), more=more)
    return Reply(body, headers=_dates(listed, filters))


def _open(ctx: Context, ref: str) -> Head:
    """Find a collection; one that the caller has no part in is not there."""
    head = ctx.container.collections.open(ref)
    if not (ctx.key.may_read(head.id) or ctx.key.may_write(head.id)):
        raise no_such_collection(ref)
    return head


def _readable(ctx: Context, ref: str) -> Head:
    head = _open(ctx, ref)
    _require(ctx, head, read=True)
    return head


def _writable(ctx: Context, ref: str) -> Head:
    head = _open(ctx, ref)
    _require(ctx, head, write=True)
    return head


def _require(
    ctx: Context, head: Head, *, read: bool = False, write: bool = False
) -> None:
    if read and not ctx.key.may_read(head.id):
        raise Forbidden("this key may not read this collection")
    if read and not _reads(ctx, head.collection):
        required = head.collection.tier or ctx.container.tiers.taxii
        raise TierRequired(
            f"this collection is for keys of the tier {required}",
            details={"required": required, "tier": ctx.key.tier},
        )
    if write and not ctx.key.may_write(head.id):
        raise Forbidden("this key may not write to this collection")


def _reads(ctx: Context, collection: Collection) -> bool:
    # A grant is the operator's word and goes before the tier.
    key, tiers = ctx.key, ctx.container.tiers
    return key.may_read(collection.id) and (
        bool(key.grants) or tiers.reaches(key.tier, collection.tier or tiers.taxii)
    )


def _filters(ctx: Context, head: Head, object_id: str | None = None) -> Filters:
    filters = read_filters(ctx.request.query, head.id, object_id=object_id)
    since = earliest(ctx.tier, ctx.container.clock.now())
    return filters.within(since, ctx.tier.results)


def _envelope(page: LogPage, filters: Filters, head: Head) -> Reply:
    body = resources.envelope(page, filters.next(page.position, head.id))
    return Reply(body, headers=_dates(page.entries, filters))


def _dates(listed: Sequence[Entry | CardVersion], filters: Filters) -> dict[str, str]:
    # Without items the place that was asked from: clients keep it as their cursor.
    first = listed[0].date_added if listed else filters.position
    last = listed[-1].date_added if listed else filters.position
    dates = {
        "X-TAXII-Date-Added-First": instants.to_text(first),
        "X-TAXII-Date-Added-Last": instants.to_text(last),
    }
    if filters.since:
        dates["X-Effective-Added-After"] = instants.to_text(filters.since)
    return dates


def _check_content_type(header: str) -> None:
    given = parse(header)
    versions = _TAKEN.get(given.name)
    if versions is None or given.parameters.get("version", "2.1") not in versions:
        raise UnsupportedMedia(
            "send objects as application/taxii+json;version=2.1",
            details={"accepted": sorted(_TAKEN)},
        )


def _body(body: bytes) -> list[StixText]:
    if len(body) > resources.MAX_CONTENT_LENGTH:
        raise TooLarge(
            f"a request has at most {resources.MAX_CONTENT_LENGTH} bytes: "
            "send the objects in several",
            details={"max_content_length": resources.MAX_CONTENT_LENGTH},
        )
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"the body is not UTF-8 at byte {error.start}") from None
    # All of it is read before anything is stored: half a body stores nothing.
    texts = objects_in(io.StringIO(text, newline="").read, wrapped=True)
    taken = list(islice(texts, MOST_OBJECTS + 1))
    if len(taken) > MOST_OBJECTS:
        raise TooLarge(
            f"a request has at most {MOST_OBJECTS} objects: send them in several",
            details={"max_objects": MOST_OBJECTS},
        )
    return taken
