"""taxii2-client 2.3.0 and stix2 3.0.2 themselves, on loopback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import requests
import stix2
from taxii2client import v20, v21
from taxii2client.common import TokenAuth

from tests.taxii.checks import (
    add_apart,
    id_list,
)
from tests.taxii.official import crawl, official_collection
from tests.taxii.samples import (
    V1,
    V2,
    V3,
    address,
    identity,
    indicator,
    malware,
    three_versions,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.taxii.client import Collection, Stix
    from tests.taxii.world import World


@pytest.fixture
def official(
    world: World, stocked: tuple[Collection, list[Stix]]
) -> Iterator[v21.Collection]:
    """Give the stocked collection as taxii2-client sees it."""
    with official_collection(world, stocked[0]) as found:
        yield found


# taxii2-client


@pytest.mark.parametrize("limit", [0, 1, 7, 50, 5000])
def test_taxii2_client_gets_every_object_once_with_any_page_size(
    official: v21.Collection, stocked: tuple[Collection, list[Stix]], limit: int
) -> None:
    expected = stocked[1] if limit != 1 else stocked[1][:5]
    filters = {} if limit != 1 else {"id": id_list(expected)}
    assert crawl(official, limit, **filters) == expected


def test_taxii2_client_filters_by_type_version_and_date(
    official: v21.Collection, stocked: tuple[Collection, list[Stix]]
) -> None:
    wanted = [one for one in stocked[1] if one["type"] in {"malware", "ipv4-addr"}]
    assert crawl(official, 10, type=["malware", "ipv4-addr"]) == wanted
    assert crawl(official, 10, version="all") == stocked[1]
    assert crawl(official, 10, added_after="2090-01-01T00:00:00Z") == []


def test_taxii2_client_pages_the_manifest(
    official: v21.Collection, stocked: tuple[Collection, list[Stix]]
) -> None:
    pages = v21.as_pages(official.get_manifest, per_request=40)
    found = [record["id"] for page in pages for record in page["objects"]]
    assert found == [one["id"] for one in stocked[1]]


def test_taxii2_client_walks_from_discovery_to_the_collection(
    server: v21.Server, stocked: tuple[Collection, list[Stix]]
) -> None:
    assert server.title
    assert server.default is not None
    assert server.default in server.api_roots
    assert server.default.max_content_length > 0
    (found,) = [one for one in server.default.collections if one.id == stocked[0].id]
    assert found.can_read
    assert found.can_write
    assert crawl(found, 100) == stocked[1]


def test_taxii2_client_adds_reads_and_deletes_versions(
    world: World, fresh: Collection
) -> None:
    one, two, three = three_versions()
    with official_collection(world, fresh) as collection:
        status = collection.add_objects({"objects": [one, two, three]})
        assert status.status == "complete"
        assert status.success_count == len(status.successes) == 3
        status.refresh()
        assert status
        assert collection.get_object(one["id"])["objects"] == [three]
        assert collection.get_object(one["id"], version="first")["objects"] == [one]
        assert collection.object_versions(one["id"])["versions"] == [V1, V2, V3]
        collection.delete_object(one["id"], version=V2)
        assert collection.object_versions(one["id"])["versions"] == [V1, V3]
        collection.delete_object(one["id"])
        with pytest.raises(requests.HTTPError, match="404"):
            collection.get_object(one["id"])


def test_taxii2_client_with_token_auth_is_let_in(
    world: World, stocked: tuple[Collection, list[Stix]]
) -> None:
    url = f"{world.ready.api_root.rstrip('/')}/collections/{stocked[0].id}/"
    with v21.Collection(url, auth=TokenAuth(world.owner_key.secret)) as collection:
        assert crawl(collection, 100) == stocked[1]


def test_taxii2_client_waits_for_a_status_that_is_complete_at_once(
    world: World, fresh: Collection
) -> None:
    with official_collection(world, fresh) as collection:
        status = collection.add_objects(
            json.dumps({"objects": [indicator(), {"type": "indicator"}]}),
            wait_for_completion=False,
        )
        assert (status.success_count, status.failure_count) == (1, 1)
        with v21.ApiRoot(world.ready.api_root, conn=collection._conn) as root:
            assert root.get_status(status.id).status == "complete"


def test_taxii2_client_for_taxii_2_0_is_told_406(world: World) -> None:
    key = world.owner_key.secret
    with (
        v20.Server(world.ready.discovery, user="anyone", password=key) as server,
        pytest.raises(requests.HTTPError, match="406"),
    ):
        server.refresh()


# stix2


def test_stix2_sink_adds_what_the_source_gives_back(
    world: World, fresh: Collection
) -> None:
    sent = [stix2.parse(json.dumps(one)) for one in (indicator(), malware())]
    with official_collection(world, fresh) as collection:
        store = stix2.TAXIICollectionStore(collection)
        store.add(stix2.Bundle(*sent))
        store.add(stix2.parse(json.dumps(identity())))
        assert [store.get(one.id) for one in sent] == sent
        assert store.get(indicator()["id"]) is None
        found = store.query([stix2.Filter("type", "=", "malware")])
        assert found == [sent[1]]


def test_stix2_source_finds_all_versions_and_filters(
    world: World, fresh: Collection
) -> None:
    versions = three_versions()
    add_apart(fresh, *versions, malware(), address())
    with official_collection(world, fresh) as collection:
        source = stix2.TAXIICollectionSource(collection)
        found = source.all_versions(versions[0]["id"])
        assert [one.name for one in found] == ["one", "two", "three"]
        assert len(source.query()) == 3
        several = stix2.Filter("type", "=", "indicator,malware")
        assert len(source.query([several])) == 2
        named = stix2.Filter("name", "=", "three")
        assert [one.name for one in source.query([named])] == ["three"]
        assert source.query([stix2.Filter("type", "=", "tool")]) == []
