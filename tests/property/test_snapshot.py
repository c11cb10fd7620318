"""A comparison does what sets and dictionaries would, whenever it is saved."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.feeds.snapshot import EMPTY, Comparison, Snapshot
from chalicelib.core.feeds.snapshot_rows import (
    from_chunk,
    to_changes,
    to_chunks,
    to_rows,
)

DAYS = st.integers(0, 0xFFFE)
# Few keys with few digests, so that they meet.
NAMES = st.builds(
    lambda key, digest: bytes([key]) * 10 + bytes([digest]) * 4,
    st.sampled_from([0, 1, 2, 127, 254, 255]),
    st.sampled_from([0, 1, 255]),
) | st.binary(min_size=14, max_size=14)
ROWS = st.dictionaries(NAMES, DAYS, max_size=30)
STEPS = st.lists(st.tuples(NAMES, DAYS, st.booleans(), st.booleans()), max_size=40)


def as_dict(snapshot: Snapshot) -> dict[bytes, int]:
    return to_changes(snapshot.rows)


@given(ROWS, ROWS)
def test_changes_are_those_of_a_dictionary(
    before: dict[bytes, int], after: dict[bytes, int]
):
    snapshot = EMPTY.changed(before).changed(after)
    assert as_dict(snapshot) == before | after
    assert list(as_dict(snapshot)) == sorted(before | after)
    assert snapshot.changed(dict.fromkeys(before, 0xFFFF)) == EMPTY.changed(
        {name: day for name, day in after.items() if name not in before}
    )
    assert snapshot.oldest == min((before | after).values(), default=None)


@given(ROWS)
def test_rows_survive_their_chunks(rows: dict[bytes, int]):
    written = to_rows(rows)
    assert b"".join(map(from_chunk, to_chunks(written))) == written
    assert to_changes(written) == rows


@given(ROWS, STEPS)
def test_a_run_ends_with_what_the_list_says(
    before: dict[bytes, int], steps: list[tuple[bytes, int, bool, bool]]
):
    comparison = Comparison(EMPTY.changed(before))
    rows, seen = dict(before), set()
    for name, day, put, save in steps:
        assert comparison.look(name) == rows.get(name)
        if name in rows:
            seen.add(name)
        if put:
            comparison.put(name, day)
            rows[name] = day
            seen.add(name)
        if save:
            comparison.saved()
        assert comparison.seen == len(seen)
    keys = {name[:10] for name in seen}
    vanished = list(comparison.vanished())
    assert vanished == sorted({name[:10] for name in rows} - keys)
    comparison.forget_replaced()
    comparison.forget(vanished)
    assert as_dict(comparison.snapshot()) == {name: rows[name] for name in seen}
