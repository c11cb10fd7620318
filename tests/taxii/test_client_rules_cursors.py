"""Rules 1 to 8: cursors, pages and dates.

Every test is named after the client that needs it.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.taxii.checks import (
    FIRST,
    LAST,
    NEVER,
    TAXII_TIME,
    add,
    add_apart,
    check_error,
    date_added,
    envelope,
    follow,
    id_list,
    ids,
    ids_on,
    instant,
    records,
    versions_page,
    walk,
)
from tests.taxii.pollers import SekoiaPoller, cut_to_milliseconds
from tests.taxii.samples import V1, address, indicator, malware, new_id
from tests.taxii.tables import Case, rows

if TYPE_CHECKING:
    from tests.taxii.client import Collection, Stix

FAR = "2090-01-01T00:00:00.000000Z"


# 1. Never lose an object to a cursor


@pytest.mark.rule(1)
def test_sekoia_sees_every_object_of_concurrent_writers_in_order(
    fresh: Collection,
) -> None:
    batches = [[indicator() for _ in range(5)] for _ in range(24)]
    poller, found = SekoiaPoller(fresh, limit="7"), []
    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(add, fresh, *batch) for batch in batches]
        while not all(writer.done() for writer in writers):
            found += poller.poll()
        for writer in writers:
            writer.result()
    found += poller.poll()
    page = envelope(fresh.manifest({"limit": "1000"}))
    dates = [record["date_added"] for record in page["objects"]]
    assert dates == sorted(set(dates))
    assert len(dates) == 120
    assert [one["id"] for one in found] == ids(page)


@pytest.mark.rule(1)
def test_mcp_taxii_finds_no_date_added_twice_in_a_bulk_post(
    several: tuple[Collection, list[Stix]],
) -> None:
    dates = [one["date_added"] for one in records(several[0], *several[1])]
    assert len(set(dates)) == 30
    assert all(TAXII_TIME.fullmatch(date) for date in dates)


# 2. A next token is self-contained, stateless and does not expire


@pytest.mark.rule(2)
def test_elastic_goes_on_with_the_token_and_nothing_else(
    several: tuple[Collection, list[Stix]],
) -> None:
    collection, objects = several
    after = date_added(collection, objects[9])
    query = {"added_after": after, "match[type]": "malware", "limit": "4"}
    right = [one["id"] for one in objects[10:] if one["type"] == "malware"]
    for fetch in (collection.objects, collection.manifest):
        token = envelope(fetch(query))["next"]
        assert ids_on(follow(fetch, token, {})) == right[4:]
        assert ids_on(follow(fetch, token, {"limit": "5000"})) == right[4:]


@pytest.mark.rule(2)
def test_taxii2_client_may_change_the_limit_in_mid_paging(
    several: tuple[Collection, list[Stix]],
) -> None:
    collection, objects = several
    right = [one["id"] for one in objects]
    for fetch in (collection.objects, collection.manifest):
        token = envelope(fetch({"limit": "7"}))["next"]
        for limit in (1, 3, 20):
            pages = follow(fetch, token, {"limit": str(limit)})
            assert ids_on(pages) == right[7:]
            assert all(len(page["objects"]) == limit for page in pages[:-1])


@pytest.mark.rule(2)
def test_elastic_goes_on_with_the_token_of_a_version_or_id_filter(
    shelf: Collection, aged: tuple[Stix, ...], trio: tuple[Stix, ...]
) -> None:
    query = {"match[id]": id_list([*aged, *trio]), "match[version]": "all"}
    whole = envelope(shelf.objects(query))["objects"]
    token = envelope(shelf.objects({**query, "limit": "2"}))["next"]
    pages = follow(shelf.objects, token, {})
    assert [one for page in pages for one in page["objects"]] == whole[2:]


@pytest.mark.rule(2)
def test_opencti_gets_the_same_page_for_the_same_token(
    several: tuple[Collection, list[Stix]],
) -> None:
    token = envelope(several[0].objects({"limit": "3"}))["next"]
    first = several[0].objects({"next": token, "limit": "5"})
    assert several[0].objects({"next": token, "limit": "5"}).body == first.body


@pytest.mark.rule(2)
def test_opencti_feed_has_token_and_added_after_both_applied(
    several: tuple[Collection, list[Stix]],
) -> None:
    collection, objects = several
    own = [one["id"] for one in objects]
    token = envelope(collection.objects({"limit": "5"}))["next"]
    for place, right in ((0, own[5:]), (19, own[20:]), (29, [])):
        query = {"added_after": date_added(collection, objects[place])}
        assert ids_on(follow(collection.objects, token, query)) == right
    page = envelope(collection.objects({"next": token, "added_after": FAR}))
    assert page["objects"] == []


@pytest.mark.rule(2)
def test_opencti_connector_has_a_filter_beside_the_token_narrow_it(
    several: tuple[Collection, list[Stix]],
) -> None:
    collection, objects = several
    token = envelope(collection.objects({"limit": "5"}))["next"]
    pages = follow(collection.objects, token, {"match[type]": "malware"})
    right = [one["id"] for one in objects[5:] if one["type"] == "malware"]
    assert ids_on(pages) == right
    typed = envelope(collection.objects({"match[type]": "malware", "limit": "5"}))
    neither = {"match[type]": "indicator", "next": typed["next"]}
    assert envelope(collection.objects(neither))["objects"] == []


@pytest.mark.rule(2)
def test_opencti_connector_may_bring_the_token_of_another_collection(
    several: tuple[Collection, list[Stix]], fresh: Collection
) -> None:
    mine = [indicator(), malware()]
    add(fresh, *mine)
    foreign = envelope(several[0].objects({"match[type]": "tool"}))["next"]
    assert envelope(fresh.objects({"next": foreign}))["objects"] == mine
    assert ids(envelope(fresh.manifest({"next": foreign}))) == [
        one["id"] for one in mine
    ]
    both = {"next": foreign, "added_after": date_added(fresh, mine[0])}
    assert envelope(fresh.objects(both))["objects"] == mine[1:]


@pytest.mark.rule(2)
@pytest.mark.parametrize("token", ["garbage", "eyJhIjoxfQ", "AAAA", "0", "."])
def test_opencti_connector_is_told_400_for_a_token_that_is_garbage(
    shelf: Collection, token: str
) -> None:
    check_error(shelf.objects({"next": token}), 400, "invalid_parameter")


@pytest.mark.rule(2)
def test_stix2_gets_a_token_that_is_taken_back_however_many_ids_it_asks_for(
    several: tuple[Collection, list[Stix]],
) -> None:
    collection, objects = several
    unknown = ",".join(new_id("indicator") for _ in range(600))
    query = {"match[id]": f"{id_list(objects)},{unknown}", "limit": "20"}
    reply = collection.objects(query)
    if reply.status == 200:
        pages = follow(collection.objects, envelope(reply)["next"], {})
        assert ids_on(pages) == [one["id"] for one in objects[20:]]
    else:
        check_error(reply, 400, "invalid_parameter")


# 3. objects, more and next on every page, and nothing else


@pytest.mark.rule(3)
def test_sekoia_finds_objects_more_and_next_on_the_last_and_on_an_empty_page(
    fresh: Collection,
) -> None:
    page = envelope(fresh.objects())
    assert (page["objects"], page["more"]) == ([], False)
    one = indicator()
    add(fresh, one)
    last = envelope(fresh.objects({"next": page["next"]}))
    assert last["objects"] == [one]
    empty = envelope(fresh.objects({"next": last["next"]}))
    assert empty["objects"] == []
    two = indicator()
    add(fresh, two)
    assert envelope(fresh.objects({"next": empty["next"]}))["objects"] == [two]


@pytest.mark.rule(3)
def test_ibm_xti_finds_objects_under_a_filter_that_matches_nothing(
    shelf: Collection,
) -> None:
    for query in (
        {"match[id]": new_id("tool")},
        {"match[type]": "x-nothing"},
        {"match[version]": "1999-01-01T00:00:00Z"},
        {"match[spec_version]": "1.0"},
        {"added_after": FAR},
    ):
        for fetch in (shelf.objects, shelf.manifest):
            assert envelope(fetch(query))["objects"] == []


@pytest.mark.rule(3)
def test_elastic_loses_nothing_by_the_token_of_a_filtered_empty_page(
    fresh: Collection,
) -> None:
    add(fresh, indicator(), indicator())
    query = {"match[type]": "malware", "limit": "1"}
    token = envelope(fresh.objects(query))["next"]
    late = malware()
    add(fresh, indicator(), late)
    assert envelope(fresh.objects({"next": token}))["objects"] == [late]


# 4. No empty page while more is true; pages are filled


@pytest.mark.rule(4)
def test_xsoar_gets_full_pages_under_a_filter_until_the_last(
    fresh: Collection,
) -> None:
    for _ in range(4):
        add(fresh, *(address() for _ in range(90)), malware(), malware())
    for fetch in (fresh.objects, fresh.manifest):
        pages = list(walk(fetch, {"match[type]": "malware,tool", "limit": "3"}))
        assert [len(page["objects"]) for page in pages] == [3, 3, 2]
        assert all(page["next"] for page in pages)


@pytest.mark.rule(4)
def test_secops_gets_no_empty_page_where_everything_was_deleted(
    fresh: Collection,
) -> None:
    objects = [indicator() for _ in range(9)]
    add_apart(fresh, *objects)
    for one in objects[2:7]:
        assert fresh.delete(one["id"]).status == 200
    pages = [ids(page) for page in walk(fresh.objects, {"limit": "2"})]
    left = [one["id"] for one in objects[:2] + objects[7:]]
    assert pages == [left[:2], left[2:]]


# 5. next needs no URL encoding


@pytest.mark.rule(5)
def test_cc_taxii2_client_can_send_next_without_encoding_it(
    several: tuple[Collection, list[Stix]], aged: tuple[Stix, ...], shelf: Collection
) -> None:
    collection, _ = several
    awkward = {"match[type]": "x-ü,malware", "match[version]": f"{V1},last"}
    replies = [
        envelope(collection.objects({"limit": "3"})),
        envelope(collection.objects(awkward)),
        envelope(collection.manifest({"added_after": FAR})),
        envelope(shelf.object(aged[0]["id"])),
        versions_page(shelf.versions(aged[0]["id"])),
    ]
    for page in replies:
        assert re.fullmatch(r"[A-Za-z0-9._~-]+", page["next"])


# 6. The date headers


@pytest.mark.rule(6)
def test_sentinel_finds_true_dates_on_every_page(shelf: Collection) -> None:
    one = indicator(valid_from="2015-01-01T00:00:00Z", modified="2016-01-01T00:00:00Z")
    one["created"] = one["modified"]
    add(shelf, one)
    added = date_added(shelf, one)
    for reply in (
        shelf.objects({"match[id]": one["id"]}),
        shelf.manifest({"match[id]": one["id"]}),
        shelf.object(one["id"]),
        shelf.versions(one["id"]),
    ):
        assert (reply.header(FIRST), reply.header(LAST)) == (added, added)


@pytest.mark.rule(6)
def test_eclecticiq_finds_a_timestamp_on_an_empty_answer_too(
    fresh: Collection, shelf: Collection, aged: tuple[Stix, ...]
) -> None:
    after = {"added_after": FAR}
    for reply, date in (
        (fresh.objects(), NEVER),
        (fresh.manifest(), NEVER),
        (fresh.objects(after), FAR),
        (fresh.manifest({"added_after": "2090-01-01T01:00:00+01:00"}), FAR),
        (shelf.versions(aged[0]["id"], after), FAR),
    ):
        assert (reply.header(FIRST), reply.header(LAST)) == (date, date)


@pytest.mark.rule(6)
def test_elastic_does_not_fall_back_when_a_filtered_page_is_empty(
    several: tuple[Collection, list[Stix]],
) -> None:
    collection, objects = several
    token = envelope(collection.objects({"limit": "7"}))["next"]
    reply = collection.objects({"next": token, "match[type]": "tool"})
    assert envelope(reply)["objects"] == []
    assert reply.header(LAST) == date_added(collection, objects[6])


# 7. added_after


@pytest.mark.rule(7)
@pytest.mark.parametrize("decimals", ["", *(f".{'0' * n}" for n in range(1, 10))])
def test_elastic_opencti_and_net_clients_may_write_0_to_9_decimals(
    several: tuple[Collection, list[Stix]], decimals: str
) -> None:
    query = {"added_after": f"2020-01-01T00:00:00{decimals}Z", "limit": "1"}
    assert ids(envelope(several[0].objects(query))) == [several[1][0]["id"]]


ZONES = (
    Case("offset", "added_after=2020-01-01T00:00:00%2B00:00"),
    Case("blank for plus", "added_after=2020-01-01T00:00:00+00:00"),
    Case("east", "added_after=2020-01-01T02:00:00.5%2B02:00"),
    Case("west", "added_after=2019-12-31T19:00:00-05:00"),
    Case("empty", "added_after="),
    Case("lower case", "added_after=2020-01-01t00:00:00z"),
)


@pytest.mark.rule(7)
@pytest.mark.parametrize("case", rows(ZONES))
def test_opencti_may_write_an_offset_or_leave_added_after_empty(
    several: tuple[Collection, list[Stix]], case: Case
) -> None:
    page = envelope(several[0].objects(f"{case.value}&limit=1"))
    assert ids(page) == [several[1][0]["id"]]


@pytest.mark.rule(7)
def test_minemeld_does_not_get_the_object_it_names_again(
    several: tuple[Collection, list[Stix]],
) -> None:
    collection, objects = several
    after = {"added_after": date_added(collection, objects[-1])}
    assert envelope(collection.objects(after))["objects"] == []


@pytest.mark.rule(7)
def test_net_clients_may_cut_or_pad_to_seven_digits(
    several: tuple[Collection, list[Stix]],
) -> None:
    collection, objects = several
    added = date_added(collection, objects[3]).replace("Z", "0Z")
    page = envelope(collection.objects({"added_after": added, "limit": "1"}))
    assert ids(page) == [objects[4]["id"]]


# 8. The last date_added of an add request is a whole millisecond


@pytest.mark.rule(8)
@pytest.mark.parametrize("count", [1, 3, 150])
def test_opencti_feed_may_cut_the_date_to_milliseconds(
    fresh: Collection, count: int
) -> None:
    add(fresh, *(address() for _ in range(count)))
    last = fresh.objects().header(LAST) or ""
    assert instant(last).microsecond % 1000 == 0
    again = fresh.objects({"added_after": cut_to_milliseconds(last)})
    assert envelope(again)["objects"] == []
