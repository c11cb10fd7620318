"""The same story told to the double and, through boto3, to an emulator."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.log.query import EVERY, EVERYTHING, LAST, Query, Versions
from chalicelib.errors import Conflict, NotFound
from chalicelib.store.dynamo.client import Client, Contended
from chalicelib.store.dynamo.conditions import when_absent, when_same
from chalicelib.store.dynamo.statuses import DynamoStatuses
from chalicelib.store.dynamo.table import Table
from tests import audit
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.factories import (
    ALL,
    FIRST,
    TABLE,
    Store,
    canonical,
    make_collection,
    make_entry,
    make_id,
    make_store,
)

QUERIES = {
    "everything": EVERYTHING,
    "all": ALL,
    "first": FIRST,
    "a type": Query(types=frozenset({"malware"})),
    "types": Query(types=frozenset({"malware", "tool"}), versions=(EVERY,)),
    "STIX 2.0": Query(spec_versions=frozenset({"2.0"})),
    "ids": Query(ids=frozenset(make_id(n) for n in range(150)), versions=(EVERY,)),
    "a version": Query(versions=(Versions(exact=frozenset({canonical(2)})),)),
}
KINDS = {"double": None, "emulator": "emulator"}


@pytest.fixture(params=KINDS)
def client(request: pytest.FixtureRequest) -> Client:
    """Give a client of the double, then one of the emulator."""
    if request.param == "double":
        return client_of(FakeDynamo())
    found: Client = request.getfixturevalue("emulator")
    return found


def _store(client: Client) -> Store:
    identifier = str(uuid.uuid4())
    collection = make_collection(
        identifier=identifier, title=identifier, alias=identifier[:8]
    )
    return make_store(client=client, collection=collection)


def _tell(store: Store) -> list[Any]:
    """Do a bit of everything and list all that can be seen after each step."""
    steps: list[Callable[[], object]] = [
        lambda: store.add(*(make_entry(n, version=1) for n in range(130))),
        lambda: store.add(
            *(make_entry(n, kind="malware", version=2) for n in range(3))
        ),
        lambda: store.add(
            make_entry(1, version=3), make_entry(1, version=2, spec_version="2.0")
        ),
        lambda: store.add(
            make_entry(1, version=3), make_entry(9, kind="tool", version=None)
        ),
        lambda: store.add(
            make_entry(7, kind="tool", data=b'"' + bytes(range(35, 91)) * 20_000 + b'"')
        ),
        store.compact,
        lambda: store.remove(make_id(1), Query(versions=(LAST,))),
        lambda: store.add(make_entry(2, kind="malware", version=9)),
        store.compact,
        lambda: store.remove(make_id(7, "tool")),
        lambda: store.add(*(make_entry(n, version=1) for n in range(130))),
    ]
    told = []
    for step in steps:
        told.append(step())
        for query in QUERIES.values():
            page = store.crawl(query, limit=60)
            told.append([(e.date_added, e.id, e.version) for e in page.entries])
            told.append(page.data)
        told.append(store.log.head(store.id).entries)
    return told


def test_double_and_emulator_agree(emulator: Client) -> None:
    dynamo = FakeDynamo()
    on_double = _store(client_of(dynamo))
    on_emulator = _store(emulator)
    # The emulator tells the real time of day; the writer's clock must be near it.
    for store in (on_double, on_emulator):
        answered = emulator.raw.describe_table(TableName=TABLE)["ResponseMetadata"]
        assert "date" in answered["HTTPHeaders"]
        store.clock.time = 1_900_000_000_000_000

    told, emulated = _tell(on_double), _tell(on_emulator)

    shapes = (
        [_without_dates(one) for one in told],
        [_without_dates(one) for one in emulated],
    )
    assert shapes[0] == shapes[1]
    audit.check(dynamo.items.values(), on_double.id)


def _without_dates(told: Any) -> Any:
    """Drop the positions, and the versions that are positions."""
    if isinstance(told, list) and told and isinstance(told[0], tuple):
        return [
            (one[1], one[2] if one[2].startswith("2020") else "made") for one in told
        ]
    return told


def test_a_collection_is_made_once_and_removed_whole(client: Client) -> None:
    store = _store(client)
    with pytest.raises(Conflict):
        store.collections.create(store.collection)
    assert store.collection in store.collections.all()
    assert store.collections.id_of(str(store.collection.alias)) == store.id
    store.add(*(make_entry(n, version=v) for n in range(30) for v in range(3)))
    store.compact()

    store.drop()

    assert store.collections.id_of(str(store.collection.alias)) is None
    assert store.id not in [one.id for one in store.collections.all()]
    with pytest.raises(NotFound):
        store.add(make_entry(1))
    for prefix in ("LOG", "HIST", "OLD", "FACET", "CARD"):
        table = Table(client, TABLE, FakeClock())
        suffix = {"FACET": "#indicator", "CARD": "#" + make_id(1)}.get(prefix, "")
        assert table.query_all(f"{prefix}#{store.id}{suffix}") == []


def test_conditions_and_tokens_work_as_the_store_relies_on(client: Client) -> None:
    table = Table(client, TABLE, FakeClock())
    key = {"pk": {"S": f"TEST#{uuid.uuid4()}"}, "sk": {"S": "-"}}
    action = table.put_action({**key, "v": {"N": "1"}}, **when_absent())
    token = uuid.uuid4().hex

    table.transact([action], token)
    table.transact([action], token)
    with pytest.raises(Contended):
        table.transact([action], uuid.uuid4().hex)
    other = table.put_action({**key, "v": {"N": "2"}}, **when_same(v={"N": "3"}))
    with pytest.raises(Contended):
        table.transact([other], uuid.uuid4().hex)
    assert table.get(key).item == {**key, "v": {"N": "1"}}
    assert table.update(key, "SET v = v + :one", {":one": {"N": "1"}})
    assert table.get_together([key])[0] == {**key, "v": {"N": "2"}}
    table.transact(
        [table.delete_action(key, **when_same(v={"N": "2"}))], uuid.uuid4().hex
    )
    assert table.get_together([key]) == [None]
    assert not table.update(key, "SET v = :one", {":one": {"N": "1"}})


def test_a_status_is_kept_until_it_expires(client: Client) -> None:
    statuses = DynamoStatuses(Table(client, TABLE, FakeClock()))
    identifier, document = str(uuid.uuid4()), b"[" + b'"x",' * 100_000 + b"1]"

    statuses.put(identifier, document, 2_000_000)

    assert statuses.get(identifier, 1_000_000) == document
    assert statuses.get(identifier, 2_000_000) is None
    assert statuses.get(str(uuid.uuid4()), 0) is None
