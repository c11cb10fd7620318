"""The log on the double: what was added is what is read."""

from __future__ import annotations

from chalicelib.core.log.query import LAST, Query, Versions
from tests.factories import ALL, canonical, make_entry, make_id, make_store


def test_what_is_added_comes_back_in_order() -> None:
    store = make_store()
    entries = [make_entry(number, note="é" * number) for number in range(250)]

    assert set(store.add(*entries)) == {"added"}

    found = store.crawl(limit=7)
    assert [one.id for one in found.entries] == [one.id for one in entries]
    assert found.data == [one.data for one in entries]


def test_what_is_there_already_is_not_written_again() -> None:
    store = make_store()
    store.add(make_entry(1), make_entry(2, version=None))
    before = store.dates()

    assert store.add(make_entry(1), make_entry(2, version=None)) == ["present"] * 2
    assert store.dates() == before


def test_the_latest_version_is_given_whatever_came_last() -> None:
    store = make_store()
    for day in (2, 3, 1):
        store.add(make_entry(1, version=day))

    assert store.page().entries[0].version.startswith("2020-01-04")
    first = Query(versions=(Versions(first=True),))
    assert store.page(first).entries[0].version.startswith("2020-01-02")
    assert len(store.dates(ALL)) == 3
    exact = Query(versions=(Versions(exact=frozenset({canonical(2)})),))
    assert len(store.dates(exact)) == 1
    by_id = Query(ids=frozenset({make_id(1)}), versions=(LAST,))
    assert store.dates(by_id) == store.dates()


def test_what_is_removed_is_gone() -> None:
    store = make_store()
    for day in range(3):
        store.add(make_entry(1, version=day), make_entry(10 + day))

    assert store.remove(make_id(1), Query(versions=(LAST,))) == 1
    assert (
        store.page(Query(ids=frozenset({make_id(1)})))
        .entries[0]
        .version.startswith("2020-01-02")
    )
    assert store.remove(make_id(1)) == 2
    assert len(store.dates(ALL)) == 3


def test_compaction_changes_nothing_that_is_read() -> None:
    store = make_store()
    for day in range(60):
        store.add(make_entry(day % 7, version=day), make_entry(1_000 + day))
    before = {
        q: store.crawl(q, limit=9)
        for q in (ALL, Query(), Query(types=frozenset({"indicator"})))
    }
    store.clock.advance(3_600)

    done = store.compact()

    assert done.segments > 50
    assert done.moved > 40
    for query, page in before.items():
        found = store.crawl(query, limit=9)
        assert [e.date_added for e in found.entries] == [
            e.date_added for e in page.entries
        ]
        assert found.data == page.data


def test_a_collection_is_removed_with_all_that_is_in_it() -> None:
    store = make_store()
    for day in range(60):
        store.add(
            make_entry(day % 7, version=day), make_entry(1_000 + day, kind=f"x-{day}")
        )
    store.compact()

    store.drop()

    assert store.collections.all() == []


def test_a_time_before_1970_means_from_the_start() -> None:
    store = make_store()
    store.add(make_entry(1))

    assert len(store.page(after=-62_135_596_800_000_000).entries) == 1


def test_the_version_before_comes_back_from_the_history_when_the_latest_goes() -> None:
    store = make_store()
    for day in range(3):
        store.add(make_entry(1, version=day))
    assert store.compact().moved == 2

    store.remove(make_id(1), Query(versions=(LAST,)))

    (entry,) = store.crawl().entries
    assert entry.version.startswith("2020-01-02")


def test_who_is_at_the_end_is_given_all_that_is_added_next() -> None:
    store = make_store()
    positions = dict.fromkeys((Query(), ALL, Query(types=frozenset({"tool"}))), 0)
    for number in range(20):
        store.add(make_entry(number, kind="tool"), make_entry(100 + number))
        for query, after in positions.items():
            page = store.page(query, after=after)
            assert len(page.entries) == (1 if query.types else 2)
            positions[query] = page.position
