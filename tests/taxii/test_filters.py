"""match[id], match[type] and added_after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.taxii.checks import (
    add,
    add_apart,
    date_added,
    envelope,
    found_ids,
    id_list,
    ids,
    instant,
    walk_ids,
)
from tests.taxii.samples import (
    STIX_TYPES,
    V1,
    V2,
    address,
    indicator,
    malware,
    marking,
)
from tests.taxii.tables import rows

if TYPE_CHECKING:
    from tests.taxii.client import Collection, Stix

FAR = "2090-01-01T00:00:00.000000Z"


@pytest.mark.clause("FLT-01")
def test_match_id_returns_one_object_or_several(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    one, two, three = (stix["id"] for stix in trio)
    assert found_ids(shelf, {"match[id]": two}) == [two]
    assert found_ids(shelf, {"match[id]": f"{three},{one}"}) == [one, three]


@pytest.mark.clause("FLT-02")
def test_match_type_returns_one_type_or_several_and_fields_are_anded(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    one, two, three = (stix["id"] for stix in trio)
    query = {"match[id]": id_list(trio)}
    assert found_ids(shelf, {**query, "match[type]": "malware"}) == [two]
    several = {**query, "match[type]": "identity,indicator"}
    assert found_ids(shelf, several) == [one, three]
    assert found_ids(shelf, {"match[id]": one, "match[type]": "malware"}) == []


@pytest.mark.clause("FLT-02")
def test_match_type_alone_finds_every_object_of_that_type(fresh: Collection) -> None:
    objects = [malware(), indicator(), address(), malware(), marking()]
    add_apart(fresh, *objects)
    for wanted in ("malware", "indicator", "ipv4-addr,marking-definition"):
        right = [one["id"] for one in objects if one["type"] in wanted.split(",")]
        assert found_ids(fresh, {"match[type]": wanted}) == right


@pytest.mark.clause("FLT-03")
@pytest.mark.parametrize("stix_type", STIX_TYPES)
def test_every_type_of_stix_2_1_can_be_asked_for(
    shelf: Collection, stix_type: str
) -> None:
    page = envelope(shelf.objects({"match[type]": stix_type, "limit": "1"}))
    assert [one["type"] for one in page["objects"]] in ([], [stix_type])


@pytest.mark.clause("FLT-17")
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"match[type]": "indicator,identity"},
        {"match[version]": "all"},
        {"match[version]": "first"},
        {"match[version]": V2},
        {"match[spec_version]": "2.1"},
        {"match[type]": "malware", "match[version]": "all"},
        {"limit": "2"},
    ],
)
def test_the_manifest_filters_as_objects_does(
    shelf: Collection,
    trio: tuple[Stix, ...],
    aged: tuple[Stix, ...],
    more: dict[str, str],
) -> None:
    query = {"match[id]": id_list([*trio, *aged]), **more}
    objects = envelope(shelf.objects(query))
    manifest = envelope(shelf.manifest(query))
    assert manifest["more"] == objects["more"]
    assert objects["objects"]
    assert [_key(one, "modified") for one in objects["objects"]] == [
        _key(one, "version") for one in manifest["objects"]
    ]


def _key(one: dict[str, Any], version: str) -> tuple[str, str]:
    return one["id"], one[version]


@pytest.mark.clause("FLT-18")
def test_added_after_is_exclusive(shelf: Collection, trio: tuple[Stix, ...]) -> None:
    one, two, three = (stix["id"] for stix in trio)
    query = {"match[id]": id_list(trio)}
    at_two = date_added(shelf, trio[1])
    assert found_ids(shelf, {**query, "added_after": at_two}) == [three]
    just_before = _earlier(at_two)
    assert found_ids(shelf, {**query, "added_after": just_before}) == [two, three]
    assert one not in found_ids(shelf, {**query, "added_after": just_before})


def _earlier(added: str) -> str:
    """Return the time one microsecond before."""
    time = instant(added) - timedelta(microseconds=1)
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.clause("FLT-18")
def test_added_after_alone_returns_all_that_came_later(fresh: Collection) -> None:
    objects = [indicator(), malware(), address(), marking()]
    add_apart(fresh, *objects)
    for place, one in enumerate(objects):
        later = [stix["id"] for stix in objects[place + 1 :]]
        assert found_ids(fresh, {"added_after": date_added(fresh, one)}) == later


@pytest.mark.clause("FLT-20")
def test_added_after_has_nothing_to_do_with_dates_inside_an_object(
    shelf: Collection,
) -> None:
    marker = malware()
    add(shelf, marker)
    late = indicator(modified=FAR, valid_from=FAR)
    early = indicator(created="2016-01-01T00:00:00Z", modified="2016-01-01T00:00:00Z")
    add(shelf, late, early)
    query = {"match[id]": id_list([late, early])}
    assert found_ids(shelf, {**query, "added_after": "2050-01-01T00:00:00Z"}) == []
    after = {**query, "added_after": date_added(shelf, marker)}
    assert found_ids(shelf, after) == [late["id"], early["id"]]


@pytest.mark.clause("FLT-21")
@pytest.mark.parametrize("after", ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000Z"])
def test_added_after_with_fewer_decimals_is_understood(
    shelf: Collection, trio: tuple[Stix, ...], after: str
) -> None:
    query = {"match[id]": id_list(trio), "added_after": after}
    assert len(found_ids(shelf, query)) == 3


@pytest.mark.clause("FLT-22")
def test_an_unknown_type_finds_nothing_and_an_unknown_field_is_ignored(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    assert found_ids(shelf, {"match[type]": "x-unknown"}) == []
    query = {"match[id]": trio[0]["id"], "match[x_foo]": "1"}
    assert found_ids(shelf, query) == [trio[0]["id"]]


@dataclass(frozen=True)
class Spelling:
    """How brackets, commas and colons are written in a query."""

    id: str
    marks: tuple[str, str, str, str]
    clauses: tuple[str, ...] = ("FLT-23",)


SPELLINGS = (
    Spelling("raw", ("[", "]", ",", ":")),
    Spelling("upper", ("%5B", "%5D", "%2C", "%3A")),
    Spelling("lower", ("%5b", "%5d", "%2c", "%3a")),
    Spelling("mixed", ("[", "%5D", "%2C", ":")),
)


@pytest.mark.parametrize("spelling", rows(SPELLINGS))
def test_brackets_commas_and_colons_work_raw_and_escaped(
    shelf: Collection, trio: tuple[Stix, ...], spelling: Spelling
) -> None:
    one, two, three = trio
    sent = f"match[id]={one['id']},{two['id']},{three['id']}"
    sent += f"&match[type]=malware,identity&match[version]={V1},{V2}"
    for plain, written in zip("[],:", spelling.marks, strict=True):
        sent = sent.replace(plain, written)
    assert ids(envelope(shelf.objects(sent))) == [two["id"], three["id"]]


@pytest.mark.clause("FLT-01")
def test_match_id_takes_a_long_list(fresh: Collection) -> None:
    objects = [address() for _ in range(60)]
    add(fresh, *objects)
    wanted = objects[::2]
    found = walk_ids(fresh, {"match[id]": id_list(wanted), "limit": "7"})
    assert found == [one["id"] for one in wanted]
