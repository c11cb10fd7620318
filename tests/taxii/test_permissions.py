"""Who may do what: no credentials, wrong ones, and keys that may do less."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.taxii.checks import add, check_error, envelope, ids, taken
from tests.taxii.client import Client, Collection, Reply, basic
from tests.taxii.samples import indicator
from tests.taxii.tables import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.taxii.world import World

WRONG: dict[str, dict[str, str | bytes | None]] = {
    "basic": {"Authorization": basic("anyone", "wrong")},
    "basic-without-password": {"Authorization": basic("anyone", "")},
    "bearer": {"Authorization": "Bearer wrong"},
    "token": {"Authorization": "Token wrong"},
    "header": {"Authorization": None, "X-API-Key": "wrong"},
}
MALFORMED: dict[str, str | bytes] = {
    "bad-base64": "Basic !!!!",
    "basic-alone": "Basic",
    "basic-blank": "Basic ",
    "bearer-alone": "Bearer",
    "unknown-scheme": "Digest username=anyone",
    "no-colon": "Basic " + base64.b64encode(b"nocolon").decode(),
    "not-utf-8": b"Basic " + base64.b64encode(b"\xff\xfe:\xff"),
    "not-ascii": b"Bearer \xff\xfe",
    "very-long": "Bearer " + "x" * 5000,
    "empty": "",
}


@dataclass(frozen=True)
class Door:
    """An endpoint that wants credentials, and how to knock."""

    id: str
    knock: Callable[[Collection, str], Reply]
    clauses: tuple[str, ...] = ()


DOORS = (
    Door("collections", lambda c, _: c.client.get("collections/"), ("AUTH-01",)),
    Door("collection", lambda c, _: c.client.get(c.path), ("AUTH-02",)),
    Door("objects", lambda c, _: c.objects(), ("AUTH-03",)),
    Door("object", lambda c, stix_id: c.object(stix_id), ("AUTH-04",)),
    Door("manifest", lambda c, _: c.manifest(), ("AUTH-05",)),
    Door("versions", lambda c, stix_id: c.versions(stix_id), ("AUTH-06",)),
    Door("post", lambda c, _: c.post(indicator()), ("AUTH-07",)),
    Door("delete", lambda c, stix_id: c.delete(stix_id), ("AUTH-08",)),
)
READS = tuple(door for door in DOORS if door.id in {"objects", "object", "manifest"})


@pytest.fixture(scope="module")
def letter(world: World) -> Collection:
    """Give the collection the visitor may write to and not read."""
    return Collection(world.visitor, world.wo)


@pytest.fixture(scope="module")
def window(world: World) -> Collection:
    """Give the collection the visitor may read and not write to."""
    return Collection(world.visitor, world.ro)


@pytest.mark.parametrize("door", rows(DOORS))
def test_without_credentials_a_door_is_shut(shelf: Collection, door: Door) -> None:
    one = indicator()
    add(shelf, one)
    nobody = shelf.seen_by(shelf.client.saying({"Authorization": None}))
    _check_challenge(door.knock(nobody, one["id"]), "missing_api_key")
    assert shelf.object(one["id"]).status == 200


@pytest.mark.clause("AUTH-07")
def test_a_post_without_credentials_stores_nothing(shelf: Collection) -> None:
    one = indicator()
    nobody = shelf.seen_by(shelf.client.saying({"Authorization": None}))
    _check_challenge(nobody.post(one), "missing_api_key")
    check_error(shelf.object(one["id"]), 404, "not_found")


@pytest.mark.clause("AUTH-09")
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.id)
def test_with_wrong_credentials_a_door_is_shut(
    shelf: Collection, door: Door, wrong: str
) -> None:
    one = indicator()
    add(shelf, one)
    thief = shelf.seen_by(shelf.client.saying(WRONG[wrong]))
    reply = door.knock(thief, one["id"])
    missing = wrong == "basic-without-password"
    _check_challenge(reply, None if missing else "invalid_api_key")
    assert shelf.object(one["id"]).status == 200


@pytest.mark.clause("AUTH-09")
def test_a_post_with_wrong_credentials_stores_nothing(shelf: Collection) -> None:
    one = indicator()
    for wrong in WRONG.values():
        assert shelf.seen_by(shelf.client.saying(wrong)).post(one).status == 401
    check_error(shelf.object(one["id"]), 404, "not_found")


@pytest.mark.clause("AUTH-09")
def test_a_wrong_key_in_the_query_is_refused(shelf: Collection) -> None:
    nobody = shelf.seen_by(shelf.client.saying({"Authorization": None}))
    _check_challenge(nobody.objects({"api_key": "wrong"}), "invalid_api_key")


@pytest.mark.clause("AUTH-10", "AUTH-11")
@pytest.mark.parametrize("said", [None, basic("anyone", "wrong"), "Bearer wrong"])
def test_a_401_offers_basic(owner: Client, said: str | None) -> None:
    reply = owner.get("collections/", None, {"Authorization": said})
    assert reply.status == 401
    offered = reply.headers.get_all("WWW-Authenticate") or []
    schemes = [part.split()[0] for line in offered for part in line.split(",")]
    assert "Basic" in schemes
    assert any("realm=" in line for line in offered)


@pytest.mark.clause("AUTH-11")
def test_basic_credentials_work(owner: Client) -> None:
    assert owner.get("collections/").status == 200


@pytest.mark.clause("AUTH-12")
@pytest.mark.parametrize("malformed", MALFORMED)
def test_a_malformed_authorization_header_is_refused(
    owner: Client, malformed: str
) -> None:
    said = {"Authorization": MALFORMED[malformed]}
    _check_challenge(owner.get("collections/", None, said), None)


@pytest.mark.clause("AUTH-13")
@pytest.mark.parametrize("said", [None, basic("anyone", "wrong")])
def test_without_the_right_key_it_cannot_be_seen_which_collections_exist(
    world: World, said: str | None
) -> None:
    guest = world.owner.saying({"Authorization": said})
    for tail in ("", "objects/", "manifest/", f"objects/{indicator()['id']}/"):
        there = guest.get(f"collections/{world.rw}/{tail}")
        not_there = guest.get(f"collections/{uuid4()}/{tail}")
        assert there.status == not_there.status == 401
        code = there.json()["error"]["code"]
        assert not_there.json()["error"]["code"] == code


@pytest.mark.clause("AUTH-13")
def test_a_collection_without_grants_looks_like_one_that_does_not_exist(
    world: World,
) -> None:
    one = indicator()
    hidden = Collection(world.visitor, world.none)
    unknown = Collection(world.visitor, str(uuid4()))
    for door in DOORS[1:]:
        replies = [door.knock(place, one["id"]) for place in (hidden, unknown)]
        for reply in replies:
            check_error(reply, 404, "not_found")
        titles = {reply.json()["title"] for reply in replies}
        assert len(titles) == 1


READ_DOORS = (
    Door("objects", lambda c, _: c.objects(), ("PERM-01",)),
    Door("object", lambda c, stix_id: c.object(stix_id), ("PERM-02",)),
    Door("manifest", lambda c, _: c.manifest(), ("PERM-03",)),
    Door("versions", lambda c, stix_id: c.versions(stix_id), ("PERM-04",)),
)


@pytest.mark.parametrize("door", rows(READ_DOORS))
def test_a_write_only_collection_cannot_be_read(letter: Collection, door: Door) -> None:
    one = indicator()
    add(letter, one)
    check_error(door.knock(letter, one["id"]), 403, "insufficient_scope")


@pytest.mark.clause("PERM-01", "PERM-04")
def test_a_write_only_collection_does_not_tell_what_is_in_it(
    letter: Collection,
) -> None:
    unknown = indicator()["id"]
    for reply in (letter.object(unknown), letter.versions(unknown)):
        check_error(reply, 403, "insufficient_scope")


@pytest.mark.clause("PERM-05")
def test_a_read_only_collection_cannot_be_written_to(
    world: World, window: Collection
) -> None:
    one = indicator()
    check_error(window.post(one), 403, "insufficient_scope")
    check_error(window.seen_by(world.owner).object(one["id"]), 404, "not_found")


@pytest.mark.clause("PERM-06")
def test_a_read_only_collection_can_be_read(world: World, window: Collection) -> None:
    one = indicator()
    add(window.seen_by(world.owner), one)
    query = {"match[id]": one["id"]}
    assert ids(envelope(window.objects(query))) == [one["id"]]
    assert ids(envelope(window.manifest(query))) == [one["id"]]
    assert envelope(window.object(one["id"]))["objects"] == [one]
    assert window.versions(one["id"]).status == 200


@pytest.mark.clause("PERM-07")
def test_a_write_only_collection_can_be_written_to_and_its_status_read(
    world: World, letter: Collection
) -> None:
    one = indicator()
    status = taken(letter.post(one))
    reply = letter.client.get(f"status/{status['id']}/")
    assert reply.status == 200, reply
    assert reply.json() == status
    assert letter.seen_by(world.owner).object(one["id"]).status == 200


@pytest.mark.clause("DEL-12")
def test_who_may_only_read_may_not_delete(world: World, window: Collection) -> None:
    one = indicator()
    add(window.seen_by(world.owner), one)
    check_error(window.delete(one["id"]), 403, "insufficient_scope")
    assert window.object(one["id"]).status == 200


@pytest.mark.clause("DEL-13")
def test_who_may_only_write_may_not_delete(world: World, letter: Collection) -> None:
    one = indicator()
    add(letter, one)
    check_error(letter.delete(one["id"]), 403, "insufficient_scope")
    assert letter.seen_by(world.owner).object(one["id"]).status == 200


@pytest.mark.clause("DEL-14")
def test_who_may_do_neither_finds_nothing_to_delete(world: World) -> None:
    one, cellar = indicator(), Collection(world.owner, world.none)
    add(cellar, one)
    check_error(cellar.seen_by(world.visitor).delete(one["id"]), 404, "not_found")
    assert cellar.object(one["id"]).status == 200


def test_a_key_sees_only_what_it_was_granted(world: World) -> None:
    found = world.stranger.get("collections/").json()["collections"]
    assert [(one["id"], one["can_read"], one["can_write"]) for one in found] == [
        (world.none, True, False)
    ]
    stranger = Collection(world.stranger, world.none)
    assert stranger.objects().status == 200
    check_error(stranger.post(indicator()), 403, "insufficient_scope")


def test_a_revoked_key_is_refused_at_once(world: World) -> None:
    key = world.make_key(f"{world.rw}=r")
    client = world.client(key)
    assert client.get("collections/").status == 200
    world.commands.run("keys", "revoke", key.id, "--reason", "left in a taxi")
    _check_challenge(client.get("collections/"), "invalid_api_key")


def _check_challenge(reply: Reply, code: str | None) -> None:
    """Demand a 401 that says how to log in; None takes missing and invalid."""
    assert reply.status == 401, reply
    said = reply.json()["error"]["code"]
    assert said in {code or "missing_api_key", code or "invalid_api_key"}, reply
    check_error(reply, 401, said)
    assert "Basic" in (reply.header("WWW-Authenticate") or ""), reply
