"""The date headers, and the order of everything."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from tests.taxii.checks import (
    FIRST,
    LAST,
    NEVER,
    add,
    add_apart,
    date_added,
    envelope,
    id_list,
    ids,
    instant,
    records,
    versions_page,
)
from tests.taxii.samples import (
    V1,
    V2,
    V3,
    address,
    identity,
    indicator,
    malware,
    marking,
    new_id,
)

if TYPE_CHECKING:
    from tests.taxii.client import Collection, Reply, Stix

FAR = "2090-01-01T00:00:00.000000Z"


def headers(reply: Reply) -> tuple[str | None, str | None]:
    """Return the two dates of a page."""
    return reply.header(FIRST), reply.header(LAST)


@pytest.mark.clause("HDR-01")
def test_objects_say_when_the_first_and_the_last_were_added(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    reply = shelf.objects({"match[id]": id_list(trio)})
    assert ids(envelope(reply)) == [one["id"] for one in trio]
    assert headers(reply) == (date_added(shelf, trio[0]), date_added(shelf, trio[2]))


@pytest.mark.clause("HDR-02")
def test_a_manifest_says_when_its_first_and_last_were_added(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    reply = shelf.manifest({"match[id]": id_list(trio)})
    found = envelope(reply)["objects"]
    assert headers(reply) == (found[0]["date_added"], found[-1]["date_added"])


@pytest.mark.clause("HDR-03", "HDR-04")
def test_object_and_versions_say_when_the_first_and_last_were_added(
    shelf: Collection, aged: tuple[Stix, ...]
) -> None:
    dates = [record["date_added"] for record in records(shelf, aged[0])]
    assert len(dates) == 3
    stix_id = aged[0]["id"]
    for reply in (
        shelf.object(stix_id, {"match[version]": "all"}),
        shelf.versions(stix_id),
    ):
        assert headers(reply) == (dates[0], dates[2])


@pytest.mark.clause("HDR-05")
def test_the_dates_are_those_of_the_page(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    dates = [date_added(shelf, one) for one in trio]
    query = {"match[id]": id_list(trio), "limit": "2"}
    for fetch in (shelf.objects, shelf.manifest):
        reply = fetch(query)
        assert headers(reply) == (dates[0], dates[1])
        reply = fetch({**query, "next": envelope(reply)["next"]})
        assert headers(reply) == (dates[2], dates[2])


@pytest.mark.clause("HDR-05")
def test_the_dates_are_there_with_a_single_item_too(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    one = trio[1]
    added = date_added(shelf, one)
    for reply in (
        shelf.objects({"match[id]": one["id"]}),
        shelf.manifest({"match[id]": one["id"]}),
        shelf.object(one["id"]),
        shelf.versions(one["id"]),
    ):
        assert headers(reply) == (added, added)


@pytest.mark.clause("HDR-06")
def test_an_empty_page_is_dated_by_its_cursor(fresh: Collection) -> None:
    one = indicator()
    add(fresh, one)
    for fetch in (fresh.objects, fresh.manifest):
        token = envelope(fetch())["next"]
        reply = fetch({"next": token})
        assert envelope(reply)["objects"] == []
        added = date_added(fresh, one)
        assert headers(reply) == (added, added)


@pytest.mark.clause("HDR-06")
def test_an_empty_page_without_cursor_is_dated_by_added_after(
    shelf: Collection,
) -> None:
    for fetch in (shelf.objects, shelf.manifest):
        assert headers(fetch({"added_after": "2090-01-01T00:00:00Z"})) == (FAR, FAR)


@pytest.mark.clause("HDR-06")
def test_an_empty_page_of_a_filter_is_dated_by_added_after_too(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    added = date_added(shelf, trio[0])
    query = {"match[id]": new_id("tool"), "added_after": added}
    for fetch in (shelf.objects, shelf.manifest):
        assert headers(fetch(query)) == (added, added)


@pytest.mark.clause("HDR-06")
def test_an_empty_page_that_nothing_dates_is_dated_1970(shelf: Collection) -> None:
    query = {"match[id]": new_id("indicator")}
    for fetch in (shelf.objects, shelf.manifest):
        assert headers(fetch(query)) == (NEVER, NEVER)


@pytest.mark.clause("HDR-06")
def test_the_pages_of_an_empty_collection_are_dated_1970(fresh: Collection) -> None:
    for reply in (fresh.objects(), fresh.manifest()):
        assert headers(reply) == (NEVER, NEVER)


@pytest.mark.clause("HDR-06")
def test_no_versions_to_return_are_dated_by_added_after(
    shelf: Collection, aged: tuple[Stix, ...]
) -> None:
    reply = shelf.versions(aged[0]["id"], {"added_after": FAR})
    assert headers(reply) == (FAR, FAR)


@pytest.mark.clause("SORT-01")
def test_objects_come_in_the_order_they_were_added_in(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    page = envelope(shelf.objects({"match[id]": id_list(reversed(trio))}))
    assert ids(page) == [one["id"] for one in trio]


@pytest.mark.clause("SORT-02")
def test_manifest_records_come_in_the_order_of_date_added(
    shelf: Collection, trio: tuple[Stix, ...], aged: tuple[Stix, ...]
) -> None:
    found = records(shelf, *trio, aged[0])
    dates = [record["date_added"] for record in found]
    assert len(dates) == 6
    assert dates == sorted(set(dates))
    of_aged = [one["version"] for one in found if one["id"] == aged[0]["id"]]
    assert of_aged == [V2, V3, V1]
    of_trio = [one["id"] for one in found if one["id"] != aged[0]["id"]]
    assert of_trio == [one["id"] for one in trio]


@pytest.mark.clause("SORT-03")
def test_versions_of_an_object_come_in_the_order_of_date_added(
    shelf: Collection, aged: tuple[Stix, ...]
) -> None:
    page = envelope(shelf.object(aged[0]["id"], {"match[version]": "all"}))
    assert [one["modified"] for one in page["objects"]] == [V2, V3, V1]


@pytest.mark.clause("SORT-04")
def test_the_list_of_versions_comes_in_the_order_of_date_added(
    shelf: Collection, aged: tuple[Stix, ...]
) -> None:
    assert versions_page(shelf.versions(aged[0]["id"]))["versions"] == [V2, V3, V1]


@pytest.mark.clause("SORT-01")
def test_objects_of_one_post_keep_the_order_they_were_sent_in(
    shelf: Collection,
) -> None:
    objects = [identity(), indicator(), malware(), address(), marking()]
    add(shelf, *objects)
    page = envelope(shelf.objects({"match[id]": id_list(objects)}))
    assert ids(page) == [one["id"] for one in objects]


@pytest.mark.clause("TIME-01")
def test_date_added_is_the_time_of_addition(shelf: Collection) -> None:
    one = indicator()
    reply = shelf.post(one)
    said = parsedate_to_datetime(reply.header("Date") or "")
    added = instant(date_added(shelf, one))
    assert abs(added - said) < timedelta(seconds=60)


@pytest.mark.clause("SORT-01")
def test_a_new_version_of_an_object_comes_after_all_that_was_there(
    fresh: Collection,
) -> None:
    one, two = indicator(modified=V1), malware()
    add_apart(fresh, one, two, {**one, "modified": V2})
    assert ids(envelope(fresh.objects())) == [two["id"], one["id"]]
