"""Usage is written beside the requests: never in their way, and never lost."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import reduce
from threading import Event, Thread

import pytest

from chalicelib.core.usage import DayUsage, Outcome
from chalicelib.core.windows import DAY
from chalicelib.errors import InvalidRequest, Unavailable
from chalicelib.services.usage import MOST_PENDING, REST, Recorder, Usage
from chalicelib.store.dynamo.table import Table
from chalicelib.store.dynamo.usage import DynamoUsage
from tests.doubles.clock import START, FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of

KEY = "4f0c2b0e-0000-4000-8000-000000000001"
TODAY = START // DAY
PATIENCE = 20.0
"""Seconds after which a test that waits for a thread gives it up."""


class Kept:
    """A UsageStore in a dictionary, that can fail or be held up."""

    def __init__(self) -> None:
        self.days: dict[tuple[str, int], DayUsage] = {}
        self.calls: list[DayUsage] = []
        self.fails: Callable[[DayUsage], Exception | None] = lambda _: None
        self.entered = Event()
        self.free = Event()
        self.free.set()

    def add(self, usage: DayUsage) -> None:
        self.calls.append(usage)
        self.entered.set()
        assert self.free.wait(PATIENCE)
        error = self.fails(usage)
        if error is not None:
            raise error
        place = (usage.key_id, usage.day)
        known = self.days.get(place)
        self.days[place] = known.plus(usage) if known else usage

    def read(self, key_id: str, first: int, last: int) -> list[DayUsage]:
        days = range(first, last + 1)
        return [u for (k, day), u in self.days.items() if k == key_id and day in days]

    @property
    def requests(self) -> int:
        return sum(usage.requests for usage in self.days.values())


def fail(_: DayUsage) -> Exception:
    return Unavailable("the storage is busy")


def outcome(key: str = KEY, *, at: int = START, status: int = 200) -> Outcome:
    return Outcome(key, at, "GET /taxii2", status, 12.0, 10)


class World:
    """A store, a clock, reports, and the recorders that are to be closed."""

    def __init__(self) -> None:
        self.store = Kept()
        self.clock = FakeClock()
        self.reports: Counter[str] = Counter()
        self.recorders: list[Recorder] = []

    def recorder(self, *, store=None, wait: float = 0.0, pause: float = 0.0):
        """Make a recorder; without a pause, it writes at once."""
        made = Recorder(
            store or self.store, self.clock, self.report, wait=wait, pause=pause
        )
        self.recorders.append(made)
        return made

    def report(self, name: str, number: int) -> None:
        self.reports[name] += number


@pytest.fixture
def world() -> Iterator[World]:
    before = set(threading.enumerate())
    made = World()
    yield made
    made.store.free.set()
    for recorder in made.recorders:
        recorder.close(PATIENCE)
    assert set(threading.enumerate()) <= before, "a thread was left behind"


def test_a_recorder_that_is_not_used_has_no_thread(world: World):
    before = threading.active_count()
    recorder = world.recorder()
    assert recorder.flush(PATIENCE)
    assert threading.active_count() == before


def test_what_is_recorded_is_written_without_being_asked_for(world: World):
    recorder = world.recorder()
    recorder.record(outcome())
    assert world.store.entered.wait(PATIENCE)
    assert recorder.flush(PATIENCE)
    assert world.store.requests == 1


def test_a_thread_that_has_nothing_to_do_wakes_up_again(world: World):
    recorder = world.recorder()
    for number in range(1, 4):
        world.store.entered.clear()
        recorder.record(outcome())
        assert world.store.entered.wait(PATIENCE)
        assert recorder.flush(PATIENCE)
        assert world.store.requests == number


def test_a_busy_process_writes_sums_and_not_requests(world: World):
    recorder = world.recorder(pause=1_000)
    for _ in range(500):
        recorder.record(outcome())
    assert world.store.calls == []
    assert recorder.flush(PATIENCE)
    assert [call.requests for call in world.store.calls] == [500]


def test_requests_go_on_while_the_store_hangs(world: World):
    recorder = world.recorder()
    world.store.free.clear()
    recorder.record(outcome())
    assert world.store.entered.wait(PATIENCE)
    for _ in range(100):
        recorder.record(outcome())
    assert not world.store.free.is_set()
    assert world.store.requests == 0
    world.store.free.set()
    assert recorder.flush(PATIENCE)
    assert world.store.requests == 101


def test_a_request_that_waits_has_its_count_written(world: World):
    recorder = world.recorder(wait=PATIENCE)
    for number in range(1, 6):
        recorder.record(outcome())
        assert world.store.requests == number


def test_a_request_waits_no_longer_than_it_may(world: World):
    recorder = world.recorder(wait=0.001)
    world.store.free.clear()
    recorder.record(outcome())
    assert not world.store.free.is_set()
    assert world.store.requests == 0


def test_nobody_waits_for_a_store_that_was_slow_three_times(world: World):
    recorder = world.recorder(wait=0.001)
    world.store.free.clear()
    for _ in range(3):
        recorder.record(outcome())
    # Who waits now waits for ever: the store is let go behind it.
    recorder._wait = threading.TIMEOUT_MAX
    recorder.record(outcome())
    world.store.free.set()
    assert recorder.flush(PATIENCE)
    world.clock.advance(REST)
    recorder.record(outcome())
    assert world.store.requests == 5
    assert world.reports["usage_failed"] == 0, "the store was not let go in time"


def test_nobody_waits_for_30_seconds_after_a_failure(world: World):
    recorder = world.recorder(wait=threading.TIMEOUT_MAX, pause=1_000)
    world.store.fails = fail
    recorder.record(outcome())
    world.store.free.clear()
    world.clock.advance(REST - 0.001)
    recorder.record(outcome())
    assert len(world.store.calls) == 1
    world.store.fails = lambda _: None
    world.store.free.set()
    world.clock.advance(0.001)
    recorder.record(outcome())
    assert world.store.requests == 3


def test_a_slow_count_goes_with_the_next_one(world: World):
    recorder = world.recorder(wait=0.001)
    world.store.free.clear()
    recorder.record(outcome())
    world.store.free.set()
    recorder._wait = PATIENCE
    recorder.record(outcome())
    assert world.store.requests == 2


@pytest.mark.parametrize(
    "error", [Unavailable("busy"), KeyError("x"), MemoryError(), OSError()], ids=repr
)
def test_a_failure_reaches_nobody_and_what_failed_is_written_later(
    world: World, error: Exception
):
    recorder = world.recorder(wait=PATIENCE, pause=1_000)
    world.store.fails = lambda _: error
    for _ in range(4):
        recorder.record(outcome())
    assert not recorder.flush(PATIENCE)
    assert world.store.requests == 0
    assert world.reports["usage_failed"] >= 1
    world.store.fails = lambda _: None
    assert recorder.flush(PATIENCE)
    assert world.store.requests == 4
    assert world.reports["usage_dropped"] == 0


def test_a_failure_is_made_good_without_another_request(world: World):
    recorder = world.recorder()
    again = Event()

    def fail_first(_: DayUsage) -> Exception | None:
        if len(world.store.calls) == 1:
            return Unavailable("busy")
        again.set()
        return None

    world.store.fails = fail_first
    recorder.record(outcome())
    assert again.wait(PATIENCE)
    assert recorder.flush(PATIENCE)
    assert world.store.requests == 1


def test_what_was_written_before_a_failure_is_not_written_again(world: World):
    recorder = world.recorder(pause=1_000)
    for number in range(10):
        recorder.record(outcome(f"key {number}"))
    world.store.fails = lambda usage: fail(usage) if usage.key_id == "key 5" else None
    assert not recorder.flush(PATIENCE)
    assert world.store.requests == 5
    world.store.fails = lambda _: None
    assert recorder.flush(PATIENCE)
    assert {usage.requests for usage in world.store.days.values()} == {1}
    assert world.store.requests == 10


def test_a_key_that_always_fails_does_not_hold_up_the_others(world: World):
    recorder = world.recorder(pause=1_000)
    world.store.fails = lambda usage: fail(usage) if usage.key_id == "bad" else None
    recorder.record(outcome("bad"))
    for number in range(3):
        recorder.record(outcome(f"key {number}"))
        recorder.record(outcome("bad"))
    for _ in range(2):
        assert not recorder.flush(PATIENCE)
    assert world.store.requests == 3
    world.store.fails = lambda _: None
    assert recorder.flush(PATIENCE)
    assert world.store.days["bad", TODAY].requests == 4


def test_memory_is_bounded_and_the_oldest_go(world: World):
    recorder = world.recorder(pause=1_000)
    world.store.fails = fail
    recorder.record(outcome("first"))
    recorder.record(outcome("first"))
    for number in range(MOST_PENDING + 4):
        recorder.record(outcome(f"key {number}"))
    assert world.reports["usage_dropped"] == 2 + 4
    assert not recorder.flush(PATIENCE)
    world.store.fails = lambda _: None
    assert recorder.flush(PATIENCE)
    assert len(world.store.days) == MOST_PENDING
    assert ("first", TODAY) not in world.store.days


def test_what_comes_back_from_a_failure_is_bounded_too(world: World):
    recorder = world.recorder()
    world.store.free.clear()
    world.store.fails = fail
    recorder.record(outcome("held"))
    assert world.store.entered.wait(PATIENCE)
    for number in range(MOST_PENDING):
        recorder.record(outcome(f"key {number}"))
    recorder._pause = 1_000
    assert world.reports["usage_dropped"] == 0
    world.store.free.set()
    recorder.close(PATIENCE)
    assert world.reports["usage_dropped"] == 1
    assert len(recorder._pending) == MOST_PENDING


def test_a_report_that_fails_harms_nothing(world: World):
    def report(_name: str, _number: int) -> None:
        raise OSError

    recorder = Recorder(world.store, world.clock, report, pause=1_000)
    world.recorders.append(recorder)
    world.store.fails = fail
    recorder.record(outcome())
    assert not recorder.flush(PATIENCE)
    world.store.fails = lambda _: None
    assert recorder.flush(PATIENCE)
    assert world.store.requests == 1


def test_an_outcome_that_makes_no_sense_is_passed_over(world: World):
    recorder = world.recorder()
    recorder.record(Outcome(KEY, START, None, "200", None))  # type: ignore[arg-type]
    recorder.record(outcome())
    assert recorder.flush(PATIENCE)
    assert world.store.requests == 1
    assert world.reports["usage_failed"] == 1


def test_days_are_counted_apart_around_midnight(world: World):
    recorder = world.recorder()
    midnight = (TODAY + 1) * DAY
    recorder.record(outcome(at=midnight - 1))
    recorder.record(outcome(at=midnight))
    assert recorder.flush(PATIENCE)
    assert {day: u.requests for (_, day), u in world.store.days.items()} == {
        TODAY: 1,
        TODAY + 1: 1,
    }


def test_two_processes_that_count_the_same_key_lose_nothing(world: World):
    table = Table(client_of(FakeDynamo()), "counters", world.clock)
    recorders = [world.recorder(store=DynamoUsage(table), wait=0.01) for _ in range(2)]

    def work(recorder: Recorder) -> None:
        for number in range(200):
            recorder.record(outcome(status=200 + number % 2))

    threads = [Thread(target=work, args=(r,)) for r in recorders for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(recorder.flush(PATIENCE) for recorder in recorders)
    (row,) = DynamoUsage(table).read(KEY, TODAY, TODAY)
    assert row.statuses == {200: 400, 201: 400}
    assert row.routes == {"GET /taxii2": 800}


def test_requests_at_once_start_one_thread(world: World):
    recorder = world.recorder()
    world.store.free.clear()
    before = threading.active_count()
    threads = [Thread(target=recorder.record, args=(outcome(),)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert threading.active_count() == before + 1
    world.store.free.set()
    assert recorder.flush(PATIENCE)
    assert world.store.requests == 20


def test_closing_writes_what_is_pending_and_ends_the_thread(world: World):
    recorder = world.recorder(pause=1_000)
    recorder.record(outcome())
    thread = recorder._thread
    assert thread is not None
    assert thread.daemon
    recorder.close(PATIENCE)
    assert not thread.is_alive()
    assert world.store.requests == 1
    recorder.close(PATIENCE)


def test_a_closed_recorder_takes_requests_and_writes_none(world: World):
    recorder = world.recorder(wait=PATIENCE)
    recorder.close(PATIENCE)
    recorder.record(outcome())
    assert not recorder.flush(PATIENCE)
    assert world.store.calls == []


def test_closing_ends_though_the_store_hangs(world: World):
    recorder = world.recorder()
    world.store.free.clear()
    recorder.record(outcome())
    recorder.close(0.001)
    assert not world.store.free.is_set()


def test_a_thread_that_died_is_replaced(world: World):
    recorder = world.recorder(pause=1_000)
    recorder.record(outcome())
    thread = recorder._thread
    assert thread is not None
    recorder._is_work = lambda: False  # type: ignore[method-assign]
    recorder._changed.acquire()
    recorder._urgent = True
    recorder._changed.notify_all()
    recorder._changed.release()
    thread.join(PATIENCE)
    del recorder._is_work
    recorder.record(outcome())
    assert recorder._thread is not thread
    assert recorder.flush(PATIENCE)
    assert world.store.requests == 2


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_writes_its_own_counts_and_not_its_parents(world: World):
    recorder = world.recorder(pause=1_000)
    recorder.record(outcome("parent"))
    held, done = Event(), Event()

    def hold() -> None:
        with recorder._changed:
            held.set()
            done.wait(PATIENCE)

    # The fork gets a lock that nobody there will ever release.
    holder = Thread(target=hold)
    holder.start()
    assert held.wait(PATIENCE)
    child = os.fork()
    if child == 0:
        signal.alarm(int(PATIENCE))
        recorder.record(outcome("child"))
        is_written = recorder.flush(PATIENCE)
        keys = {key for key, _ in world.store.days}
        os._exit(0 if is_written and keys == {"child"} else 1)
    done.set()
    holder.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert recorder.flush(PATIENCE)
    assert {key for key, _ in world.store.days} == {"parent"}


def test_usage_has_what_this_process_has_not_written_yet(world: World):
    recorder = world.recorder(pause=1_000)
    usage = Usage(world.store, recorder, world.clock)
    recorder.record(outcome())
    recorder.record(outcome(at=START - 29 * DAY, status=404))
    recorder.record(outcome(at=START - 30 * DAY))
    told = usage.of(KEY)
    assert (told["key_id"], told["window_days"]) == (KEY, 30)
    assert (told["total_requests"], told["client_errors"]) == (2, 1)
    assert told["daily"][0] == {"date": "2025-11-21", "requests": 1, "errors": 0}
    assert len(told["daily"]) == 30
    assert usage.of(KEY, 1)["total_requests"] == 1
    assert usage.of(KEY, "90")["total_requests"] == 3


def test_totals_are_those_of_90_days_by_key(world: World):
    recorder = world.recorder(pause=1_000)
    usage = Usage(world.store, recorder, world.clock)
    for key in ("one", "one", "other", "third"):
        recorder.record(outcome(key))
    recorder.record(outcome("one", at=START - 89 * DAY))
    recorder.record(outcome("one", at=START - 90 * DAY))
    told = usage.totals(["one", "other", "unused"])
    assert told == {"one": 3, "other": 1, "unused": 0}


def test_usage_of_one_key_tells_nothing_of_another(world: World):
    recorder = world.recorder()
    recorder.record(outcome("another"))
    told = Usage(world.store, recorder, world.clock).of(KEY, 7)
    assert told["total_requests"] == 0


def test_usage_is_told_though_writing_fails(world: World):
    recorder = world.recorder()
    recorder.record(outcome())
    assert recorder.flush(PATIENCE)
    world.store.fails = fail
    recorder._pause = 1_000
    recorder.record(outcome())
    told = Usage(world.store, recorder, world.clock).of(KEY, 7)
    assert told["total_requests"] == 1


@pytest.mark.parametrize(
    "days",
    [0, 91, -1, 10**9, "", "x", "0", "91", "-1", "1.5", " 7", "+7", "\u0667", "7\n"],
)
def test_days_are_a_whole_number_from_1_to_90(world: World, days: str | int):
    usage = Usage(world.store, world.recorder(), world.clock)
    with pytest.raises(InvalidRequest) as caught:
        usage.of(KEY, days)
    assert caught.value.details == {"field": "days"}


def test_no_order_of_failures_loses_or_doubles_a_request(world: World):
    recorder = world.recorder(pause=1_000)
    fails = reduce(lambda text, _: text + "0110", range(10), "")
    world.store.fails = lambda usage: (
        fail(usage) if fails[len(world.store.calls) % len(fails)] == "1" else None
    )
    for number in range(60):
        recorder.record(outcome(f"key {number % 7}"))
        if number % 3 == 0:
            recorder.flush(PATIENCE)
    world.store.fails = lambda _: None
    assert recorder.flush(PATIENCE)
    assert world.store.requests == 60
