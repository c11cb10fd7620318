"""DELETE of an object, of one version of it, and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.taxii.checks import (
    add,
    add_apart,
    check_error,
    date_added,
    envelope,
    ids,
    records,
    versions_page,
)
from tests.taxii.samples import (
    V1,
    V2,
    V3,
    address,
    identity_20,
    indicator,
    malware,
    marking,
    three_versions,
)
from tests.taxii.tables import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.taxii.client import Collection, Stix


@dataclass(frozen=True)
class Cut:
    """A match[version] of a DELETE and the versions that must be left."""

    id: str
    version: str
    left: tuple[str, ...]
    clauses: tuple[str, ...] = ()


CUTS = (
    Cut("timestamp", V2, (V1, V3), ("DEL-02",)),
    Cut("first", "first", (V2, V3), ("DEL-03",)),
    Cut("last", "last", (V1, V2), ("DEL-04",)),
    Cut("all", "all", (), ("DEL-05",)),
    Cut("first and last", "first,last", (V2,)),
    Cut("two timestamps", f"{V1},{V2}", (V3,)),
    Cut("every timestamp", f"{V1},{V2},{V3}", ()),
    Cut("other decimals", "2021-01-01T00:00:00Z", (V1, V3)),
)


@pytest.fixture
def thrice(shelf: Collection) -> Stix:
    """Give an object that has three versions."""
    versions = three_versions()
    add_apart(shelf, *versions)
    return versions[0]


def left(shelf: Collection, stix_id: str) -> list[str]:
    """Return the versions that are left, in order of time; all endpoints agree."""
    query = {"match[id]": stix_id, "match[version]": "all"}
    objects = envelope(shelf.objects(query))["objects"]
    found = sorted(one["modified"] for one in objects)
    manifest = envelope(shelf.manifest(query))["objects"]
    assert sorted(one["version"] for one in manifest) == found
    if not found:
        check_error(shelf.versions(stix_id), 404, "not_found")
        check_error(shelf.object(stix_id), 404, "not_found")
        return found
    assert sorted(versions_page(shelf.versions(stix_id))["versions"]) == found
    (latest,) = envelope(shelf.object(stix_id))["objects"]
    assert latest["modified"] == found[-1]
    return found


@pytest.mark.clause("DEL-01")
@pytest.mark.parametrize("make", [indicator, marking, address])
def test_a_deleted_object_is_gone_everywhere(
    shelf: Collection, make: Callable[[], Stix]
) -> None:
    one, other = make(), make()
    add(shelf, one, other)
    assert shelf.delete(one["id"]).status == 200
    check_error(shelf.object(one["id"]), 404, "not_found")
    check_error(shelf.versions(one["id"]), 404, "not_found")
    query = {"match[id]": f"{one['id']},{other['id']}"}
    assert ids(envelope(shelf.objects(query))) == [other["id"]]
    assert ids(envelope(shelf.manifest(query))) == [other["id"]]


@pytest.mark.parametrize("cut", rows(CUTS))
def test_delete_with_a_version_deletes_exactly_that(
    shelf: Collection, thrice: Stix, cut: Cut
) -> None:
    reply = shelf.delete(thrice["id"], {"match[version]": cut.version})
    assert reply.status == 200, reply
    assert left(shelf, thrice["id"]) == list(cut.left)


@pytest.mark.clause("DEL-06")
@pytest.mark.parametrize("version", [V1, V2, V3])
def test_a_deleted_version_is_not_found_while_others_remain(
    shelf: Collection, thrice: Stix, version: str
) -> None:
    query = {"match[version]": version}
    assert shelf.delete(thrice["id"], query).status == 200
    check_error(shelf.object(thrice["id"], query), 404, "not_found")
    assert len(left(shelf, thrice["id"])) == 2


@pytest.mark.clause("DEL-04")
def test_after_the_latest_is_deleted_the_one_before_it_is_the_latest(
    shelf: Collection, thrice: Stix
) -> None:
    assert shelf.delete(thrice["id"], {"match[version]": "last"}).status == 200
    page = envelope(shelf.objects({"match[id]": thrice["id"]}))
    assert [one["modified"] for one in page["objects"]] == [V2]
    page = envelope(shelf.manifest({"match[id]": thrice["id"]}))
    assert [one["version"] for one in page["objects"]] == [V2]


@pytest.mark.clause("DEL-07")
def test_delete_with_no_filter_deletes_every_version(
    shelf: Collection, thrice: Stix
) -> None:
    assert shelf.delete(thrice["id"]).status == 200
    assert left(shelf, thrice["id"]) == []


@pytest.mark.clause("DEL-08")
def test_delete_with_a_spec_version_deletes_that_one_only(shelf: Collection) -> None:
    old = identity_20(modified=V1)
    new = {**old, "spec_version": "2.1", "modified": V2}
    add_apart(shelf, old, new)
    assert shelf.delete(old["id"], {"match[spec_version]": "2.0"}).status == 200
    assert left(shelf, old["id"]) == [V2]


@pytest.mark.clause("DEL-09")
def test_deleting_what_is_not_there_or_no_longer_there_gives_404(
    shelf: Collection,
) -> None:
    one = indicator()
    check_error(shelf.delete(one["id"]), 404, "not_found")
    add(shelf, one)
    assert shelf.delete(one["id"]).status == 200
    check_error(shelf.delete(one["id"]), 404, "not_found")


@pytest.mark.clause("DEL-09")
def test_deleting_a_version_that_is_not_there_gives_404_and_deletes_nothing(
    shelf: Collection, thrice: Stix
) -> None:
    query = {"match[version]": "2019-01-01T00:00:00Z"}
    check_error(shelf.delete(thrice["id"], query), 404, "not_found")
    assert left(shelf, thrice["id"]) == [V1, V2, V3]


@pytest.mark.clause("DEL-10")
@pytest.mark.parametrize("version", ["latest", "all,last", "last,last", "2020-13-01"])
def test_delete_with_a_malformed_filter_gives_400_and_deletes_nothing(
    shelf: Collection, thrice: Stix, version: str
) -> None:
    reply = shelf.delete(thrice["id"], {"match[version]": version})
    check_error(reply, 400, "invalid_parameter")
    assert left(shelf, thrice["id"]) == [V1, V2, V3]


@pytest.mark.clause("DEL-11")
def test_a_deleted_object_can_be_added_again_with_a_new_date_added(
    shelf: Collection,
) -> None:
    one = indicator()
    add(shelf, one)
    before = date_added(shelf, one)
    assert shelf.delete(one["id"]).status == 200
    add(shelf, one)
    assert date_added(shelf, one) > before
    assert envelope(shelf.object(one["id"]))["objects"] == [one]


@pytest.mark.clause("DEL-11")
def test_a_deleted_version_can_be_added_again(shelf: Collection, thrice: Stix) -> None:
    query = {"match[version]": V2}
    assert shelf.delete(thrice["id"], query).status == 200
    add(shelf, {**thrice, "modified": V2, "name": "two"})
    assert left(shelf, thrice["id"]) == [V1, V2, V3]


@pytest.mark.clause("DEL-01")
def test_deleting_everything_leaves_a_collection_that_works(
    fresh: Collection,
) -> None:
    objects = [indicator() for _ in range(6)]
    add(fresh, *objects)
    for one in objects:
        assert fresh.delete(one["id"]).status == 200
    assert envelope(fresh.objects())["objects"] == []
    assert envelope(fresh.manifest())["objects"] == []
    late = malware()
    add(fresh, late)
    assert ids(envelope(fresh.objects())) == [late["id"]]


@pytest.mark.clause("DEL-01")
def test_deleting_one_of_many_leaves_the_order_and_dates_of_the_others(
    fresh: Collection,
) -> None:
    objects = [indicator() for _ in range(5)]
    add(fresh, *objects)
    before = records(fresh, *objects)
    assert fresh.delete(objects[2]["id"]).status == 200
    assert records(fresh, *objects) == before[:2] + before[3:]
