"""What is too large or too much is refused by itself, and harms nothing else."""

from __future__ import annotations

import base64
import gzip
import json
import random
from pathlib import Path

import pytest

from chalicelib.core.log.query import EVERY, LAST, Query
from chalicelib.errors import NotFound
from tests import audit
from tests.doubles.dynamo import FakeDynamo
from tests.factories import ALL, NEVER, TABLE, Store, make_entry, make_id, make_store

REAL = Path(__file__).resolve().parents[4] / "shared/data/stix-bench"


def _whole(dynamo: FakeDynamo, store: Store) -> audit.Contents:
    return audit.check(dynamo.items.values(), store.id)


def _hex(size: int) -> str:
    return random.Random(size).randbytes(size // 2).hex()


def test_an_object_of_2_900_000_bytes_lies_in_chunks_and_comes_back() -> None:
    dynamo = FakeDynamo()
    store = make_store(dynamo)
    chance = random.Random(1)
    contents = [
        {
            "object_ref": make_id(chance.getrandbits(120), "attack-pattern"),
            "object_modified": "2025-04-25T14:43:00.000Z",
        }
        for _ in range(25_000)
    ]
    large = make_entry(1, kind="x-mitre-collection", x_mitre_contents=contents)
    assert len(large.data) > 2_900_000

    assert store.add(make_entry(1), large, make_entry(2)) == ["added"] * 3

    page = store.crawl()
    assert page.data[1] == large.data
    assert _whole(dynamo, store).chunks.total() > 1
    store.compact()
    assert store.crawl().data[1] == large.data
    store.remove(large.id)
    assert _whole(dynamo, store).chunks.total() == 0


@pytest.mark.skipif(not REAL.exists(), reason="the real data is not on this machine")
def test_the_collection_object_of_attack_loads() -> None:
    (path,) = REAL.glob("*collection-object*")
    parsed = json.loads(gzip.decompress(path.read_bytes()))
    objects = (
        parsed["objects"]
        if isinstance(parsed, dict) and "objects" in parsed
        else [parsed]
    )
    store = make_store()
    entries = [
        make_entry(
            number,
            kind=one["type"],
            data=json.dumps(one, separators=(",", ":")).encode(),
        )
        for number, one in enumerate(objects)
    ]

    assert set(store.add(*entries)) == {"added"}
    assert store.crawl().data == [entry.data for entry in entries]


@pytest.mark.parametrize(
    "data",
    [
        b'"' + b"a" * 5_600_000 + b'"',
        b'"' + base64.b64encode(random.Random(1).randbytes(3_600_000)) + b'"',
    ],
    ids=["more than one answer holds", "more than one transaction carries"],
)
def test_an_object_that_is_too_large_fails_alone(data: bytes) -> None:
    dynamo = FakeDynamo()
    store = make_store(dynamo)

    states = store.add(make_entry(1), make_entry(2, data=data), make_entry(3))

    assert states == ["added", "failed", "added"]
    assert store.add(make_entry(4)) == ["added"]
    _whole(dynamo, store)


def test_the_largest_object_that_is_taken_fits_into_one_transaction() -> None:
    dynamo = FakeDynamo()
    store = make_store(dynamo)

    taken = store.add(make_entry(1, data=f'"{_hex(5_400_000)}"'.encode()))

    assert taken in (["added"], ["failed"])
    _whole(dynamo, store)


def test_many_versions_with_long_names_end_in_a_failure_and_not_in_a_fault() -> None:
    dynamo = FakeDynamo()
    store = make_store(dynamo)
    kind = "x-" + "y" * 240
    entries = [
        make_entry(1, kind=kind, version=f"2020-01-01T00:00:00.{n:060d}Z")
        for n in range(400)
    ]

    states = store.add(*entries)

    assert states[0] == "added"
    assert states[-1] == "failed"
    assert store.add(make_entry(2)) == ["added"]
    assert store.remove(entries[0].id) == states.count("added")
    assert not _whole(dynamo, store).cards.keys() - {make_id(2)}


def test_many_objects_with_many_versions_are_added_to_together() -> None:
    dynamo = FakeDynamo()
    store = make_store(dynamo)
    for day in range(0, 240, 60):
        store.add(
            *(make_entry(n, version=day + k) for n in range(40) for k in range(60))
        )

    assert set(store.add(*(make_entry(n, version=999) for n in range(40)))) == {"added"}
    assert len(store.dates()) == 40


def test_a_new_stix_version_of_an_object_with_many_versions_is_added_and_removed() -> (
    None
):
    dynamo = FakeDynamo()
    store = make_store(dynamo)
    store.add(*(make_entry(1, version=day, spec_version="2.0") for day in range(150)))

    assert store.add(make_entry(1, version=200)) == ["added"]
    assert [e.spec_version for e in store.crawl().entries] == ["2.1"]
    _whole(dynamo, store)
    store.remove(make_id(1), Query(versions=(LAST,)))
    assert [e.spec_version for e in store.crawl().entries] == ["2.0"]
    _whole(dynamo, store)


def test_an_object_in_a_hundred_stix_versions_fails_and_harms_nothing() -> None:
    dynamo = FakeDynamo()
    store = make_store(dynamo)

    states = [
        state
        for number in range(120)
        for state in store.add(
            make_entry(1, version=number, spec_version=f"{number}.0")
        )
    ]

    assert states[:2] == ["added"] * 2
    assert states[-1] == "failed"
    _whole(dynamo, store)
    assert store.remove(make_id(1)) == states.count("added")
    _whole(dynamo, store)


def test_large_versions_in_segments_of_their_own_are_removed_together() -> None:
    dynamo = FakeDynamo()
    store = make_store(dynamo)
    store.add(
        *(
            make_entry(1, version=day, data=f'"{_hex(3_000_000 + day)}"'.encode())
            for day in range(16)
        )
    )

    assert store.remove(make_id(1)) == 16
    assert not _whole(dynamo, store).chunks
    assert not [place for place in dynamo.items if place[1].startswith("BLOB")]


def test_more_than_a_hundred_marks_in_one_segment_are_tidied_by_and_by() -> None:
    dynamo = FakeDynamo()
    store = make_store(dynamo)
    store.add(*(make_entry(n, version=1) for n in range(96)))
    for version in (2, 3):
        store.add(*(make_entry(n, version=version) for n in range(96)))
    expected = store.crawl(ALL).data, store.crawl().data

    for _ in range(4):
        store.compact()
        assert (store.crawl(ALL).data, store.crawl().data) == expected
        contents = _whole(dynamo, store)
    assert len(contents.marks) < 20


def test_any_number_of_types_is_filtered_right_and_the_head_stays_small() -> None:
    dynamo = FakeDynamo()
    store = make_store(dynamo)
    kinds = [f"x-kind-{number}" for number in range(150)] + ["x-" + "long" * 30]
    store.add(*(make_entry(n, kind=kind) for n, kind in enumerate(kinds)))
    store.add(*(make_entry(1_000 + n, kind=kind) for n, kind in enumerate(kinds)))
    store.compact()

    for kind in (kinds[0], kinds[70], kinds[149], kinds[150], "x-nobody"):
        found = store.crawl(Query(types=frozenset({kind})), limit=1).entries
        assert [entry.id.partition("--")[0] for entry in found] == [kind] * (
            2 * (kind in kinds)
        )
    contents = _whole(dynamo, store)
    assert len(contents.head.chains) < 80


@pytest.mark.parametrize("name", ["x" * 3_000, "indicator--\ud800", "", "a\x00b"])
def test_a_name_that_no_key_can_hold_is_just_not_there(name: str) -> None:
    store = make_store()
    store.add(make_entry(1))

    assert store.page(Query(ids=frozenset({name}), versions=(EVERY,))).entries == []
    assert store.log.versions(store.log.head(store.id), name) == []
    assert store.collections.id_of(name) is None
    with pytest.raises(NotFound):
        store.log.remove(store.id, name, ALL, NEVER)


def test_one_item_of_the_table_is_never_larger_than_dynamodb_takes() -> None:
    dynamo = FakeDynamo()
    store = make_store(dynamo)
    store.add(
        *(make_entry(n, data=f'"{_hex(199_000 + n)}"'.encode()) for n in range(6))
    )
    store.compact()

    assert {place[0] for place in dynamo.items} == {TABLE}
    assert len(store.dates()) == 6
