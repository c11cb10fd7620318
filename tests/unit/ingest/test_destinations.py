"""The collections that ingestion publishes into, made where they are missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.access import tiers
from chalicelib.core.iocs.ioc import IocType
from chalicelib.errors import Conflict, InvalidRequest
from chalicelib.ingest import destinations
from chalicelib.services.collections import Collections
from chalicelib.store.dynamo.collections import DynamoCollections
from chalicelib.store.dynamo.commitlog.log import DynamoLog
from chalicelib.store.dynamo.table import Table
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.factories import TABLE, make_collection

SLUGS = {
    "all": "all",
    "all-iocs": "all",
    "network": "network",
    "ips": "network",
    "ip-addresses": "network",
    "hashes": "hashes",
    "file-hashes": "hashes",
    "cves": "cves",
    "articles": "articles",
}


class Stage:
    """A stage without collections."""

    def __init__(self) -> None:
        self.dynamo = FakeDynamo()
        self.clock = FakeClock()
        table = Table(client_of(self.dynamo), TABLE, self.clock)
        self.store = DynamoCollections(table)
        log = DynamoLog(table, self.clock)
        self.collections = Collections(self.store, log, self.clock, tiers.load())

    def ensure(self) -> list[str | None]:
        """Make what is missing; tell by alias."""
        made = destinations.ensure_collections(
            self.store, destinations.load(), self.clock
        )
        return [one.alias for one in made]


def test_the_table_that_ships_is_sound():
    rows = destinations.load()
    assert len({row.id for row in rows}) == len(rows)
    names = [name for row in rows for name in (row.alias, *row.aliases)]
    assert len(set(names)) == len(names)
    policy = tiers.load()
    assert all(policy.named(row.tier) for row in rows if row.tier)
    # What is in none is never published; in three it costs more than it may.
    for kind in IocType:
        assert 1 <= sum(kind in row.types for row in rows) <= 2
    assert [row.alias for row in rows if row.graph] == ["all"]


def test_missing_collections_are_made_in_the_order_of_the_table():
    stage = Stage()
    order = [row.alias for row in destinations.load()]
    assert stage.ensure() == order
    assert [one.alias for one in stage.collections.all()] == order
    stage.dynamo.reset_counts()
    assert stage.ensure() == []
    assert stage.dynamo.writes == 0


@pytest.mark.parametrize(("slug", "alias"), SLUGS.items())
def test_a_collection_answers_to_all_its_names(slug: str, alias: str):
    stage = Stage()
    stage.ensure()
    assert stage.collections.find(slug).alias == alias
    assert stage.collections.named(slug).alias == alias


def test_a_collection_that_is_removed_frees_all_its_names():
    stage = Stage()
    stage.ensure()
    stage.collections.delete("all-iocs")
    assert stage.store.id_of("all") is None
    assert stage.store.id_of("all-iocs") is None
    assert stage.ensure() == ["all"]
    assert stage.collections.find("all-iocs").alias == "all"


def test_further_names_outlive_what_is_written_to_the_collection():
    stage = Stage()
    stage.ensure()
    stage.collections.set_tier("ips", "pro")
    assert stage.collections.find("ip-addresses").aliases == (
        "ips",
        "ip-addresses",
        "soc-defenders-network",
    )


def test_an_alias_of_another_collection_stays_its_own():
    stage = Stage()
    stage.store.create(make_collection(title="Mine", alias="network"))
    assert "network" not in stage.ensure()
    assert stage.collections.find("network").title == "Mine"
    assert stage.collections.find("ips").title == "Network addresses"


def test_a_title_of_another_collection_is_told_of():
    stage = Stage()
    stage.store.create(make_collection(title="CVEs"))
    with pytest.raises(Conflict):
        stage.ensure()


def test_who_makes_them_at_the_same_time_is_no_trouble():
    stage = Stage()
    begun: list[str] = []

    def butt_in(operation: str) -> None:
        if operation == "TransactWriteItems" and not begun:
            begun.append(operation)
            stage.ensure()

    stage.dynamo.before_call = butt_in
    assert stage.ensure() == []
    assert len(stage.collections.all()) == len(destinations.load())


def test_a_wrong_row_is_refused():
    row = """
        [[collection]]
        id = "472c1475-2328-4c17-9579-45ef3296f337"
        title = "A"
        alias = "a"
        description = ""
        types = ["ipv4"]
    """
    (read,) = destinations.read(row)
    assert read == replace(read, types=frozenset({IocType.IPV4}))
    for wrong, error in (
        (row.replace("ipv4", "ipv5"), ValueError),
        (row.replace("4c17", "5c17"), InvalidRequest),
        (row.replace('"a"', '"a b"'), InvalidRequest),
        (row + "colour = 1", TypeError),
    ):
        with pytest.raises(error):
            destinations.read(wrong)
