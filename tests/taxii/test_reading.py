"""Envelopes, the manifest and the versions of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.taxii.checks import (
    TAXII_TIME,
    add,
    check_error,
    envelope,
    instant,
    records,
    versions_page,
)
from tests.taxii.samples import (
    V1,
    V2,
    V3,
    address,
    bare_address,
    indicator,
    marking,
    new_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.taxii.client import Collection, Stix

FAR = "2090-01-01T00:00:00.000000Z"


@pytest.mark.clause("OBJ-01")
def test_objects_come_in_an_envelope(shelf: Collection, trio: tuple[Stix, ...]) -> None:
    for reply in (
        shelf.objects({"limit": "1"}),
        shelf.objects({"match[id]": trio[0]["id"]}),
        shelf.object(trio[0]["id"]),
    ):
        (one,) = envelope(reply)["objects"]
        assert isinstance(one, dict)


@pytest.mark.clause("OBJ-02")
def test_objects_that_match_nothing_are_an_empty_list(shelf: Collection) -> None:
    page = envelope(shelf.objects({"match[id]": new_id("indicator")}))
    assert page["objects"] == []
    assert page["more"] is False


@pytest.mark.clause("MAN-04")
def test_a_manifest_that_matches_nothing_is_an_empty_list(
    shelf: Collection,
) -> None:
    page = envelope(shelf.manifest({"match[id]": new_id("indicator")}))
    assert page["objects"] == []
    assert page["more"] is False


@pytest.mark.clause("OBJ-02", "MAN-04")
def test_an_empty_collection_answers_with_empty_pages(fresh: Collection) -> None:
    for reply in (fresh.objects(), fresh.manifest()):
        page = envelope(reply)
        assert page["objects"] == []
        assert page["more"] is False


@pytest.mark.clause("OBJ-03")
def test_an_object_is_found_by_its_id(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    for one in trio:
        assert envelope(shelf.object(one["id"]))["objects"] == [one]


@pytest.mark.clause("OBJ-04")
def test_an_unknown_object_is_not_found_nor_are_its_versions(
    shelf: Collection,
) -> None:
    unknown = new_id("indicator")
    check_error(shelf.object(unknown), 404, "not_found")
    check_error(shelf.versions(unknown), 404, "not_found")


@pytest.mark.clause("OBJ-05")
def test_a_version_that_an_object_does_not_have_is_not_found(
    shelf: Collection, aged: tuple[Stix, ...]
) -> None:
    query = {"match[version]": "2019-01-01T00:00:00.000Z"}
    check_error(shelf.object(aged[0]["id"], query), 404, "not_found")


@pytest.mark.clause("MAN-01")
def test_a_manifest_record_has_id_date_added_and_version(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    resource = shelf.client.get(shelf.path).json()
    for record in records(shelf, *trio):
        assert set(record) <= {"id", "date_added", "version", "media_type"}
        assert TAXII_TIME.fullmatch(record["date_added"])
        assert isinstance(record["version"], str)
        if "media_type" in record and "media_types" in resource:
            assert record["media_type"] in resource["media_types"]


@pytest.mark.clause("MAN-01")
def test_the_media_type_of_a_record_is_stix_2_1(shelf: Collection) -> None:
    one = indicator()
    add(shelf, one)
    (record,) = records(shelf, one)
    assert record["media_type"] == "application/stix+json;version=2.1"


def versions_of(shelf: Collection, one: Stix) -> list[str]:
    """Return the version of an object as the manifest and as versions give it."""
    (record,) = records(shelf, one)
    (version,) = versions_page(shelf.versions(one["id"]))["versions"]
    return [record["version"], version]


@pytest.mark.clause("MAN-02", "MAN-03")
@pytest.mark.parametrize(
    "modified",
    [
        "2021-02-03T04:05:06.789Z",
        "2021-02-03T04:05:06Z",
        "2021-02-03T04:05:06.7Z",
        "2021-02-03T04:05:06.000000Z",
        "2021-02-03T04:05:06.123456Z",
    ],
)
def test_the_version_is_modified_as_it_is_written(
    shelf: Collection, modified: str
) -> None:
    one = indicator(modified=modified)
    add(shelf, one)
    assert versions_of(shelf, one) == [modified, modified]


@pytest.mark.clause("MAN-06")
def test_the_version_is_created_when_there_is_no_modified(
    shelf: Collection,
) -> None:
    one = marking(created="2021-02-03T04:05:06.789Z")
    add(shelf, one)
    for version in versions_of(shelf, one):
        assert instant(version) == instant(one["created"])


@pytest.mark.clause("MAN-05")
@pytest.mark.parametrize("make", [address, bare_address])
def test_an_sco_has_one_version_everywhere(
    shelf: Collection, make: Callable[[], Stix]
) -> None:
    one = make()
    (success,) = add(shelf, one)["successes"]
    version = success["version"]
    assert instant(version)
    assert versions_of(shelf, one) == [version, version]
    query = {"match[id]": one["id"], "match[version]": version}
    assert envelope(shelf.objects(query))["objects"] == [one]
    assert envelope(shelf.object(one["id"], query))["objects"] == [one]


@pytest.mark.clause("VER-01")
def test_versions_lists_every_version(
    shelf: Collection, aged: tuple[Stix, ...]
) -> None:
    page = versions_page(shelf.versions(aged[0]["id"]))
    assert sorted(map(instant, page["versions"])) == sorted(map(instant, (V1, V2, V3)))


@pytest.mark.clause("VER-02")
def test_no_versions_to_return_are_an_empty_list(
    shelf: Collection, aged: tuple[Stix, ...]
) -> None:
    reply = shelf.versions(aged[0]["id"], {"added_after": FAR})
    page = versions_page(reply)
    assert page["versions"] == []
    assert page["more"] is False
