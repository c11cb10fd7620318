"""Adding objects, and the status resource that tells what became of them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.taxii import samples
from tests.taxii.checks import (
    TAXII_TIME,
    UUID4,
    add,
    check_error,
    check_status,
    envelope,
    instant,
    records,
    taken,
    versions_page,
)
from tests.taxii.samples import V1, V2, address, indicator, malware, marking
from tests.taxii.tables import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.taxii.client import Client, Collection, Stix

COUNTS = ("total_count", "success_count", "failure_count", "pending_count")


@dataclass(frozen=True)
class Body:
    """A body that is no envelope."""

    id: str
    sent: bytes
    clauses: tuple[str, ...] = ()


NO_ENVELOPES = (
    Body("cut short", b'{"objects": [', ("POST-16",)),
    Body("a list", b'[{"type": "indicator"}]', ("POST-17",)),
    Body("objects is text", b'{"objects": "indicator"}', ("POST-18",)),
    Body("nothing", b"", ("POST-19",)),
    Body("a word", b"indicator"),
    Body("text", b'"indicator"'),
    Body("a number", b"7"),
    Body("null", b"null"),
    Body("objects is null", b'{"objects": null}'),
    Body("objects is an object", b'{"objects": {}}'),
    Body("two documents", b'{"objects": []}{"objects": []}'),
    Body("white space", b" \n\t "),
)


@dataclass(frozen=True)
class Kind:
    """A kind of STIX object."""

    id: str
    make: Callable[[], Stix]
    clauses: tuple[str, ...] = ()


KINDS = (
    Kind("sdo", indicator, ("POST-09",)),
    Kind("marking", marking, ("POST-09",)),
    Kind("sco", address, ("POST-09",)),
)


@pytest.fixture(scope="module")
def early_status(shelf: Collection) -> dict[str, Any]:
    """Give the status of a POST that many others follow."""
    return add(shelf, indicator(), malware(), address())


def get_status(client: Client, status: dict[str, Any]) -> dict[str, Any]:
    """Return a status resource by its id."""
    reply = client.get(f"status/{status['id']}/")
    assert reply.status == 200, reply
    return check_status(reply.json())


@pytest.mark.clause("POST-01", "POST-02", "POST-03", "POST-04")
def test_a_post_of_three_objects_gives_202_and_their_status(
    shelf: Collection,
) -> None:
    reply = shelf.post(indicator(), malware(), address())
    status = taken(reply)
    assert UUID4.fullmatch(status["id"])
    assert [status[name] for name in COUNTS] == [3, 3, 0, 0]
    assert all(type(status[name]) is int for name in COUNTS)
    assert TAXII_TIME.fullmatch(status["request_timestamp"])


@pytest.mark.clause("POST-01", "POST-05")
def test_the_final_status_is_sound_and_leaves_empty_lists_out(
    shelf: Collection,
) -> None:
    first = taken(shelf.post(indicator(), malware(), address()))
    final = get_status(shelf.client, first)
    for status in (first, final):
        assert "failures" not in status
        assert "pendings" not in status
        assert len(status["successes"]) == 3


@pytest.mark.clause("POST-06")
def test_the_version_of_a_success_is_its_modified(shelf: Collection) -> None:
    one = indicator(modified="2021-02-03T04:05:06.789Z")
    (success,) = add(shelf, one)["successes"]
    assert success["id"] == one["id"]
    assert instant(success["version"]) == instant(one["modified"])


@pytest.mark.clause("POST-21")
def test_the_version_of_a_success_without_modified_is_its_created(
    shelf: Collection,
) -> None:
    one = marking()
    (success,) = add(shelf, one)["successes"]
    assert instant(success["version"]) == instant(one["created"])


@pytest.mark.clause("POST-07")
def test_what_was_added_is_there_at_once_on_four_endpoints(
    shelf: Collection,
) -> None:
    for one in (indicator(), marking(), address()):
        add(shelf, one)
        query = {"match[id]": one["id"]}
        assert envelope(shelf.objects(query))["objects"] == [one]
        assert envelope(shelf.object(one["id"]))["objects"] == [one]
        assert len(envelope(shelf.manifest(query))["objects"]) == 1
        assert len(versions_page(shelf.versions(one["id"]))["versions"]) == 1


@pytest.mark.clause("POST-08")
@pytest.mark.parametrize("kind", rows(KINDS))
def test_a_duplicate_is_a_success(shelf: Collection, kind: Kind) -> None:
    one = kind.make()
    add(shelf, one)
    again = taken(shelf.post(one))
    assert [again[name] for name in COUNTS] == [1, 1, 0, 0]


@pytest.mark.clause("POST-10")
@pytest.mark.parametrize("make", [indicator, marking, address])
def test_a_duplicate_leaves_the_manifest_as_it_was(
    shelf: Collection, make: Callable[[], Stix]
) -> None:
    one = make()
    add(shelf, one)
    before = records(shelf, one)
    add(shelf, one)
    assert len(before) == 1
    assert records(shelf, one) == before


@pytest.mark.clause("POST-11")
def test_other_content_under_the_same_version_keeps_the_first(
    shelf: Collection,
) -> None:
    one = indicator(name="first")
    add(shelf, one)
    before = records(shelf, one)
    taken(shelf.post({**one, "name": "second"}))
    assert envelope(shelf.object(one["id"], "match[version]=all"))["objects"] == [one]
    assert records(shelf, one) == before


@pytest.mark.clause("POST-11")
def test_the_same_instant_written_with_other_decimals_is_the_same_version(
    shelf: Collection,
) -> None:
    one = indicator(modified="2021-01-01T00:00:00Z")
    add(shelf, one)
    taken(shelf.post({**one, "modified": "2021-01-01T00:00:00.000Z"}))
    assert len(records(shelf, one)) == 1


@pytest.mark.clause("POST-08")
def test_an_object_twice_in_one_envelope_is_two_successes_and_one_object(
    shelf: Collection,
) -> None:
    one = indicator()
    status = taken(shelf.post(one, one))
    assert [status[name] for name in COUNTS] == [2, 2, 0, 0]
    assert len(records(shelf, one)) == 1


@pytest.mark.clause("POST-10")
def test_writers_that_add_the_same_object_at_once_leave_one(
    shelf: Collection,
) -> None:
    objects = [indicator() for _ in range(5)]
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: shelf.post(*objects), range(6)))
    assert [taken(reply)["success_count"] for reply in replies] == [5] * 6
    assert len(records(shelf, *objects)) == 5


@pytest.mark.clause("POST-12")
def test_versions_of_one_object_in_one_envelope_are_all_stored(
    shelf: Collection,
) -> None:
    one = indicator(modified=V1)
    add(shelf, one, {**one, "modified": V2})
    found = versions_page(shelf.versions(one["id"]))["versions"]
    assert sorted(map(instant, found)) == [instant(V1), instant(V2)]


def padded(client: Client, spare: int) -> tuple[Stix, bytes]:
    """Return an envelope that is `spare` bytes shorter than the server takes."""
    one = indicator()
    body = json.dumps({"objects": [one]}).encode()
    longest = client.get("").json()["max_content_length"]
    return one, body[:-1] + b" " * (longest - spare - len(body)) + b"}"


@pytest.mark.clause("POST-13")
@pytest.mark.parametrize("spare", [1, 0])
def test_a_body_as_long_as_max_content_length_is_taken(
    shelf: Collection, spare: int
) -> None:
    one, body = padded(shelf.client, spare)
    assert taken(shelf.post_body(body))["success_count"] == 1
    assert shelf.object(one["id"]).status == 200


@pytest.mark.clause("POST-14")
@pytest.mark.parametrize("spare", [-1, -1024])
def test_a_body_above_max_content_length_is_too_large(
    shelf: Collection, spare: int
) -> None:
    one, body = padded(shelf.client, spare)
    check_error(shelf.post_body(body), 413, "payload_too_large")
    check_error(shelf.object(one["id"]), 404, "not_found")


@pytest.mark.clause("POST-15")
def test_a_custom_property_on_the_envelope_is_ignored(shelf: Collection) -> None:
    one = indicator()
    sent = {"x_example_com_note": {"any": "thing"}, "objects": [one]}
    assert taken(shelf.post_body(json.dumps(sent).encode()))["success_count"] == 1
    assert envelope(shelf.object(one["id"]))["objects"] == [one]


@pytest.mark.parametrize("body", rows(NO_ENVELOPES))
def test_a_body_that_is_no_envelope_is_refused(shelf: Collection, body: Body) -> None:
    check_error(shelf.post_body(body.sent), 400, "invalid_parameter")


@pytest.mark.clause("POST-20")
@pytest.mark.parametrize("body", [b"{}", b'{"objects": []}'])
def test_an_envelope_without_objects_is_empty_or_refused(
    shelf: Collection, body: bytes
) -> None:
    reply = shelf.post_body(body)
    if reply.status == 202:
        assert [taken(reply)[name] for name in COUNTS] == [0, 0, 0, 0]
    else:
        check_error(reply, 400, "invalid_parameter")


@pytest.mark.clause("ST-01")
def test_a_status_is_the_same_each_time_it_is_read(shelf: Collection) -> None:
    first = add(shelf, indicator(), malware())
    assert get_status(shelf.client, first) == first
    assert get_status(shelf.client, first) == first


@pytest.mark.clause("ST-02")
def test_an_unknown_status_is_not_found(owner: Client) -> None:
    for unknown in (str(uuid4()), "no-uuid", "x" * 300):
        check_error(owner.get(f"status/{unknown}/"), 404, "not_found")


@pytest.mark.clause("ST-03")
def test_a_status_is_still_there_after_many_other_posts(
    shelf: Collection, early_status: dict[str, Any]
) -> None:
    for _ in range(20):
        add(shelf, samples.identity())
    assert get_status(shelf.client, early_status) == early_status


@pytest.mark.clause("ST-01")
def test_a_status_names_each_failure(shelf: Collection) -> None:
    good, bad = indicator(), indicator(modified="the day before yesterday")
    status = taken(shelf.post(good, bad))
    assert [status[name] for name in COUNTS] == [2, 1, 1, 0]
    assert [one["id"] for one in status["successes"]] == [good["id"]]
    assert [one["id"] for one in status["failures"]] == [bad["id"]]
    assert get_status(shelf.client, status) == status
