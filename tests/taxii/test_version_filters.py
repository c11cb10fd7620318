"""match[version] and match[spec_version], on every endpoint that takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.taxii.checks import (
    add,
    add_apart,
    envelope,
    found_ids,
    id_list,
    records,
    versions_page,
)
from tests.taxii.samples import (
    V1,
    V2,
    V3,
    bare_address,
    identity_20,
    indicator,
    marking,
)
from tests.taxii.tables import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.taxii.client import Collection, Stix


@dataclass(frozen=True)
class Wanted:
    """A match[version] and the versions it finds, in the order they were added."""

    id: str
    version: str | None
    found: tuple[str, ...]
    clauses: tuple[str, ...] = ()


# The three versions were added in the order 2, 3, 1.
VERSIONS = (
    Wanted("default", None, (V3,), ("FLT-04",)),
    Wanted("last", "last", (V3,), ("FLT-05",)),
    Wanted("first", "first", (V1,), ("FLT-06",)),
    Wanted("all", "all", (V2, V3, V1), ("FLT-07",)),
    Wanted("timestamp", V2, (V2,), ("FLT-08",)),
    Wanted("first and last", "first,last", (V3, V1), ("FLT-09",)),
    Wanted("two timestamps", f"{V2},{V1}", (V2, V1), ("FLT-10",)),
    Wanted("keywords and timestamp", f"first,{V2},last", (V2, V3, V1), ("FLT-11",)),
    Wanted("oldest", V1, (V1,)),
    Wanted("latest", V3, (V3,)),
    Wanted("last and its timestamp", f"last,{V3}", (V3,)),
)


def on_objects(shelf: Collection, stix_id: str, query: dict[str, str]) -> list[str]:
    """Return the versions that objects gives of an object."""
    page = envelope(shelf.objects({"match[id]": stix_id, **query}))
    return [one["modified"] for one in page["objects"]]


def on_object(shelf: Collection, stix_id: str, query: dict[str, str]) -> list[str]:
    """Return the versions that object gives; a 404 is none."""
    reply = shelf.object(stix_id, query)
    if reply.status == 404:
        return []
    return [one["modified"] for one in envelope(reply)["objects"]]


def on_manifest(shelf: Collection, stix_id: str, query: dict[str, str]) -> list[str]:
    """Return the versions that the manifest gives of an object."""
    page = envelope(shelf.manifest({"match[id]": stix_id, **query}))
    return [record["version"] for record in page["objects"]]


def on_versions(shelf: Collection, stix_id: str, query: dict[str, str]) -> list[str]:
    """Return the versions that versions gives; a 404 is none."""
    reply = shelf.versions(stix_id, query)
    if reply.status == 404:
        return []
    found: list[str] = versions_page(reply)["versions"]
    return found


@pytest.mark.parametrize("read", [on_objects, on_object, on_manifest])
@pytest.mark.parametrize("wanted", rows(VERSIONS))
def test_match_version_finds_exactly_these_versions(
    shelf: Collection,
    aged: tuple[Stix, ...],
    wanted: Wanted,
    read: Callable[[Collection, str, dict[str, str]], list[str]],
) -> None:
    query = {"match[version]": wanted.version} if wanted.version else {}
    assert read(shelf, aged[0]["id"], query) == list(wanted.found)


@pytest.mark.clause("FLT-04", "FLT-06")
def test_first_and_last_are_chosen_object_by_object(shelf: Collection) -> None:
    one, two = indicator(modified=V1), indicator(modified=V2)
    add(shelf, one, two)
    add(shelf, {**one, "modified": V3}, {**two, "modified": V1})
    query = {"match[id]": id_list([one, two])}
    latest = envelope(shelf.objects(query))["objects"]
    assert [stix["modified"] for stix in latest] == [V2, V3]
    earliest = envelope(shelf.objects({**query, "match[version]": "first"}))
    assert [stix["modified"] for stix in earliest["objects"]] == [V1, V1]


@pytest.mark.clause("FLT-12")
def test_match_version_finds_a_marking_by_its_created(shelf: Collection) -> None:
    one = marking()
    add(shelf, one)
    query = {"match[id]": one["id"], "match[version]": one["created"]}
    assert found_ids(shelf, query) == [one["id"]]
    assert envelope(shelf.object(one["id"], query))["objects"] == [one]


@pytest.mark.clause("FLT-13")
@pytest.mark.parametrize("read", [on_objects, on_object, on_manifest, on_versions])
def test_match_spec_version_never_returns_another_one(
    shelf: Collection, read: Callable[[Collection, str, dict[str, str]], list[str]]
) -> None:
    one = indicator(modified=V2)
    add(shelf, one)
    for spec_version, found in (("2.1", [V2]), ("2.0,2.1", [V2]), ("2.0", [])):
        query = {"match[spec_version]": spec_version}
        assert read(shelf, one["id"], query) == found


@pytest.mark.clause("FLT-14")
def test_an_sco_without_spec_version_counts_as_2_1(shelf: Collection) -> None:
    one = bare_address()
    add(shelf, one)
    query = {"match[id]": one["id"]}
    assert found_ids(shelf, query) == [one["id"]]
    assert found_ids(shelf, {**query, "match[spec_version]": "2.1"}) == [one["id"]]
    assert found_ids(shelf, {**query, "match[spec_version]": "2.0"}) == []


@pytest.mark.clause("FLT-15")
def test_a_stix_2_0_object_alone_is_found_by_default_and_as_2_0(
    shelf: Collection,
) -> None:
    one = identity_20()
    add(shelf, one)
    query = {"match[id]": one["id"]}
    assert found_ids(shelf, query) == [one["id"]]
    assert found_ids(shelf, {**query, "match[spec_version]": "2.0"}) == [one["id"]]
    assert found_ids(shelf, {**query, "match[spec_version]": "2.1"}) == []


@pytest.mark.clause("FLT-16")
@pytest.mark.parametrize("newer_last", [True, False])
def test_of_one_id_in_2_0_and_2_1_each_is_found_by_spec_version(
    shelf: Collection, *, newer_last: bool
) -> None:
    old = identity_20(modified=V1)
    new = {**old, "spec_version": "2.1", "modified": V2}
    add_apart(shelf, *((old, new) if newer_last else (new, old)))
    query = {"match[id]": old["id"]}
    assert envelope(shelf.objects(query))["objects"] == [new]
    as_20 = {**query, "match[spec_version]": "2.0"}
    assert envelope(shelf.objects(as_20))["objects"] == [old]
    as_21 = {**query, "match[spec_version]": "2.1"}
    assert envelope(shelf.objects(as_21))["objects"] == [new]


@pytest.mark.clause("FLT-19")
def test_object_and_versions_take_added_after(
    shelf: Collection, aged: tuple[Stix, ...]
) -> None:
    stix_id = aged[0]["id"]
    dates = [record["date_added"] for record in records(shelf, aged[0])]
    for place, left in ((0, [V3, V1]), (1, [V1])):
        after = {"added_after": dates[place]}
        assert on_versions(shelf, stix_id, after) == left
        every = {**after, "match[version]": "all"}
        assert on_object(shelf, stix_id, every) == left
