"""Following a collection by its dates, and while it changes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.taxii.checks import (
    LAST,
    MOST_PAGES,
    NEVER,
    add,
    envelope,
    id_list,
    ids,
    walk,
)
from tests.taxii.samples import indicator, malware

if TYPE_CHECKING:
    from tests.taxii.client import Collection, Stix

BULK = 110


@pytest.mark.clause("PAG-09")
def test_paging_by_added_after_from_the_header_works(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    for fetch in (shelf.objects, shelf.manifest):
        query, found = {"match[id]": id_list(trio), "limit": "1"}, []
        for _ in range(3):
            reply = fetch(query)
            found += ids(envelope(reply))
            query["added_after"] = reply.header(LAST) or ""
        assert found == [one["id"] for one in trio]
        assert ids(envelope(fetch(query))) == []


@pytest.mark.clause("PAG-09")
def test_paging_by_added_after_loses_nothing_of_a_bulk_post(
    fresh: Collection,
) -> None:
    objects = [indicator() for _ in range(30)]
    add(fresh, *objects)
    after, found = NEVER, []
    for _ in range(MOST_PAGES):
        reply = fresh.objects({"added_after": after, "limit": "7"})
        page = ids(envelope(reply))
        if not page:
            break
        found += page
        after = reply.header(LAST) or ""
    assert found == [one["id"] for one in objects]


@pytest.mark.clause("PAG-10")
def test_objects_added_between_pages_make_no_other_get_lost_or_come_twice(
    fresh: Collection,
) -> None:
    objects = [indicator() for _ in range(BULK)]
    add(fresh, *objects)
    late: list[Stix] = []
    found: list[str] = []
    for page in walk(fresh.objects, {"limit": "10"}):
        found += ids(page)
        if len(found) < BULK:
            late += [malware() for _ in range(3)]
            add(fresh, *late[-3:])
    assert found == [one["id"] for one in objects + late]


@pytest.mark.clause("PAG-11")
def test_objects_deleted_between_pages_make_no_other_get_lost(
    fresh: Collection,
) -> None:
    objects = [indicator() for _ in range(20)]
    add(fresh, *objects)
    pages = walk(fresh.objects, {"limit": "5"})
    found = ids(next(pages))
    for stix_id in found[:]:
        assert fresh.delete(stix_id).status == 200
    found += [stix_id for page in pages for stix_id in ids(page)]
    assert found == [one["id"] for one in objects]


@pytest.mark.clause("PAG-12")
def test_a_poller_that_goes_on_from_the_header_loses_nothing_while_three_write(
    fresh: Collection,
) -> None:
    batches = [[indicator() for _ in range(40)] for _ in range(16)]
    singles = [[indicator()] for _ in range(80)]
    sent = {one["id"] for batch in batches + singles for one in batch}
    found: list[str] = []
    written = threading.Event()
    with ThreadPoolExecutor(4) as pool:
        reader = pool.submit(_poll_until, fresh, written, found)
        writers = [
            pool.submit(_write, fresh, part)
            for part in (batches[:8], batches[8:], singles)
        ]
        try:
            for writer in writers:
                writer.result()
        finally:
            written.set()
        reader.result()
    assert len(found) == len(sent) == 720
    assert set(found) == sent
    assert [one["id"] for one in _whole_manifest(fresh)] == found


def _write(collection: Collection, batches: list[list[Stix]]) -> None:
    for batch in batches:
        add(collection, *batch)


def _poll_until(
    collection: Collection, written: threading.Event, found: list[str]
) -> None:
    """Poll by added_after, following next, once more after the writers ended."""
    after, last_round = NEVER, False
    while not last_round:
        last_round = written.is_set()
        query = {"added_after": after}
        while True:
            reply = collection.objects(query)
            page = envelope(reply)
            found += ids(page)
            after = reply.header(LAST) or ""
            if not page["more"]:
                break
            query = {"next": page["next"]}


def _whole_manifest(collection: Collection) -> list[dict[str, str]]:
    pages = walk(collection.manifest, {})
    found = [record for page in pages for record in page["objects"]]
    dates = [record["date_added"] for record in found]
    assert dates == sorted(set(dates))
    return found
