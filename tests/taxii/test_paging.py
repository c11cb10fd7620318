"""limit, more and next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.taxii.checks import (
    LAST,
    add,
    add_apart,
    check_error,
    date_added,
    envelope,
    id_list,
    ids,
    records,
    versions_page,
    walk,
    walk_ids,
)
from tests.taxii.samples import V1, V2, V3, address, indicator, malware

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.taxii.client import Collection, Reply, Stix

BULK = 110


@pytest.fixture(scope="module")
def bulk(shelf: Collection) -> tuple[str, list[Stix]]:
    """Give 110 objects of one POST, and the position just before them."""
    before = malware()
    add(shelf, before)
    objects = [address() if n % 2 else indicator() for n in range(BULK)]
    add(shelf, *objects)
    return date_added(shelf, before), objects


def endpoints(
    shelf: Collection, trio: tuple[Stix, ...], aged: tuple[Stix, ...]
) -> list[tuple[str, Callable[[dict[str, str]], Reply], dict[str, str]]]:
    """Return four ways to get three things: the list's name, the GET, the query."""
    stix_id = aged[0]["id"]
    of_trio = {"match[id]": id_list(trio)}
    return [
        ("objects", shelf.objects, of_trio),
        ("objects", shelf.manifest, of_trio),
        ("objects", lambda q: shelf.object(stix_id, q), {"match[version]": "all"}),
        ("versions", lambda q: shelf.versions(stix_id, q), {}),
    ]


def page_of(reply: Reply, items: str) -> tuple[list[object], bool, str]:
    """Return items, more and next of a page."""
    page = envelope(reply) if items == "objects" else versions_page(reply)
    return page[items], page["more"], page["next"]


@pytest.mark.clause("PAG-01")
def test_no_page_holds_more_than_limit_and_more_is_true_while_items_remain(
    shelf: Collection, trio: tuple[Stix, ...], aged: tuple[Stix, ...]
) -> None:
    for items, fetch, query in endpoints(shelf, trio, aged):
        found, more, _ = page_of(fetch({**query, "limit": "2"}), items)
        assert (len(found), more) == (2, True)


@pytest.mark.clause("PAG-02")
@pytest.mark.parametrize("limit", ["3", "50"])
def test_when_all_items_fit_they_are_all_there_and_more_is_false(
    shelf: Collection, trio: tuple[Stix, ...], aged: tuple[Stix, ...], limit: str
) -> None:
    for items, fetch, query in endpoints(shelf, trio, aged):
        found, more, _ = page_of(fetch({**query, "limit": limit}), items)
        assert (len(found), more) == (3, False)


