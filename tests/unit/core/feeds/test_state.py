"""What a run makes of a source's state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.core.feeds.state import (
    MOST_REASONS,
    Counts,
    Failure,
    FeedState,
    Health,
    Held,
    Seen,
    cut,
    failed,
    judged,
    leased,
    succeeded,
    unchanged,
)
from chalicelib.core.windows import DAY, MINUTE

NOW = 20_600 * DAY
SEEN = Seen('W/"1"', "yesterday", "digest")
BLANK = FeedState("urlhaus")
HOUR = 60 * MINUTE


def run(state: FeedState = BLANK, now: int = NOW) -> FeedState:
    return leased(state, "me", now, now + 16 * MINUTE)


def good(now: int = NOW, state: FeedState = BLANK, **counts: int) -> FeedState:
    return succeeded(run(state, now), now + MINUTE, 60, SEEN, Counts(**counts))


def bad(state: FeedState, now: int, **failure: object) -> FeedState:
    return failed(run(state, now), now, 60, Failure("it broke", **failure))  # type: ignore[arg-type]


def test_a_source_that_never_ran_is_due():
    assert BLANK.due_at(60) == 0
    assert BLANK.health(NOW, 60) is Health.NEVER
    assert BLANK.health(NOW, 60, enabled=False) is Health.OFF


def test_a_leased_source_is_due_when_the_lease_ends():
    assert run().due_at(60) == NOW + 16 * MINUTE


def test_a_good_run_leaves_what_the_next_one_needs():
    after = good(rows=9, new=2, updated=1, same=6)
    assert after.seen == SEEN
    assert (after.owner, after.leased_until, after.run_at) == (None, None, None)
    assert after.last == after.totals == Counts(rows=9, new=2, updated=1, same=6)
    assert after.health(NOW + HOUR, 60) is Health.OK


def test_runs_do_not_drift():
    # The scheduler comes every five minutes: five minutes after the beginning of
    # a run, which may be some seconds early, a source of five minutes is due.
    after = succeeded(run(), NOW + 4 * MINUTE, 5, SEEN, Counts())
    assert NOW + 4 * MINUTE < after.due_at(5) < NOW + 5 * MINUTE
    assert good().due_at(60) == NOW + 59 * MINUTE


def test_an_unchanged_list_is_a_success_that_counts_nothing():
    before = good(rows=9, new=9)
    after = unchanged(run(before, NOW + HOUR), NOW + HOUR, 60)
    assert after.last_success == NOW + HOUR
    assert (after.last, after.totals, after.seen) == (before.last, before.totals, SEEN)


def test_a_source_without_success_for_three_periods_is_stale():
    after = good()
    assert after.health(NOW + 3 * HOUR, 60) is Health.OK
    assert after.health(NOW + 4 * HOUR, 60) is Health.STALE
    # A source of five minutes may be late by an hour.
    assert after.health(NOW + 50 * MINUTE, 5) is Health.OK


def test_failures_in_a_row_double_the_wait_up_to_a_day():
    state, now = good(), NOW
    waits = []
    for _ in range(8):
        state = bad(state, now)
        waits.append((state.due_at(60) - now) // HOUR)
        now = state.due_at(60)
    assert waits == [1, 2, 4, 8, 16, 24, 24, 24]
    assert state.health(now, 60) is Health.FAILING
    assert (state.failures, state.last_error) == (8, "it broke")
    assert state.seen == SEEN
    again = good(now, state)
    assert (again.failures, again.last_error) == (0, None)
    assert again.health(now, 60) is Health.OK


def test_a_weekly_source_waits_a_week():
    state = failed(run(), NOW, 7 * 24 * 60, Failure("it broke"))
    assert state.due_at(7 * 24 * 60) == NOW + 7 * DAY


def test_many_failures_do_not_overflow():
    state = replace(run(), failures=100_000)
    assert failed(state, NOW, 60, Failure("x")).due_at(60) == NOW + DAY


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [(7_200.0, 2 * HOUR), (1.0, HOUR), (1e9, DAY), (None, HOUR)],
)
def test_a_server_may_ask_for_patience(retry_after: float | None, wait: int):
    state = bad(good(), NOW + DAY, retry_after=retry_after)
    assert state.due_at(60) == NOW + DAY + wait


def test_a_failure_that_published_nothing_begins_anew():
    state = bad(good(), NOW + DAY)
    assert state.run_at is None
    assert run(state, NOW + 2 * DAY).run_at == NOW + 2 * DAY


def test_a_failure_that_published_goes_on_with_its_time():
    state = bad(good(), NOW + DAY, counts=Counts(rows=5, new=3))
    assert state.seen == Seen()
    again = run(state, NOW + 2 * DAY)
    assert again.run_at == NOW + DAY
    assert good(NOW + 2 * DAY, state, rows=9, new=1, same=8).last == Counts(
        rows=9, new=4, same=5
    )


def test_a_run_that_is_cut_short_is_due_at_once_and_goes_on():
    state = cut(run(good()), NOW + MINUTE, Counts(rows=50, new=40, same=10))
    assert state.due_at(60) == NOW + MINUTE
    assert state.run_at == NOW
    assert state.seen == Seen(), "what was read of the list is not all of it"
    state = cut(run(state, NOW + HOUR), NOW + HOUR, Counts(rows=90, new=40, same=50))
    assert state.run_at == NOW
    state = good(NOW + 2 * HOUR, state, rows=100, new=10, same=90, vanished=3)
    assert state.run_at is None
    assert state.done is None
    assert state.last == Counts(rows=100, new=90, same=10, vanished=3)
    assert state.totals == Counts(rows=240, new=90, same=150, vanished=3)


def test_a_run_that_died_is_taken_up_and_counts_as_a_failure():
    state = run(run(), NOW + HOUR)
    assert state.run_at == NOW
    assert state.failures == 1
    assert state.last_error == "the run ended without a word"
    assert state.fence == 2
    assert state.health(NOW + HOUR, 60) is Health.FAILING


def test_runs_that_die_again_and_again_wait():
    state = run()
    for hours in range(1, 6):
        state = run(state, NOW + hours * HOUR)
    ends = NOW + 5 * HOUR + 16 * MINUTE
    assert state.failures == 5
    assert state.due_at(60) == ends + 16 * HOUR


def test_a_list_that_shrank_is_held_until_another_run_confirms_it():
    state = replace(good(), listed=100)
    held = judged(state, NOW, 10, plausible=False)
    assert held.held == Held(NOW, 10)
    assert "from 100 rows to 10" in (held.warning or "")
    assert succeeded(held, NOW, 60, SEEN, Counts()).seen == Seen()
    soon = judged(held, NOW + HOUR, 11, plausible=False)
    assert soon.held == Held(NOW, 10), "the same server in the same bad hour"
    late = judged(soon, NOW + DAY // 2, 12, plausible=False)
    assert late.held is late.warning is None
    assert late.listed == 12, "should it be cut short now, it is not held again"


def test_a_list_that_shrank_to_something_else_is_held_anew():
    state = judged(good(), NOW, 10, plausible=False)
    assert judged(state, NOW + DAY, 21, plausible=False).held == Held(NOW + DAY, 21)
    assert judged(state, NOW + DAY, 4, plausible=False).held == Held(NOW + DAY, 4)
    assert judged(state, NOW + DAY, 0, plausible=False).held == Held(NOW + DAY, 0)
    empty = judged(good(), NOW, 0, plausible=False)
    assert judged(empty, NOW + DAY, 0, plausible=False).held is None


def test_a_list_that_came_back_is_held_no_more():
    state = judged(good(), NOW, 10, plausible=False)
    assert judged(state, NOW + MINUTE, 99, plausible=True).held is None


def test_reasons_are_few_and_short():
    counts = Counts(rejected={"x" * 500: 500} | {f"r{n:02}": n for n in range(50)})
    once = Counts().plus(counts)
    twice = once.plus(counts)
    for times, found in ((1, once), (2, twice)):
        assert len(found.rejected) == MOST_REASONS
        assert max(map(len, found.rejected)) == 200
        assert sum(found.rejected.values()) == times * (500 + 49 * 25)
    assert once.rejected["r49"] == 49


def test_validators_and_errors_of_any_length_are_kept_short():
    after = succeeded(run(), NOW, 60, Seen("e" * 257, "l" * 256, "d"), Counts())
    assert after.seen == Seen(None, "l" * 256, "d")
    assert len(failed(run(), NOW, 60, Failure("x" * 5_000)).last_error or "") == 200
