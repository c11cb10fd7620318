"""What was added comes back as it was sent, value for value and type for type."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.taxii.checks import add, envelope, same, walk_replies
from tests.taxii.samples import (
    V1,
    address,
    bare_address,
    heavy,
    indicator,
    malware,
    marking,
    new_id,
    relationship,
    sdo,
)
from tests.taxii.tables import rows

if TYPE_CHECKING:
    from tests.taxii.client import Collection

LAMBDA_BYTES = 6 * 1024 * 1024
EXTENSION = "extension-definition--8f0c8e2e-53c1-4a6c-8f4f-6d5a1d9c2f10"


@dataclass(frozen=True)
class Sent:
    """An object that is sent and must come back."""

    id: str
    stix: dict[str, Any]
    clauses: tuple[str, ...] = ()


NUMBERS = {
    "x_largest": 2**53 - 1,
    "x_smallest": -(2**53) + 1,
    "x_zero": 0,
    "x_decimal": 0.1,
    "x_whole_float": 1.0,
    "x_long": 3.141592653589793,
    "x_negative": -273.15,
}
CUSTOM = {
    "x_text": "",
    "x_true": True,
    "x_false": False,
    "x_null": None,
    "x_empty_list": [],
    "x_empty_object": {},
    "x_nested": {"b": [{"a": [[], {}, None, 1, 1.5, "x"]}], "a": {"": ""}},
    "x_list": [1, 1.0, "1", True, None],
    "_internal": "starts with a line",
    "pk": "a name the table may use",
    "objects": ["a name the envelope uses"],
}
ENDS = {
    "x_max": 1.7976931348623157e308,
    "x_min": 5e-324,
    "x_minus_max": -1.7976931348623157e308,
    "x_normal": 2.2250738585072014e-308,
    "x_big_integer": 10**30,
}
UNICODE = {
    "name": "Ünïcödé 漢字 🦆 \u202eabc",
    "description": 'quote " backslash \\ slash / tab \t newline \n no NUL \u0001',
    "aliases": ["é", "e\u0301", "\u2028", "\ufeff", "\U0001d538"],
    "x_キー": "a key in Unicode",
}
PATTERN = r"[file:name = 'C:\\\\Temp\\\\it\\'s.exe' AND file:size > 10]"

OBJECTS = (
    Sent("standard sdo", indicator(pattern=PATTERN, confidence=85), ("RT-01",)),
    Sent("unicode", malware(**UNICODE), ("RT-02",)),
    Sent("relationship", relationship(), ("RT-03",)),
    Sent("sco", address(), ("RT-04",)),
    Sent("sco without spec_version", bare_address(), ("RT-04",)),
    Sent("marking", marking(), ("RT-05",)),
    Sent("numbers", sdo("observed-data", number_observed=1, **NUMBERS), ("RT-06",)),
    Sent("custom properties", malware(**CUSTOM), ("RT-07",)),
    Sent("ends of doubles", malware(**ENDS), ("RT-08",)),
    Sent(
        "property extension",
        indicator(
            extensions={EXTENSION: {"extension_type": "property-extension", "rank": 5}}
        ),
        ("RT-09",),
    ),
    Sent("custom type", sdo("x-example-com-thing", x_any={"thing": [1]}), ("RT-10",)),
    Sent("keys in any order", {"type": "tool", "name": "Z", **sdo("tool"), "a": 1}),
    Sent(
        "times with many decimals",
        malware(created="2020-01-01T00:00:00.123456789Z", modified=V1[:-4] + "123456Z"),
    ),
)


@pytest.mark.parametrize("sent", rows(OBJECTS))
def test_an_object_comes_back_as_it_was_sent(shelf: Collection, sent: Sent) -> None:
    add(shelf, sent.stix)
    (found,) = envelope(shelf.object(sent.stix["id"]))["objects"]
    assert same(found, sent.stix), found
    (found,) = envelope(shelf.objects({"match[id]": sent.stix["id"]}))["objects"]
    assert same(found, sent.stix), found


@pytest.mark.clause("RT-06", "RT-08")
@pytest.mark.parametrize(
    "number", ["1.0", "1.10", "1e2", "1E+2", "-0.0", "100", "123456789012345678901"]
)
def test_a_number_keeps_its_value_however_it_is_written(
    shelf: Collection, number: str
) -> None:
    one = malware(x_number="NUMBER")
    text = json.dumps({"objects": [one]}).replace('"NUMBER"', number)
    assert shelf.post_body(text.encode()).status == 202
    (found,) = envelope(shelf.object(one["id"]))["objects"]
    assert same(found["x_number"], json.loads(number)), found


@pytest.mark.clause("RT-11")
def test_an_object_of_one_megabyte_comes_back_as_it_was_sent(
    fresh: Collection,
) -> None:
    one = heavy(1_000_000)
    add(fresh, one)
    assert envelope(fresh.object(one["id"]))["objects"] == [one]


@pytest.mark.clause("RT-11")
def test_an_object_of_nearly_three_megabytes_comes_back_as_it_was_sent(
    fresh: Collection,
) -> None:
    one = indicator(x_ids=[new_id("attack-pattern") for _ in range(52_000)])
    add(fresh, one)
    assert envelope(fresh.object(one["id"]))["objects"] == [one]


@pytest.mark.clause("RT-12")
def test_eight_objects_of_one_megabyte_arrive_whole_by_paging(
    fresh: Collection,
) -> None:
    objects = [heavy(1_000_000) for _ in range(8)]
    for one in objects:
        add(fresh, one)
    found = []
    for page, reply in walk_replies(fresh.objects, {}):
        assert len(json.dumps(reply.body.decode())) < LAMBDA_BYTES
        found += page["objects"]
    assert found == objects


@pytest.mark.clause("RT-12")
def test_pages_stay_below_what_lambda_carries_with_escaping_counted(
    fresh: Collection,
) -> None:
    objects = [malware(description='"\\' * 200_000) for _ in range(6)]
    for one in objects:
        add(fresh, one)
    found = []
    for page, reply in walk_replies(fresh.objects, {}):
        assert len(json.dumps(reply.body.decode())) < LAMBDA_BYTES
        found += page["objects"]
    assert found == objects
