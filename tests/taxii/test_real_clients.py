"""Faithful copies of real clients, each through a first and a second run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from taxii2client import v21

from tests.taxii.checks import (
    LAST,
    add,
    add_apart,
    check_error,
    envelope,
    ids,
    taken,
    versions_page,
)
from tests.taxii.client import TAXII, Client, Collection
from tests.taxii.official import crawl, official_collection
from tests.taxii.pollers import (
    ElasticPoller,
    MineMeld,
    MispPull,
    OpenCtiFeed,
    SekoiaPoller,
    cc_taxii2_pages,
    cytaxii2_get,
    with_bearer,
)
from tests.taxii.samples import (
    V1,
    V2,
    V3,
    address,
    indicator,
    malware,
    marking,
)
from tests.taxii.world import World, client_of

if TYPE_CHECKING:
    from tests.taxii.client import Stix


# Sekoia


def test_sekoia_poller_goes_on_from_the_next_of_its_last_page(
    filled: tuple[Collection, list[Stix]],
) -> None:
    collection, objects = filled
    poller = SekoiaPoller(collection)
    assert poller.poll() == objects
    assert poller.poll() == []
    late = [indicator(), malware()]
    add(collection, *late)
    assert poller.poll() == late
    assert SekoiaPoller(collection, poller.next).poll() == []


def test_sekoia_poller_with_small_pages_loses_and_repeats_nothing(
    stocked: tuple[Collection, list[Stix]],
) -> None:
    assert SekoiaPoller(stocked[0], limit="9").poll() == stocked[1]


def test_sekoia_poller_starts_on_an_empty_collection(fresh: Collection) -> None:
    poller = SekoiaPoller(fresh)
    assert poller.poll() == []
    late = [indicator(), address()]
    add_apart(fresh, *late)
    assert poller.poll() == late
    assert poller.poll() == []


# Elastic


@pytest.mark.parametrize("limit", ["7", "100", "5000"])
def test_elastic_cel_ends_its_period_and_goes_on_from_the_header(
    world: World, filled: tuple[Collection, list[Stix]], limit: str
) -> None:
    collection = with_bearer(filled[0], world.owner_key)
    poller = ElasticPoller(collection, limit=limit)
    assert poller.poll() == filled[1]
    assert poller.poll() == []
    late = [indicator(), malware()]
    add(collection, *late)
    assert poller.poll() == late


@pytest.mark.parametrize("digits", ["", ".123", ".123456"])
def test_elastic_cel_starts_on_an_empty_collection(
    fresh: Collection, digits: str
) -> None:
    poller = ElasticPoller(fresh, since=f"2020-01-01T00:00:00{digits}Z")
    assert poller.poll() == []
    one = indicator()
    add(fresh, one)
    assert poller.poll() == [one]
    assert poller.poll() == []


# OpenCTI


def test_opencti_feed_reads_everything_once_with_dates_cut_to_milliseconds(
    world: World, filled: tuple[Collection, list[Stix]]
) -> None:
    collection = with_bearer(filled[0], world.owner_key)
    feed = OpenCtiFeed(collection)
    assert feed.catch_up() == filled[1]
    assert feed.catch_up() == []
    late = [indicator(), indicator()]
    add(collection, *late)
    assert feed.catch_up() == late
    assert feed.tick() == []


def test_opencti_feed_goes_on_through_several_pages(fresh: Collection) -> None:
    first, rest = [indicator()], [address() for _ in range(2100)]
    add(fresh, *first)
    feed = OpenCtiFeed(fresh)
    assert feed.catch_up() == first
    add(fresh, *rest[:1500])
    add(fresh, *rest[1500:])
    assert feed.catch_up() == rest
    assert feed.catch_up() == []


def test_opencti_connector_drops_added_after_and_keeps_an_old_next(
    world: World, server: v21.Server, stocked: tuple[Collection, list[Stix]]
) -> None:
    collection, objects = stocked
    title = collection.client.get(collection.path).json()["title"]
    (found,) = [one for one in server.default.collections if one.title == title]
    page = found.get_objects(added_after="2020-01-01T00:00:00.000001Z", limit=100)
    received = page["objects"]
    assert received[0]["spec_version"] == "2.1"
    while page["more"]:
        page = found.get_objects(limit=100, next=page["next"])
        received += page["objects"]
    assert received == objects
    stale = {"added_after": "2090-01-01T00:00:00Z", "next": page["next"]}
    assert found.get_objects(**stale)["objects"] == []
    other = Collection(collection.client, world.rw)
    assert envelope(other.objects(stale))["objects"] == []


def test_opencti_taxii_post_writes_with_the_stix_content_type(
    world: World, fresh: Collection
) -> None:
    one = indicator()
    said = {
        "Accept": "application/taxii+json; version=2.1",
        "Content-Type": "application/stix+json; version=2.1",
        "Authorization": f"Bearer {world.owner_key.secret}",
    }
    bundle = {"type": "bundle", "id": f"bundle--{fresh.id}", "objects": [one]}
    status = taken(fresh.post_body(json.dumps(bundle).encode(), said))
    assert status["success_count"] == 1
    assert envelope(fresh.object(one["id"]))["objects"] == [one]


# MISP


def test_misp_pull_finds_the_collection_below_the_base_url(
    world: World, stocked: tuple[Collection, list[Stix]]
) -> None:
    misp = MispPull(world.ready.base_url, world.owner_key)
    (root,) = set(misp.roots())
    assert stocked[0].id in {one["id"] for one in misp.collections(root)}
    assert misp.pull(root, stocked[0].id) == stocked[1]


def test_misp_push_sends_everything_again_and_nothing_changes(
    world: World, fresh: Collection
) -> None:
    objects = [indicator(), malware(), address(), marking()]
    user, _, secret = f"misp:{world.owner_key.secret}".partition(":")
    url = f"{world.ready.base_url}/api/collections/{fresh.id}"
    body = json.dumps({"objects": objects}).encode()
    with v21.Collection(url, user=user, password=secret) as collection:
        collection.add_objects(body, wait_for_completion=False)
        before = fresh.manifest().body
        again = collection.add_objects(body, wait_for_completion=False)
        assert again.success_count == 4
    assert fresh.manifest().body == before


# The others


def test_cytaxii2_uses_default_as_it_is_and_an_empty_user_name(world: World) -> None:
    nobody = Client(world.ready.discovery, {"Accept": TAXII})
    default = cytaxii2_get(nobody, "", world.owner_key).json()["default"]
    assert urlsplit(default).netloc
    root = nobody.at(default.rstrip("/") + "/")
    for path in ("", "collections/", f"collections/{world.rw}/objects/"):
        reply = cytaxii2_get(root, path, world.owner_key)
        assert reply.status == 200, reply
        assert reply.json()


def test_cc_taxii2_client_builds_its_query_by_hand(
    stocked: tuple[Collection, list[Stix]],
) -> None:
    pages = cc_taxii2_pages(stocked[0], 11)
    found = [one for page in pages for one in page.objects]
    assert found == [
        one for one in stocked[1] if one["type"] in {"indicator", "malware"}
    ]
    assert len(pages) == 11


def test_xsoar_reads_on_from_the_newest_modified_until_an_empty_page(
    world: World, fresh: Collection
) -> None:
    objects = [indicator(modified=V2) for _ in range(250)]
    for start in (0, 100, 200):
        add(fresh, *(address() for _ in range(30)), *objects[start : start + 100])
    with official_collection(world, fresh) as collection:
        filters = {"type": "indicator,malware,relationship"}
        assert crawl(collection, 100, **filters) == objects
        newest = max(one["modified"] for one in objects)
        again = crawl(collection, 100, added_after=newest, **filters)
    assert again == objects


def test_secops_finds_the_default_root_and_collections_by_title(
    server: v21.Server, stocked: tuple[Collection, list[Stix]]
) -> None:
    title = stocked[0].client.get(stocked[0].path).json()["title"]
    (found,) = [one for one in server.default.collections if one.title == title]
    right = [one for one in stocked[1] if one["type"] == "indicator"]
    since = "2020-01-01T00:00:00.000000Z"
    assert crawl(found, 1000, type="indicator", added_after=since) == right


def test_wazuh_script_reads_all_with_one_request_and_no_paging(
    fresh: Collection,
) -> None:
    objects = [address() for _ in range(1000)]
    add(fresh, *objects[:600])
    add(fresh, *objects[600:])
    page = envelope(fresh.objects({"added_after": "2020-01-01T00:00:00Z"}))
    assert page["objects"] == objects


def test_minemeld_does_not_loop_on_the_newest_modified(fresh: Collection) -> None:
    objects = [indicator(modified=V3), malware(modified=V1)]
    add(fresh, *objects)
    poller = MineMeld(fresh)
    assert poller.poll() == objects
    assert poller.added_after == V3
    assert poller.poll() == objects


def test_mcp_taxii_with_its_doubled_match_is_served(
    stocked: tuple[Collection, list[Stix]],
) -> None:
    query = {"limit": "100", "match[match[type]]": "indicator"}
    assert envelope(stocked[0].objects(query))["objects"] == stocked[1][:100]


def test_sentinel_with_a_root_without_slash_follows_the_header(
    world: World, stocked: tuple[Collection, list[Stix]]
) -> None:
    client = client_of(world.ready.api_root, world.owner_key)
    assert client.at(world.ready.api_root.rstrip("/")).get("").status == 200
    collection, objects = stocked[0].seen_by(client), stocked[1]
    found, query = [], {"added_after": "2020-01-01T00:00:00Z", "limit": "50"}
    for _ in range(4):
        reply = collection.objects(query)
        found += ids(envelope(reply))
        query["added_after"] = reply.header(LAST) or ""
    assert found == [one["id"] for one in objects]


def test_limo_style_taxii_2_0_is_refused_with_406(shelf: Collection) -> None:
    said = {"Accept": "application/vnd.oasis.taxii+json", "Range": "items 0-10000"}
    reply = shelf.client.get(shelf.objects_path, None, said)
    check_error(reply, 406, "not_acceptable")


def test_eclecticiq_from_1970_with_pages_of_100(
    stocked: tuple[Collection, list[Stix]],
) -> None:
    query = {"added_after": "1970-01-01T00:00:00.000Z", "limit": "100"}
    page = envelope(stocked[0].objects(query))
    assert page["objects"] == stocked[1][:100]
    rest = envelope(stocked[0].objects({**query, "next": page["next"]}))
    assert rest["objects"] == stocked[1][100:]


def test_sumo_logic_with_its_key_in_the_query_and_a_blank_user(
    world: World, stocked: tuple[Collection, list[Stix]]
) -> None:
    secret = world.owner_key.secret
    nobody = stocked[0].seen_by(stocked[0].client.saying({"Authorization": None}))
    page = envelope(nobody.objects({"limit": "99", "api_key": secret}))
    assert page["objects"] == stocked[1][:99]
    rest = {"limit": "99", "api_key": secret, "next": page["next"]}
    assert envelope(nobody.objects(rest))["objects"] == stocked[1][99:]


def test_cytaxii2_asks_for_versions_and_manifest_with_match(
    shelf: Collection, aged: tuple[Stix, ...]
) -> None:
    query = {"match[id]": aged[0]["id"], "match[type]": "indicator", "limit": "10"}
    assert len(envelope(shelf.manifest(query))["objects"]) == 1
    assert len(versions_page(shelf.versions(aged[0]["id"], query))["versions"]) == 3
