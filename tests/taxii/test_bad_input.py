"""Bodies that are wrong: a clear answer, and no harm to what comes after."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.taxii.checks import (
    add,
    check_error,
    envelope,
    id_list,
    ids,
    refused,
    taken,
    walk_ids,
)
from tests.taxii.samples import V1, address, identity, indicator, malware
from tests.taxii.tables import rows

if TYPE_CHECKING:
    from tests.taxii.client import Collection, Stix


@dataclass(frozen=True)
class Bad:
    """An element of an envelope that is no good object."""

    id: str
    element: Any
    clauses: tuple[str, ...] = ()


BAD_ELEMENTS = (
    Bad("a number", 7, ("BAD-24",)),
    Bad("text", "indicator", ("BAD-24",)),
    Bad("null", None, ("BAD-24",)),
    Bad("a list", [], ("BAD-24",)),
    Bad("an empty object", {}),
    Bad("id a number", indicator(id=7), ("BAD-28",)),
    Bad("id null", indicator(id=None)),
    Bad("id empty", indicator(id="")),
    Bad("id a list", indicator(id=[])),
    Bad("id no such thing", indicator(id="indicator--7")),
    Bad("id with a slash", indicator(id="indicator--a/b")),
    Bad("no id", {k: v for k, v in indicator().items() if k != "id"}),
    Bad("no type", {k: v for k, v in indicator().items() if k != "type"}),
    Bad("type a number", indicator(type=7)),
    Bad("modified a word", indicator(modified="yesterday")),
    Bad("modified a number", indicator(modified=7)),
    Bad("modified null", indicator(modified=None)),
    Bad("modified month 13", indicator(modified="2020-13-01T00:00:00Z")),
    Bad("spec_version a number", indicator(spec_version=2.1)),
)


@pytest.mark.parametrize("bad", rows(BAD_ELEMENTS))
def test_one_bad_element_among_good_ones_is_a_failure_by_itself(
    shelf: Collection, bad: Bad
) -> None:
    good = [indicator(), malware(), address()]
    status = taken(shelf.post(*good[:2], bad.element, good[2]))
    assert (status["total_count"], status["success_count"]) == (4, 3)
    assert len(status["failures"]) == status["failure_count"] == 1
    assert {one["id"] for one in status["successes"]} == {one["id"] for one in good}
    found = envelope(shelf.objects({"match[id]": id_list(good)}))
    assert found["objects"] == good


@pytest.mark.parametrize("bad", rows(BAD_ELEMENTS))
def test_a_bad_element_alone_is_refused_or_a_failure(
    shelf: Collection, bad: Bad
) -> None:
    assert refused(shelf.post(bad.element))


@pytest.mark.clause("BAD-21", "BAD-22")
def test_of_good_and_invalid_objects_the_counts_add_up_to_what_can_be_read(
    shelf: Collection,
) -> None:
    good = [indicator(), malware(), identity()]
    no_id = {k: v for k, v in indicator().items() if k != "id"}
    bad = [no_id, indicator(id="indicator--nonsense"), indicator(modified="never")]
    mixed = [good[0], bad[0], good[1], bad[1], good[2], bad[2]]
    status = taken(shelf.post(*mixed))
    assert (status["total_count"], status["failure_count"]) == (6, 3)
    readable = envelope(shelf.objects({"match[id]": id_list(good)}))["objects"]
    assert len(readable) == status["success_count"] == 3


@pytest.mark.clause("BAD-24")
def test_an_envelope_of_no_objects_at_all_is_refused_or_all_failures(
    shelf: Collection,
) -> None:
    nothing: tuple[object, ...] = (1, 2.5, "text", None, True, [], [[]])
    assert refused(shelf.post(*nothing))


@dataclass(frozen=True)
class Raw:
    """A body as bytes, with a place for the id of its object."""

    id: str
    body: bytes
    clauses: tuple[str, ...] = ()


def _around(value: bytes) -> bytes:
    """Return an envelope of one indicator whose `x_value` is these bytes."""
    text = json.dumps({"objects": [indicator(x_value="VALUE")]})
    return text.encode().replace(b'"VALUE"', value)


RAW_BODIES = (
    Raw("not utf-8", _around(b'"\xff\xfe"'), ("BAD-25",)),
    Raw("utf-16", json.dumps({"objects": [indicator()]}).encode("utf-16")),
    Raw("lone surrogate", _around(rb'"\ud800"'), ("BAD-26",)),
    Raw("surrogate as utf-8", _around(b'"\xed\xa0\x80"')),
    Raw("100 000 lists", b"[" * 100_000 + b"]" * 100_000, ("BAD-27",)),
    Raw("100 000 lists inside", _around(b"[" * 100_000 + b"]" * 100_000), ("BAD-27",)),
    Raw("infinity", _around(b"Infinity")),
    Raw("hex number", _around(b"0x10")),
    Raw("control character", _around(b'"\x01"')),
    Raw("comment", b'/* */ {"objects": []}'),
    Raw("trailing comma", b'{"objects": [],}'),
)


@pytest.mark.parametrize("raw", rows(RAW_BODIES))
def test_a_body_that_is_no_proper_json_is_refused_or_a_failure(
    shelf: Collection, raw: Raw
) -> None:
    assert refused(shelf.post_body(raw.body))


@pytest.mark.clause("BAD-29")
def test_nan_is_refused_or_at_least_never_sent_back(shelf: Collection) -> None:
    one = indicator(x_value="VALUE")
    text = json.dumps({"objects": [one]}).replace('"VALUE"', "NaN")
    reply = shelf.post_body(text.encode())
    if reply.status != 202:
        check_error(reply, 400, "invalid_parameter")
    assert b"NaN" not in shelf.object(one["id"]).body


@pytest.mark.clause("BAD-23")
def test_objects_with_a_bad_id_or_modified_do_no_harm_to_later_requests(
    fresh: Collection,
) -> None:
    fresh.post(indicator(id="no such thing"))
    fresh.post(indicator(modified="no such time"))
    fresh.post(*(bad.element for bad in BAD_ELEMENTS))
    for raw in RAW_BODIES:
        fresh.post_body(raw.body)
    one = indicator()
    add(fresh, one)
    assert one["id"] in ids(envelope(fresh.objects()))
    assert one["id"] in ids(envelope(fresh.manifest({"match[version]": "all"})))
    assert envelope(fresh.object(one["id"]))["objects"] == [one]


def test_an_envelope_of_20_000_objects_is_taken_whole_or_refused_whole(
    fresh: Collection,
) -> None:
    objects = [address() for _ in range(20_000)]
    reply = fresh.post_body(_tight(objects))
    if reply.status == 202:
        status = taken(reply)
        assert status["total_count"] == 20_000
        assert status["success_count"] == len(walk_ids(fresh, {}))
    else:
        code = "payload_too_large" if reply.status == 413 else "invalid_parameter"
        check_error(reply, reply.status, code)
        assert walk_ids(fresh, {}) == []


def _tight(objects: list[Stix]) -> bytes:
    return json.dumps({"objects": objects}, separators=(",", ":")).encode()


def test_an_object_of_quotes_alone_is_given_back_through_lambda_or_a_failure(
    fresh: Collection,
) -> None:
    longest = fresh.client.get("").json()["max_content_length"]
    one = indicator(description='"' * (longest // 2 - 1000), created=V1)
    status = taken(fresh.post(one))
    if status["success_count"]:
        reply = fresh.objects()
        assert envelope(reply)["objects"] == [one]
        assert len(json.dumps(reply.body.decode())) < 6 * 1024 * 1024
    else:
        assert status["failure_count"] == 1
        check_error(fresh.object(one["id"]), 404, "not_found")
