"""Rules 9 to 13: URLs, credentials, media types and errors.

Every test is named after the client that needs it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.taxii.checks import (
    add,
    check_error,
    envelope,
    taken,
)
from tests.taxii.client import TAXII, Client, Collection, Reply, basic
from tests.taxii.samples import indicator, new_id
from tests.taxii.tables import Case, rows

if TYPE_CHECKING:
    from tests.support.live import LiveServer
    from tests.taxii.client import Headers, Query
    from tests.taxii.world import World

# 9. Both slash forms


@pytest.mark.rule(9)
@pytest.mark.parametrize("slash", ["", "/"])
def test_sekoia_sentinel_and_misp_may_leave_the_last_slash_out(
    world: World, shelf: Collection, slash: str
) -> None:
    one = indicator()
    status = add(shelf, one)
    api = "/api/taxii2/api"
    own = f"{api}/collections/{shelf.id}"
    for path in (
        *("/api/taxii2", api, f"{api}/collections", f"{api}/status/{status['id']}"),
        *(own, f"{own}/objects", f"{own}/manifest", f"{own}/objects/{one['id']}"),
        *(f"{own}/objects/{one['id']}/versions", "/api/api", "/api/api/collections"),
    ):
        reply = world.owner.get(f"{path}{slash}")
        assert reply.status == 200, (path, reply)
        assert reply.header("Location") is None
        assert reply.json()


@pytest.mark.rule(9)
@pytest.mark.parametrize("slash", ["", "/"])
def test_elastic_and_writers_may_post_and_delete_with_both_slash_forms(
    shelf: Collection, slash: str
) -> None:
    one, client = indicator(), shelf.client
    body = json.dumps({"objects": [one]}).encode()
    path = f"{shelf.path}objects{slash}"
    taken(client.send("POST", path, {"Content-Type": TAXII}, body))
    gone = client.send("DELETE", f"{shelf.path}objects/{one['id']}{slash}")
    assert gone.status == 200


# 10. Discovery and roots


@pytest.mark.rule(10)
def test_misp_finds_each_api_root_one_segment_below_the_base_url(
    world: World,
) -> None:
    base = world.ready.base_url
    found = Client(f"{base}/", {"Accept": TAXII}).get("taxii2/").json()
    for root in found["api_roots"]:
        segment = root.rstrip("/").split("/")[-1]
        for path in ("", "collections/", f"collections/{world.rw}/objects/"):
            reply = world.owner.get(f"{base}/{segment}/{path}")
            assert reply.status == 200, reply


@pytest.mark.rule(10)
def test_cytaxii2_and_secops_find_an_absolute_default_among_the_roots(
    world: World,
) -> None:
    found = Client(world.ready.discovery, {"Accept": TAXII}).get("").json()
    assert found["default"] in found["api_roots"]
    assert all(root.startswith("http://127.0.0.1:") for root in found["api_roots"])
    root = world.owner.get(found["default"]).json()
    assert root["title"]
    assert root["versions"]
    assert root["max_content_length"]


# 11. Credentials


def _credentials(key: str) -> tuple[tuple[str, Headers, Query], ...]:
    """Return every way to bring a key."""
    return (
        ("basic", {"Authorization": basic("anyone", key)}, None),
        ("basic, empty user", {"Authorization": basic("", key)}, None),
        ("basic, odd user", {"Authorization": basic("ü@x.org", key)}, None),
        ("basic, lower case", {"Authorization": basic("misp", key, "basic")}, None),
        ("basic, upper case", {"Authorization": basic("misp", key, "BASIC")}, None),
        ("bearer", {"Authorization": f"Bearer {key}"}, None),
        ("bearer, lower case", {"Authorization": f"bearer {key}"}, None),
        ("token", {"Authorization": f"Token {key}"}, None),
        ("token, lower case", {"Authorization": f"token {key}"}, None),
        ("header", {"X-API-Key": key}, None),
        ("header, lower case", {"x-api-key": key}, None),
        ("query", {}, {"api_key": key}),
    )


@pytest.mark.rule(11)
def test_misp_xsoar_sumo_and_the_others_bring_their_key_in_their_own_way(
    world: World,
) -> None:
    nobody = world.owner.saying({"Authorization": None})
    for way, headers, query in _credentials(world.owner_key.secret):
        reply = nobody.get(f"collections/{world.rw}/objects/", query, headers)
        assert reply.status == 200, (way, reply)
        refused = nobody.get("collections/", None, {})
        assert refused.status == 401


@pytest.mark.rule(11)
def test_misp_push_can_split_the_credentials_at_the_colon(world: World) -> None:
    for key in (world.owner_key, world.visitor_key, world.stranger_key):
        assert re.fullmatch(r"[A-Za-z0-9._~-]+", key.secret)


@pytest.mark.rule(11)
def test_taxii2_client_without_user_or_with_a_wrong_key_is_told_to_use_basic(
    world: World,
) -> None:
    for said, code in (
        (None, "missing_api_key"),
        (basic("anyone", "wrong"), "invalid_api_key"),
    ):
        reply = world.owner.get("collections/", None, {"Authorization": said})
        check_error(reply, 401, code)
        assert "Basic" in (reply.header("WWW-Authenticate") or "")


@pytest.mark.rule(11)
def test_sumo_logic_does_not_find_its_key_in_the_log_of_the_server(
    world: World, live: LiveServer
) -> None:
    key = world.make_key(f"{world.rw}=rw")
    nobody = world.owner.saying({"Authorization": None})
    for _, headers, query in _credentials(key.secret):
        for path in ("collections/", "nothing/", f"collections/{world.none}/objects/"):
            nobody.get(path, query, headers)
    nobody.get("collections/", f"api_key={key.secret}&limit=0&limit=0")
    encoded = [basic(user, key.secret).split()[1] for user in ("anyone", "misp", "")]
    for text in (live.output(), *live.kept()):
        assert not any(word in text for word in (key.secret, *encoded))


# 12. Accept


ACCEPTS = (
    Case("none", None),
    Case("anything", "*/*"),
    Case("any application", "application/*"),
    Case("no version", "application/taxii+json"),
    Case("version", TAXII),
    Case("blanks", "application/taxii+json ; version=2.1"),
    Case("case", "Application/Taxii+Json;VERSION=2.1"),
    Case("quality", "application/taxii+json;version=2.1;q=0.3"),
    Case("list", "application/json, application/taxii+json"),
)


@pytest.mark.rule(12)
@pytest.mark.parametrize("case", rows(ACCEPTS))
def test_sekoia_curl_and_browsers_get_taxii_2_1_for_their_accept(
    shelf: Collection, case: Case
) -> None:
    reply = shelf.client.get(shelf.objects_path, {"limit": "1"}, {"Accept": case.value})
    envelope(reply)


@pytest.mark.rule(12)
@pytest.mark.parametrize(
    "accept",
    [
        "application/vnd.oasis.taxii+json; version=2.0",
        "application/vnd.oasis.stix+json; version=2.0",
        "application/vnd.oasis.taxii+json",
        "application/taxii+json;version=2.0",
    ],
)
def test_xsoar_and_wazuh_are_told_406_when_they_try_taxii_2_0(
    world: World, accept: str
) -> None:
    for root in (world.ready.discovery, world.ready.api_root):
        reply = world.owner.get(root, None, {"Accept": accept})
        check_error(reply, 406, "not_acceptable")


# 13. Every error is JSON


@pytest.mark.rule(13)
def test_cytaxii2_can_parse_the_body_of_every_error(
    world: World, shelf: Collection
) -> None:
    client, unknown = shelf.client, new_id("tool")
    nobody = shelf.seen_by(client.saying({"Authorization": None}))
    too_large = b" " * (client.get("").json()["max_content_length"] + 1)
    stranger = shelf.seen_by(world.stranger)
    cases: list[tuple[Reply, int, str]] = [
        (client.get("/api/taxii2/nothing/"), 404, "not_found"),
        (client.get("nothing/at/all/"), 404, "not_found"),
        (client.get(f"collections/{unknown}/"), 404, "not_found"),
        (shelf.object(unknown), 404, "not_found"),
        (client.get(f"status/{shelf.id}/"), 404, "not_found"),
        (stranger.objects(), 404, "not_found"),
        (nobody.objects(), 401, "missing_api_key"),
        (shelf.objects({"limit": "x"}), 400, "invalid_parameter"),
        (shelf.post_body(too_large), 413, "payload_too_large"),
        (
            shelf.post_body(b"", {"Content-Type": "text/csv"}),
            415,
            "unsupported_media_type",
        ),
        (client.send("PUT", shelf.path), 405, "method_not_allowed"),
        (client.get("", None, {"Accept": "image/png"}), 406, "not_acceptable"),
    ]
    for reply, status, code in cases:
        check_error(reply, status, code)


@pytest.mark.rule(13)
def test_stix2_gets_200_for_an_empty_collection(fresh: Collection) -> None:
    for reply in (fresh.objects(), fresh.manifest(), fresh.objects("match[type]=tool")):
        assert reply.status == 200
