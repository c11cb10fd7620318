"""Discovery, API root and collections: what a client finds before any object."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import pytest

from tests.taxii.checks import UUID4, add, check_error, envelope, ids
from tests.taxii.client import TAXII, Client, Collection
from tests.taxii.samples import indicator

if TYPE_CHECKING:
    from tests.taxii.world import World

PROPERTY_NAME = re.compile(r"[a-z0-9_]{3,250}")


@pytest.fixture(scope="module")
def discovery(world: World) -> dict[str, Any]:
    """Give the discovery resource, asked for without credentials."""
    reply = Client(world.ready.discovery, {"Accept": TAXII}).get("")
    assert reply.status == 200, reply
    return reply.json()


@pytest.fixture(scope="module")
def api_root(owner: Client) -> dict[str, Any]:
    """Give the API root resource."""
    reply = owner.get("")
    assert reply.status == 200, reply
    return reply.json()


def listed(client: Client) -> list[dict[str, Any]]:
    """Return the collections that a client is shown."""
    reply = client.get("collections/")
    assert reply.status == 200, reply
    found: list[dict[str, Any]] = reply.json()["collections"]
    return found


def resource(client: Client, collection: str) -> dict[str, Any]:
    """Return one collection resource."""
    reply = client.get(f"collections/{collection}/")
    assert reply.status == 200, reply
    return reply.json()


@pytest.mark.clause("DISC-01")
def test_discovery_is_open_at_taxii2_below_the_base_url(world: World) -> None:
    assert world.ready.discovery.rstrip("/") == f"{world.ready.base_url}/taxii2"
    assert urlsplit(world.ready.discovery).path.rstrip("/") == "/api/taxii2"
    reply = Client(world.ready.base_url).get("/api/taxii2/")
    assert reply.status == 200, reply
    assert reply.content_type == TAXII


@pytest.mark.clause("DISC-01")
def test_discovery_ignores_credentials_that_are_wrong(world: World) -> None:
    wrong = Client(world.ready.discovery, {"Authorization": "Bearer nonsense"})
    assert wrong.get("").status == 200


@pytest.mark.clause("DISC-02")
def test_discovery_has_its_properties_with_their_types(
    discovery: dict[str, Any],
) -> None:
    assert isinstance(discovery["title"], str)
    assert discovery["title"]
    for name in ("description", "contact", "default"):
        assert isinstance(discovery.get(name, ""), str)
    assert isinstance(discovery["api_roots"], list)
    assert discovery["api_roots"]
    assert all(isinstance(root, str) for root in discovery["api_roots"])


@pytest.mark.clause("DISC-03")
def test_the_default_api_root_is_one_of_the_api_roots(
    discovery: dict[str, Any],
) -> None:
    assert discovery["default"] in discovery["api_roots"]


@pytest.mark.clause("DISC-04")
def test_api_roots_are_absolute_urls_with_http_on_loopback_only(
    discovery: dict[str, Any],
) -> None:
    for root in discovery["api_roots"]:
        url = urlsplit(root)
        assert (url.scheme, url.hostname) == ("http", "127.0.0.1")
        assert url.path.startswith("/api/")
        assert (url.query, url.fragment) == ("", "")


@pytest.mark.clause("DISC-04")
def test_urls_are_built_from_the_host_that_was_asked(world: World) -> None:
    port = urlsplit(world.ready.discovery).port
    said = {"Accept": TAXII, "Host": f"localhost:{port}"}
    found = Client(world.ready.discovery, said).get("").json()
    assert found["default"].startswith(f"http://localhost:{port}/api/")
    assert found["default"] in found["api_roots"]


@pytest.mark.clause("DISC-05")
def test_the_api_root_that_was_promised_is_advertised(
    world: World, discovery: dict[str, Any]
) -> None:
    base = world.ready.discovery
    roots = [urljoin(base, root).rstrip("/") for root in discovery["api_roots"]]
    assert world.ready.api_root.rstrip("/") in roots


@pytest.mark.clause("ROOT-01")
def test_the_api_root_has_its_properties_with_their_types(
    api_root: dict[str, Any],
) -> None:
    assert isinstance(api_root["title"], str)
    assert api_root["title"]
    assert isinstance(api_root["versions"], list)
    assert all(isinstance(version, str) for version in api_root["versions"])
    assert type(api_root["max_content_length"]) is int
    assert isinstance(api_root.get("description", ""), str)


@pytest.mark.clause("ROOT-02")
def test_the_api_root_speaks_taxii_2_1(api_root: dict[str, Any]) -> None:
    assert TAXII in api_root["versions"]
    assert all("version=" in version for version in api_root["versions"])


@pytest.mark.clause("ROOT-03")
def test_max_content_length_is_above_zero(api_root: dict[str, Any]) -> None:
    assert api_root["max_content_length"] > 0


@pytest.mark.clause("ROOT-04")
@pytest.mark.parametrize("below", ["", "collections/", "collections/{}/objects/"])
def test_an_unknown_api_root_is_not_found_nor_anything_below_it(
    world: World, below: str
) -> None:
    path = f"/api/taxii2/{uuid4()}/{below.format(world.rw)}"
    check_error(world.owner.get(path), 404, "not_found")


@pytest.mark.clause("COL-01")
def test_collections_have_their_properties_and_no_empty_list(owner: Client) -> None:
    found = owner.get("collections/").json()
    assert set(found) == {"collections"}
    assert found["collections"]
    for one in found["collections"]:
        assert isinstance(one["id"], str)
        assert isinstance(one["title"], str)
        assert isinstance(one["can_read"], bool)
        assert isinstance(one["can_write"], bool)
        assert one.get("media_types", ["any"])


@pytest.mark.clause("COL-02")
def test_every_collection_id_is_a_version_4_uuid(owner: Client) -> None:
    assert all(UUID4.fullmatch(one["id"]) for one in listed(owner))


@pytest.mark.clause("COL-03")
def test_collections_come_in_the_same_order_each_time(owner: Client) -> None:
    first = listed(owner)
    assert listed(owner) == first
    assert listed(owner) == first


@pytest.mark.clause("COL-04")
def test_a_collection_is_found_by_id_as_it_is_listed(owner: Client) -> None:
    for one in listed(owner):
        assert resource(owner, one["id"]) == one


@pytest.mark.clause("COL-04")
def test_title_alias_and_description_are_those_it_was_made_with(
    world: World,
) -> None:
    found = resource(world.owner, world.rw)
    assert found["title"] == f"Shelf {world.rw[:8]}"
    assert found["alias"] == world.alias
    assert found["description"] == "What the tests work on"


@pytest.mark.clause("COL-05")
def test_no_alias_is_there_twice_or_equal_to_an_id(owner: Client) -> None:
    found = listed(owner)
    aliases = [one["alias"] for one in found if "alias" in one]
    assert len(aliases) == len(set(aliases))
    assert not set(aliases) & {one["id"] for one in found}


@pytest.mark.clause("COL-06")
def test_collection_objects_and_manifest_are_found_by_alias(
    world: World, shelf: Collection
) -> None:
    one = indicator()
    add(shelf, one)
    nicknamed = Collection(world.owner, world.alias)
    assert resource(world.owner, world.alias)["id"] == world.rw
    query = {"match[id]": one["id"]}
    assert ids(envelope(nicknamed.objects(query))) == [one["id"]]
    assert ids(envelope(nicknamed.manifest(query))) == [one["id"]]


@pytest.mark.clause("COL-06")
def test_objects_can_be_added_read_and_deleted_by_alias(
    world: World, shelf: Collection
) -> None:
    nicknamed, one = Collection(world.owner, world.alias), indicator()
    add(nicknamed, one)
    assert shelf.object(one["id"]).status == 200
    assert nicknamed.object(one["id"]).status == 200
    assert nicknamed.delete(one["id"]).status == 200
    check_error(shelf.object(one["id"]), 404, "not_found")


@pytest.mark.clause("COL-07")
def test_an_unknown_collection_is_not_found_on_every_endpoint(
    owner: Client,
) -> None:
    unknown, one = Collection(owner, str(uuid4())), indicator()
    replies = (
        owner.get(unknown.path),
        unknown.objects(),
        unknown.manifest(),
        unknown.object(one["id"]),
        unknown.versions(one["id"]),
        unknown.post(one),
        unknown.delete(one["id"]),
    )
    for reply in replies:
        check_error(reply, 404, "not_found")


@pytest.mark.clause("COL-08")
def test_can_read_and_can_write_tell_what_this_client_may_do(world: World) -> None:
    shown = {
        one["id"]: (one["can_read"], one["can_write"]) for one in listed(world.visitor)
    }
    assert shown == {
        world.rw: (True, True),
        world.ro: (True, False),
        world.wo: (False, True),
    }
    assert all(one["can_read"] and one["can_write"] for one in listed(world.owner))


@pytest.mark.clause("COL-08")
def test_a_collection_the_client_may_neither_read_nor_write_is_not_there(
    world: World,
) -> None:
    check_error(world.visitor.get(f"collections/{world.none}/"), 404, "not_found")


@pytest.mark.clause("RES-01")
def test_property_names_keep_to_the_alphabet(
    shelf: Collection, discovery: dict[str, Any], api_root: dict[str, Any]
) -> None:
    one = indicator()
    status = add(shelf, one)
    record = envelope(shelf.manifest({"match[id]": one["id"]}))["objects"][0]
    resources = [discovery, api_root, status, record, *listed(shelf.client)]
    names = {name for found in resources for name in found} - {"id"}
    assert all(PROPERTY_NAME.fullmatch(name) for name in names), names
