"""Upkeep makes every log dense, that of the rows of IOCs among them."""

from __future__ import annotations

from typing import Any

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists import entries
from chalicelib.core.lists.listing import Filters, Listing
from chalicelib.core.log.head import ROWS
from chalicelib.jobs.upkeep import compact_all
from chalicelib.store.dynamo.collections import DynamoCollections
from tests.factories import NEVER, make_row


def publish(service: Any, count: int) -> None:
    """Publish rows of as many IOCs, each by itself."""
    container = service.container
    for number in range(count):
        row = make_row(f"host-{number}.example", IocType.DOMAIN)
        list(container.log.append(ROWS, [entries.to_entry(row)], NEVER))
    service.clock.advance(600)


def ensure_log(service: Any) -> None:
    """Make the log, as the first run of ingestion does."""
    table = service.container.log._table
    DynamoCollections(table).ensure_log(ROWS, service.clock.now())


def everything(service: Any) -> list[bytes]:
    """Read all rows."""
    listing = Listing(Filters(), 0, 10**17, 1_000, 5_000_000)
    page = service.container.rows.page(listing)
    return list(page.rows)


def test_upkeep_compacts_the_rows_too(service):
    collection = service.collection()
    ensure_log(service)
    publish(service, 12)
    before = everything(service)
    done = compact_all(service.container, 100.0)
    assert set(done) == {collection.id, ROWS}
    assert done[ROWS].segments == 11
    assert everything(service) == before
    assert len(before) == 12


def test_upkeep_before_anything_was_published_does_nothing(service):
    done = compact_all(service.container, 100.0)
    assert not any(tidied.segments or tidied.moved for tidied in done.values())


def test_upkeep_stops_when_its_time_is_over(service):
    ensure_log(service)
    assert compact_all(service.container, -1.0) == {}
