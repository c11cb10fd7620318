"""Plain HTTP manners, and the shape of every error."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.taxii.checks import check_error, envelope
from tests.taxii.client import TAXII
from tests.taxii.samples import indicator, new_id

if TYPE_CHECKING:
    from tests.taxii.client import Client, Collection, Reply
    from tests.taxii.world import World


def errors(world: World, shelf: Collection) -> list[Reply]:
    """Return one error of every kind that a client can cause."""
    nobody = shelf.client.saying({"Authorization": None})
    window = shelf.client.saying(world.visitor.headers)
    ro = f"collections/{world.ro}/objects/"
    body = b'{"objects": []}'
    return [
        shelf.objects({"limit": "0"}),
        nobody.get("collections/"),
        window.send("POST", ro, {"Content-Type": TAXII}, body),
        shelf.object(new_id("tool")),
        shelf.client.send("PUT", shelf.objects_path),
        shelf.client.get(shelf.path, None, {"Accept": "text/html"}),
        shelf.post_body(b"x", {"Content-Type": "text/plain"}),
    ]


@pytest.mark.clause("ERR-01", "ERR-02", "ERR-03")
def test_every_error_is_a_taxii_error_with_our_own_error_in_it(
    world: World, shelf: Collection
) -> None:
    found = [(reply.status, reply.json()) for reply in errors(world, shelf)]
    assert [status for status, _ in found] == [400, 401, 403, 404, 405, 406, 415]
    codes = (
        *("invalid_parameter", "missing_api_key", "insufficient_scope", "not_found"),
        *("method_not_allowed", "not_acceptable", "unsupported_media_type"),
    )
    for reply, code in zip(errors(world, shelf), codes, strict=True):
        check_error(reply, reply.status, code)


@pytest.mark.clause("ERR-01", "ERR-02")
def test_no_error_shows_html_or_a_stack_trace(world: World, shelf: Collection) -> None:
    for reply in errors(world, shelf):
        text = reply.body.decode().lower()
        for word in ("traceback", "<html", ".py", "boto", "dynamo", "chalice"):
            assert word not in text, reply


@pytest.mark.clause("ERR-03")
def test_every_error_has_a_request_id_of_its_own(
    world: World, shelf: Collection
) -> None:
    found = [reply.json()["error"]["request_id"] for reply in errors(world, shelf)]
    assert len(found) == len(set(found))


@pytest.mark.clause("HTTP-01")
def test_head_answers_as_get_does_without_a_body(owner: Client) -> None:
    head, get = owner.send("HEAD", ""), owner.get("")
    assert head.status == get.status == 200
    assert head.content_type == get.content_type
    assert head.body == b""


@pytest.mark.clause("HTTP-01")
def test_after_head_the_connection_can_be_used_again(owner: Client) -> None:
    url = urlsplit(owner.root)
    connection = HTTPConnection(url.hostname or "", url.port, timeout=30)
    try:
        for method in ("HEAD", "GET", "HEAD", "GET"):
            reply = owner.send_on(connection, method, "")
            assert reply.status == 200
            assert bool(reply.body) == (method == "GET")
    finally:
        connection.close()


@pytest.mark.clause("HTTP-02")
@pytest.mark.parametrize(
    ("method", "tail", "allowed"),
    [
        ("PUT", "objects/", {"GET", "POST"}),
        ("DELETE", "", {"GET"}),
        ("POST", "manifest/", {"GET"}),
        ("PATCH", "objects/", {"GET", "POST"}),
        ("DELETE", "objects/", {"GET", "POST"}),
        ("POST", "objects/{}/", {"GET", "DELETE"}),
        ("DELETE", "objects/{}/versions/", {"GET"}),
    ],
)
def test_a_method_that_an_endpoint_does_not_have_gives_405_with_allow(
    shelf: Collection, method: str, tail: str, allowed: set[str]
) -> None:
    path = shelf.path + tail.format(indicator()["id"])
    body = b'{"objects": []}'
    reply = shelf.client.send(method, path, {"Content-Type": TAXII}, body)
    check_error(reply, 405, "method_not_allowed")
    said = {word.strip() for word in (reply.header("Allow") or "").split(",")}
    assert allowed <= said
    assert method not in said


@pytest.mark.clause("HTTP-03")
def test_paths_without_the_trailing_slash_are_served(
    owner: Client, shelf: Collection
) -> None:
    without = owner.at(owner.root.rstrip("/"))
    assert without.get("").status == 200
    assert shelf.client.get(shelf.objects_path.rstrip("/")).status == 200


@pytest.mark.clause("HTTP-04")
@pytest.mark.parametrize(
    "path",
    [
        "collections/{}/nothing/",
        "nothing/",
        "collections/{}/objects/tool--1/nothing/",
        "/api/nothing",
        "/api/taxii2/api/collections/{}/objects/tool--1/versions/more/",
        "/nothing",
        "/",
    ],
)
def test_a_path_that_is_no_endpoint_is_not_found(
    owner: Client, shelf: Collection, path: str
) -> None:
    reply = owner.get(path.format(shelf.id))
    assert reply.status == 404, reply
    error: dict[str, Any] = reply.json()["error"]
    assert error["code"] == "not_found"
    if "taxii2" in path or not path.startswith("/"):
        check_error(reply, 404, "not_found")


@pytest.mark.clause("HTTP-05")
def test_answers_carry_date(shelf: Collection) -> None:
    assert shelf.objects({"limit": "1"}).header("Date")
    assert shelf.client.get(f"collections/{uuid4()}/").header("Date")


@pytest.mark.clause("HTTP-06")
@pytest.mark.parametrize("path", ["", "collections/", "collections/{}/objects/"])
def test_options_is_no_server_error(
    owner: Client, shelf: Collection, path: str
) -> None:
    assert owner.send("OPTIONS", path.format(shelf.id)).status < 500


def test_one_connection_serves_many_requests_errors_among_them(
    shelf: Collection,
) -> None:
    url = urlsplit(shelf.client.root)
    connection = HTTPConnection(url.hostname or "", url.port, timeout=30)
    path = shelf.objects_path
    try:
        for asked, status in (
            (path, 200),
            (f"{path}x/", 404),
            (f"{path}?limit=0", 400),
            (f"{path}?limit=1", 200),
        ):
            reply = shelf.client.send_on(connection, "GET", asked)
            assert reply.status == status, reply
        envelope(reply)
    finally:
        connection.close()
