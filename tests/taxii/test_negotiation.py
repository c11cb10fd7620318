"""Media types: what is asked for, what is sent, and what is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.taxii.checks import add, check_error, taken
from tests.taxii.client import TAXII, Reply, basic
from tests.taxii.samples import indicator
from tests.taxii.tables import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.taxii.client import Client, Collection, Stix
    from tests.taxii.world import World

GETS = (
    *("discovery", "api-root", "status", "collections", "collection"),
    *("objects", "object", "versions", "manifest"),
)


@dataclass(frozen=True)
class Media:
    """A media type, or several, as a header says it."""

    id: str
    value: str | None
    clauses: tuple[str, ...] = ()


WELCOME = (
    Media("with version", TAXII, ("NEG-01",)),
    Media("without version", "application/taxii+json", ("NEG-02",)),
    Media("blank", "application/taxii+json; version=2.1", ("NEG-03",)),
    Media(
        "among others",
        "text/html;q=0.5, application/taxii+json;version=2.1;q=0.9, */*;q=0.1",
        ("NEG-04",),
    ),
    Media(
        "taxii and stix",
        f"{TAXII},application/stix+json;version=2.1",
        ("NEG-05",),
    ),
    Media("case and quotes", 'Application/TAXII+JSON;Version="2.1"', ("NEG-06",)),
    Media("anything", "*/*", ("NEG-08",)),
    Media("any application", "application/*", ("NEG-08",)),
    Media("none", None, ("NEG-08",)),
    Media("old version or anything", "application/taxii+json;version=2.0, */*"),
    Media("browser", "text/html,application/xhtml+xml,*/*;q=0.8"),
)

UNWELCOME = (
    Media("html", "text/html", ("NEG-08", "NEG-09")),
    Media("version 2.0", "application/taxii+json;version=2.0", ("NEG-08", "NEG-09")),
    Media("plain json", "application/json", ("NEG-08", "NEG-09")),
    Media("taxii 2.0", "application/vnd.oasis.taxii+json"),
    Media("taxii 2.0 version", "application/vnd.oasis.taxii+json; version=2.0"),
    Media("stix 2.0", "application/vnd.oasis.stix+json; version=2.0"),
)

SENDABLE = (
    Media("without version", "application/taxii+json", ("NEG-14",)),
    Media("blank", "application/taxii+json; version=2.1", ("NEG-15",)),
    Media("charset", f"{TAXII};charset=utf-8", ("NEG-16",)),
    Media("with version", TAXII),
    Media("case and quotes", 'Application/TAXII+JSON;Version="2.1"'),
    Media("stix", "application/stix+json"),
    Media("stix with version", "application/stix+json; version=2.1"),
)

UNSENDABLE = (
    Media("xml", "text/xml", ("NEG-17", "NEG-18")),
    Media("plain json", "application/json", ("NEG-17", "NEG-18")),
    Media("version 1.0", "application/taxii+json;version=1.0", ("NEG-17", "NEG-18")),
    Media("version 2.0", "application/taxii+json;version=2.0"),
    Media("taxii 2.0", "application/vnd.oasis.taxii+json;version=2.0"),
    Media("stix 2.0", "application/vnd.oasis.stix+json;version=2.0"),
    Media("form", "application/x-www-form-urlencoded"),
    Media("anything", "*/*"),
    Media("none", None),
)


@pytest.fixture(scope="module")
def places(world: World, shelf: Collection) -> Mapping[str, str]:
    """Give a URL that answers 200 for each of the nine GET endpoints."""
    one = indicator()
    status = add(shelf, one)
    return {
        "discovery": world.ready.discovery,
        "api-root": "",
        "status": f"status/{status['id']}/",
        "collections": "collections/",
        "collection": shelf.path,
        "objects": shelf.objects_path,
        "object": shelf.object_path(one["id"]),
        "versions": f"{shelf.object_path(one['id'])}versions/",
        "manifest": f"{shelf.path}manifest/",
    }


@pytest.fixture(params=GETS)
def place(request: pytest.FixtureRequest, places: Mapping[str, str]) -> str:
    """Give each of the nine in turn."""
    return places[request.param]


@pytest.mark.parametrize("media", rows(WELCOME))
def test_these_accept_headers_are_served_as_taxii(
    owner: Client, place: str, media: Media
) -> None:
    reply = owner.get(place, {"limit": "1"}, {"Accept": media.value})
    assert reply.status == 200, reply
    assert reply.content_type == TAXII, reply


@pytest.mark.parametrize("media", rows(UNWELCOME))
def test_these_accept_headers_are_refused(
    owner: Client, place: str, media: Media
) -> None:
    reply = owner.get(place, None, {"Accept": media.value})
    check_error(reply, 406, "not_acceptable")


@pytest.mark.parametrize("media", rows(UNWELCOME))
def test_a_refused_accept_on_post_stores_nothing(
    shelf: Collection, media: Media
) -> None:
    one = indicator()
    body = json.dumps({"objects": [one]}).encode()
    reply = shelf.post_body(body, {"Accept": media.value})
    check_error(reply, 406, "not_acceptable")
    check_error(shelf.object(one["id"]), 404, "not_found")


@pytest.mark.clause("NEG-07")
def test_without_a_version_in_accept_the_answer_is_in_version_2_1(
    owner: Client,
) -> None:
    reply = owner.get("", None, {"Accept": "application/taxii+json"})
    assert reply.content_type == TAXII


@pytest.mark.clause("NEG-10")
def test_every_get_answers_in_taxii_2_1(owner: Client, place: str) -> None:
    reply = owner.get(place)
    assert reply.status == 200, reply
    assert reply.content_type == TAXII


@pytest.mark.clause("NEG-10")
def test_post_and_delete_answer_in_taxii_2_1(shelf: Collection) -> None:
    one = indicator()
    assert shelf.post(one).content_type == TAXII
    reply = shelf.delete(one["id"])
    assert reply.status == 200, reply
    assert reply.content_type == TAXII


@pytest.mark.clause("NEG-11")
def test_answers_400_and_404_are_in_taxii_2_1(shelf: Collection) -> None:
    check_error(shelf.objects({"limit": "0"}), 400, "invalid_parameter")
    check_error(shelf.post_body(b"{"), 400, "invalid_parameter")
    check_error(shelf.object(indicator()["id"]), 404, "not_found")


@pytest.mark.clause("NEG-12")
def test_answer_401_is_in_taxii_2_1(owner: Client) -> None:
    reply = owner.get("collections/", None, {"Authorization": None})
    check_error(reply, 401, "missing_api_key")
    reply = owner.get("collections/", None, {"Authorization": basic("a", "b")})
    check_error(reply, 401, "invalid_api_key")


@pytest.mark.clause("NEG-13")
def test_answers_406_and_415_are_in_taxii_2_1(shelf: Collection) -> None:
    reply = shelf.client.get(shelf.objects_path, None, {"Accept": "text/html"})
    check_error(reply, 406, "not_acceptable")
    reply = shelf.post_body(b"<a/>", {"Content-Type": "text/xml"})
    check_error(reply, 415, "unsupported_media_type")


@pytest.mark.parametrize("media", rows(SENDABLE))
def test_these_content_types_can_be_posted(shelf: Collection, media: Media) -> None:
    one = indicator()
    assert taken(_post(shelf, media, one))["success_count"] == 1
    assert shelf.object(one["id"]).status == 200


@pytest.mark.parametrize("media", rows(UNSENDABLE))
def test_these_content_types_are_refused_and_store_nothing(
    shelf: Collection, media: Media
) -> None:
    one = indicator()
    check_error(_post(shelf, media, one), 415, "unsupported_media_type")
    check_error(shelf.object(one["id"]), 404, "not_found")


@pytest.mark.clause("NEG-19")
def test_a_request_without_user_agent_is_served(owner: Client) -> None:
    assert owner.get("", None, {"User-Agent": None}).status == 200


def _post(shelf: Collection, media: Media, one: Stix) -> Reply:
    body = json.dumps({"objects": [one]}).encode()
    return shelf.post_body(body, {"Content-Type": media.value})
