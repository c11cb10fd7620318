"""Rules 14 to 24: limits, versions, objects in and out, and the first sync.

Rule 25, on what the feeds hold, is in `test_demo_run.py`.

Every test is named after the client that needs it.
"""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.taxii.checks import (
    add,
    add_apart,
    check_error,
    envelope,
    ids,
    records,
    taken,
    versions_page,
    walk,
)
from tests.taxii.client import TAXII, Client, Collection, Reply
from tests.taxii.pollers import SekoiaPoller
from tests.taxii.samples import V1, V2, V3, address, indicator, malware, new_id, sdo
from tests.taxii.tables import Case, rows

if TYPE_CHECKING:
    from tests.taxii.client import Stix

# 14. limit


@pytest.mark.rule(14)
@pytest.mark.parametrize("limit", ["2000", "5000", "10000", "15000", "100000"])
def test_stix2_and_trellix_may_ask_for_more_than_there_is(
    several: tuple[Collection, list[Stix]], limit: str
) -> None:
    page = envelope(several[0].objects({"limit": limit}))
    assert (len(page["objects"]), page["more"]) == (30, False)


@pytest.mark.rule(14)
def test_wazuh_and_other_one_shot_clients_get_a_thousand_without_a_limit(
    fresh: Collection,
) -> None:
    objects = [indicator() for _ in range(1100)]
    add(fresh, *objects[:550])
    add(fresh, *objects[550:])
    for fetch in (fresh.objects, fresh.manifest):
        reply = fetch(None)
        page = envelope(reply)
        assert len(page["objects"]) >= 1000
        assert ids(page) == [one["id"] for one in objects[: len(page["objects"])]]
        assert page["more"] == (len(page["objects"]) < 1100)
        assert len(json.dumps(reply.body.decode())) < 6 * 1024 * 1024


# 15. Versions


@pytest.mark.rule(15)
@pytest.mark.parametrize(
    "written", ["2021-01-01T00:00:00Z", "2021-01-01T00:00:00.000000Z"]
)
def test_taxii2_client_may_write_a_version_with_other_decimals(
    shelf: Collection, aged: tuple[Stix, ...], written: str
) -> None:
    query = {"match[version]": written}
    found = envelope(shelf.object(aged[0]["id"], query))["objects"]
    assert [one["modified"] for one in found] == [V2]


@pytest.mark.rule(15)
@pytest.mark.parametrize(
    "one",
    [
        sdo("extension-definition", version="1.2.1", name="x", schema="x", modified=V2),
        {**address(), "type": "software", "id": new_id("software"), "version": "9.0"},
        sdo("tool", name="x", version="3.0", modified=V2),
    ],
    ids=lambda one: one["type"],
)
def test_attackcti_finds_a_property_named_version_is_not_the_version(
    shelf: Collection, one: Stix
) -> None:
    add(shelf, one)
    (record,) = records(shelf, one)
    assert record["version"] == one.get("modified", record["date_added"])
    assert versions_page(shelf.versions(one["id"]))["versions"] == [record["version"]]


@pytest.mark.rule(15)
def test_taxii2_client_finds_one_version_of_an_sco_however_often_it_is_sent(
    shelf: Collection,
) -> None:
    one = address()
    add_apart(shelf, one, {**one, "value": "203.0.113.9"}, one)
    assert len(records(shelf, one)) == 1
    assert envelope(shelf.object(one["id"]))["objects"] == [one]


# 16. Objects come back unchanged


@pytest.mark.rule(16)
def test_opencti_and_stix2_find_nothing_added_to_an_object(
    shelf: Collection,
) -> None:
    one = malware(x_int=1, x_float=1.5, x_text="", x_null=None, x_list=[[]])
    add(shelf, one)
    reply = shelf.object(one["id"])
    assert json.dumps(envelope(reply)["objects"]) == json.dumps([one])


@pytest.mark.rule(16)
def test_attackcti_gets_an_object_above_400_kb_whole(fresh: Collection) -> None:
    one = indicator(x_refs=[new_id("attack-pattern") for _ in range(12_000)])
    add(fresh, one)
    assert envelope(fresh.objects())["objects"] == [one]