@pytest.mark.clause("PAG-03")
def test_the_oldest_objects_come_first(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    page = envelope(shelf.objects({"match[id]": id_list(trio), "limit": "1"}))
    assert ids(page) == [trio[0]["id"]]


@pytest.mark.clause("PAG-04")
def test_next_returns_every_object_of_a_bulk_post_once(
    shelf: Collection, bulk: tuple[str, list[Stix]]
) -> None:
    before, objects = bulk
    found = walk_ids(shelf, {"added_after": before, "limit": "25"})
    own = {one["id"] for one in objects}
    assert [one for one in found if one in own] == [one["id"] for one in objects]
    assert len(found) == len(set(found))


@pytest.mark.clause("PAG-05")
def test_next_keeps_the_filters_and_the_limit(
    shelf: Collection, bulk: tuple[str, list[Stix]]
) -> None:
    wanted = bulk[1][:40]
    query = {"match[id]": id_list(wanted), "match[type]": "ipv4-addr", "limit": "3"}
    pages = [ids(page) for page in walk(shelf.objects, query)]
    right = [one["id"] for one in wanted if one["type"] == "ipv4-addr"]
    assert len(right) == 20
    assert [stix_id for page in pages for stix_id in page] == right
    assert [len(page) for page in pages] == [3] * 6 + [2]


@pytest.mark.clause("PAG-06")
def test_paging_over_versions_returns_each_once(
    shelf: Collection, aged: tuple[Stix, ...]
) -> None:
    stix_id = aged[0]["id"]
    query = {"match[version]": "all", "limit": "1"}
    pages = list(walk(lambda q: shelf.object(stix_id, q), query))
    assert [page["objects"][0]["modified"] for page in pages] == [V2, V3, V1]
    pages = list(walk(lambda q: shelf.versions(stix_id, q), {"limit": "1"}))
    assert [page["versions"] for page in pages] == [[V2], [V3], [V1]]


@pytest.mark.clause("PAG-07")
def test_paging_over_the_manifest_returns_every_record_once(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    query = {"match[id]": id_list(trio), "limit": "1"}
    pages = [ids(page) for page in walk(shelf.manifest, query)]
    assert pages == [[one["id"]] for one in trio]


@pytest.mark.clause("PAG-08")
def test_paging_over_the_manifest_loses_nothing_of_a_bulk_post(
    shelf: Collection, bulk: tuple[str, list[Stix]]
) -> None:
    before, objects = bulk
    query = {"added_after": before, "limit": "25"}
    found = [one for page in walk(shelf.manifest, query) for one in ids(page)]
    own = {one["id"] for one in objects}
    assert [one for one in found if one in own] == [one["id"] for one in objects]


@pytest.mark.clause("PAG-13")
@pytest.mark.parametrize("limit", ["1000000", "5000", "1001"])
def test_a_limit_above_what_the_server_gives_is_no_error(
    shelf: Collection, trio: tuple[Stix, ...], limit: str
) -> None:
    query = {"match[id]": id_list(trio), "limit": limit}
    for fetch in (shelf.objects, shelf.manifest):
        assert len(envelope(fetch(query))["objects"]) == 3


@pytest.mark.clause("PAG-14")
def test_the_last_page_has_a_next_from_which_to_go_on(fresh: Collection) -> None:
    add_apart(fresh, indicator(), indicator(), indicator())
    for fetch in (fresh.objects, fresh.manifest):
        late = malware()
        *_, last = walk(fetch, {"limit": "2"})
        assert last["more"] is False
        assert ids(envelope(fetch({"next": last["next"]}))) == []
        add(fresh, late)
        assert ids(envelope(fetch({"next": last["next"]}))) == [late["id"]]


@pytest.mark.clause("PAG-14")
def test_the_last_page_of_versions_has_a_next_too(
    shelf: Collection, aged: tuple[Stix, ...]
) -> None:
    stix_id = aged[0]["id"]
    token = versions_page(shelf.versions(stix_id))["next"]
    page = versions_page(shelf.versions(stix_id, {"next": token}))
    assert page["versions"] == []


@pytest.mark.clause("PAG-15")
def test_the_same_next_asked_twice_gives_the_same_page(
    shelf: Collection, bulk: tuple[str, list[Stix]]
) -> None:
    before, _ = bulk
    for fetch in (shelf.objects, shelf.manifest):
        query = {"added_after": before, "limit": "25"}
        query["next"] = envelope(fetch(query))["next"]
        first, second = fetch(query), fetch(query)
        assert envelope(first)["objects"]
        assert second.body == first.body
        assert second.header(LAST) == first.header(LAST)


@pytest.mark.clause("PAG-05")
def test_a_page_is_filled_up_to_its_limit_under_a_sparse_filter(
    fresh: Collection,
) -> None:
    rare = [malware() for _ in range(6)]
    for one in rare:
        add(fresh, *(indicator() for _ in range(25)), one)
    query = {"match[type]": "malware", "limit": "4"}
    for fetch in (fresh.objects, fresh.manifest):
        pages = [ids(page) for page in walk(fetch, query)]
        right = [one["id"] for one in rare]
        assert pages == [right[:4], right[4:]]


@pytest.mark.clause("PAG-04")
def test_superseded_versions_leave_no_short_or_empty_page(fresh: Collection) -> None:
    objects = [indicator(modified=V1) for _ in range(12)]
    add(fresh, *objects)
    newer = [{**one, "modified": V2} for one in objects[:9]]
    add(fresh, *newer)
    pages = [ids(page) for page in walk(fresh.objects, {"limit": "4"})]
    right = [one["id"] for one in objects[9:] + newer]
    assert pages == [right[:4], right[4:8], right[8:]]


@pytest.mark.clause("PAG-01")
def test_a_page_of_exactly_what_is_left_says_that_no_more_is_there(
    fresh: Collection,
) -> None:
    add(fresh, *(indicator() for _ in range(4)))
    pages = list(walk(fresh.objects, {"limit": "2"}))
    assert [(len(page["objects"]), page["more"]) for page in pages] == [
        (2, True),
        (2, False),
    ]


@pytest.mark.clause("PAG-06")
def test_a_token_of_one_endpoint_of_an_object_is_good_after_a_new_version(
    shelf: Collection,
) -> None:
    one = indicator(modified=V1)
    add(shelf, one)
    token = versions_page(shelf.versions(one["id"]))["next"]
    add(shelf, {**one, "modified": V2})
    found = versions_page(shelf.versions(one["id"], {"next": token}))["versions"]
    assert found == [V2]
    assert len(records(shelf, one)) == 2


@pytest.mark.clause("PAG-13")
def test_a_limit_of_one_pages_through_with_single_objects(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    query = {"match[id]": id_list(trio), "limit": "1"}
    assert [ids(page) for page in walk(shelf.objects, query)] == [
        [one["id"]] for one in trio
    ]


def test_next_of_a_foreign_endpoint_is_never_a_server_error(
    shelf: Collection, aged: tuple[Stix, ...]
) -> None:
    token = versions_page(shelf.versions(aged[0]["id"]))["next"]
    for reply in (shelf.objects({"next": token}), shelf.manifest({"next": token})):
        if reply.status != 200:
            check_error(reply, 400, "invalid_parameter")
