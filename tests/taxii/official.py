"""taxii2-client 2.3.0, pointed at the server under test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taxii2client import v21

if TYPE_CHECKING:
    from tests.taxii.client import Collection, Stix
    from tests.taxii.world import World


def official_collection(world: World, collection: Collection) -> v21.Collection:
    """Return a collection as taxii2-client sees it; close it after use."""
    url = f"{world.ready.api_root.rstrip('/')}/collections/{collection.id}"
    return v21.Collection(url, user="anyone", password=world.owner_key.secret)


def official_server(world: World) -> v21.Server:
    """Return discovery as taxii2-client sees it; close it and its roots after use."""
    url = world.ready.discovery
    return v21.Server(url, user="anyone", password=world.owner_key.secret)


def crawl(
    collection: v21.Collection, limit: int, **filters: str | list[str]
) -> list[Stix]:
    """Return all objects as `as_pages` brings them."""
    pages = v21.as_pages(collection.get_objects, per_request=limit, **filters)
    return [one for page in pages for one in page["objects"]]