# 17. POST takes envelopes and bundles


@pytest.mark.rule(17)
@pytest.mark.parametrize(
    "content_type",
    [
        *("application/taxii+json", TAXII, "application/taxii+json; version=2.1"),
        *("application/stix+json", "application/stix+json; version=2.1"),
    ],
)
@pytest.mark.parametrize("spec_version", [None, "2.1"])
def test_stix2_sink_and_taxii_post_may_send_a_bundle(
    shelf: Collection, content_type: str, spec_version: str | None
) -> None:
    one = indicator()
    bundle: Stix = {"type": "bundle", "id": new_id("bundle"), "objects": [one]}
    if spec_version:
        bundle["spec_version"] = spec_version
    body = json.dumps(bundle).encode()
    status = taken(shelf.post_body(body, {"Content-Type": content_type}))
    assert status["success_count"] == 1
    assert envelope(shelf.object(one["id"]))["objects"] == [one]
    check_error(shelf.object(bundle["id"]), 404, "not_found")


@pytest.mark.rule(17)
def test_taxii2_client_finds_status_lists_as_long_as_their_counts(
    shelf: Collection,
) -> None:
    status = taken(shelf.post(*(indicator() for _ in range(150)), {"type": "tool"}, 7))
    assert (status["success_count"], status["failure_count"]) == (150, 2)
    assert len(status["successes"]) == 150
    assert len(status["failures"]) == 2
    read = shelf.client.get(f"status/{status['id']}/")
    assert taken_later(read) == status


def taken_later(reply: Reply) -> dict[str, Any]:
    """Return a status that was asked for by its id."""
    assert reply.status == 200, reply
    return reply.json()


# 18. Adding again changes nothing


@pytest.mark.rule(18)
def test_misp_may_push_all_of_it_again_without_waking_a_poller(
    fresh: Collection,
) -> None:
    objects = [indicator(), malware(), address()]
    add(fresh, *objects)
    poller, before = SekoiaPoller(fresh), records(fresh, *objects)
    assert poller.poll() == objects
    add(fresh, *objects)
    add(fresh, *reversed(objects))
    assert poller.poll() == []
    assert records(fresh, *objects) == before


# 19. max_content_length


@pytest.mark.rule(19)
def test_misp_may_cut_its_envelopes_by_max_content_length(
    fresh: Collection,
) -> None:
    longest = fresh.client.get("").json()["max_content_length"]
    assert longest <= 4.5 * 1024 * 1024
    one = indicator()
    room = longest - len(json.dumps({"objects": [{**one, "x_fill": ""}]}))
    one["x_fill"] = "abcdefgh" * (room // 8) + "i" * (room % 8)
    body = json.dumps({"objects": [one]}).encode()
    assert len(body) == longest
    status = taken(fresh.post_body(body))
    assert status["success_count"] == 1, status
    assert envelope(fresh.object(one["id"]))["objects"] == [one]
    check_error(fresh.post_body(body + b" "), 413, "payload_too_large")


# 20. Unknown parameters


@pytest.mark.rule(20)
@pytest.mark.parametrize(
    "query",
    [
        *("match[match[type]]=malware", "match[x_foo]=1", "match[]=1", "match=1"),
        *("foo=bar", "foo=1&foo=2", "LIMIT=0", "offset=3", "match%5Bfoo%5D=1"),
        *("match[confidence]=80&match[confidence]=90", "[=]", "type=malware&x"),
    ],
)
def test_mcp_taxii_may_send_parameters_that_nobody_knows(
    several: tuple[Collection, list[Stix]], query: str
) -> None:
    page = envelope(several[0].objects(query))
    assert page["objects"] == several[1]


# 21. Ids, aliases, titles


@pytest.mark.rule(21)
def test_taxii2_client_finds_the_id_of_a_collection_in_its_url(
    owner: Client,
) -> None:
    for one in owner.get("collections/").json()["collections"]:
        assert owner.get(f"collections/{one['id']}/").json()["id"] == one["id"]


@pytest.mark.rule(21)
def test_opencti_secops_and_xsoar_choose_a_collection_by_its_title(
    owner: Client,
) -> None:
    listed = owner.get("collections/").json()["collections"]
    titles = [one["title"] for one in listed]
    assert len(titles) == len(set(titles))
    assert not any("." in title or "," in title for title in titles)
    again = owner.get("collections/").json()["collections"]
    assert [one["title"] for one in again] == titles
    for one in listed:
        assert type(one["can_read"]) is bool
        assert type(one["can_write"]) is bool


# 22. Versions, manifest, deletion


@pytest.mark.rule(22)
def test_taxii2_client_pages_manifest_and_versions_as_it_pages_objects(
    shelf: Collection, aged: tuple[Stix, ...]
) -> None:
    stix_id = aged[0]["id"]
    pages = list(walk(lambda q: shelf.versions(stix_id, q), {"limit": "1"}))
    assert [page["versions"] for page in pages] == [[V2], [V3], [V1]]
    query = {"match[id]": stix_id, "match[version]": "all", "limit": "1"}
    pages = list(walk(shelf.manifest, query))
    assert [page["objects"][0]["version"] for page in pages] == [V2, V3, V1]


@pytest.mark.rule(22)
def test_taxii2_client_deletes_one_version_and_then_all(shelf: Collection) -> None:
    one = indicator(modified=V1)
    add(shelf, one, {**one, "modified": V2}, {**one, "modified": V3})
    assert shelf.delete(one["id"], {"match[version]": V2}).status == 200
    assert versions_page(shelf.versions(one["id"]))["versions"] == [V1, V3]
    assert shelf.delete(one["id"]).status == 200
    check_error(shelf.versions(one["id"]), 404, "not_found")


# 23. A whole first sync in one run


@pytest.mark.rule(23)
def test_opencti_is_not_stopped_in_the_middle_of_its_first_sync(
    several: tuple[Collection, list[Stix]], shelf: Collection
) -> None:
    for collection in (several[0], shelf):
        for _ in range(4):
            pages = walk(several[0].objects, {"limit": "1"})
            assert sum(len(page["objects"]) for page in pages) == 30
        assert collection.objects({"limit": "1"}).status == 200


# 24. gzip


ENCODINGS = (
    Case("requests", ("gzip, deflate", "gzip")),
    Case("axios", ("gzip, compress, deflate, br", "gzip")),
    Case("go", ("gzip", "gzip")),
    Case("upper case", ("GZIP;q=0.5", "gzip")),
    Case("identity", ("identity", None)),
    Case("anything but gzip", ("gzip;q=0, *", None)),
    Case("nothing asked", (None, None)),
)


@pytest.mark.rule(24)
@pytest.mark.parametrize("case", rows(ENCODINGS))
def test_axios_go_and_requests_get_gzip_when_they_ask_for_it(
    several: tuple[Collection, list[Stix]], case: Case
) -> None:
    collection, objects = several
    accepted, encoding = case.value
    said = {"Accept-Encoding": accepted}
    reply = collection.client.get(collection.objects_path, None, said)
    assert reply.status == 200
    assert reply.header("Content-Encoding") == encoding
    assert reply.header("Content-Length") == str(len(reply.body))
    body = gzip.decompress(reply.body) if encoding else reply.body
    assert json.loads(body)["objects"] == objects


@pytest.mark.rule(24)
def test_axios_and_go_keep_one_connection_for_a_whole_run(
    several: tuple[Collection, list[Stix]],
) -> None:
    client, url = several[0].client, urlsplit(several[0].client.root)
    with closing(HTTPConnection(url.hostname or "", url.port, timeout=30)) as kept:
        for limit in range(1, 13):
            path = f"{several[0].objects_path}?limit={limit}"
            page = envelope(client.send_on(kept, "GET", path))
            assert len(page["objects"]) == limit
