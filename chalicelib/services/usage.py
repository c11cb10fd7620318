"""What keys use: counted beside the requests, and summed up for operators."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Condition, Thread
from typing import Any

from chalicelib.core import usage
from chalicelib.core.ports import Clock, UsageStore
from chalicelib.core.usage import DayUsage, Outcome
from chalicelib.core.windows import DAY
from chalicelib.errors import InvalidRequest

MOST_DAYS = 90
USUAL_DAYS = 30
MOST_PENDING = 1_000
"""Pairs of a key and a day that wait to be written at most."""

REST = 30.0
"""Seconds for which no request waits once writing has failed or is slow."""

_IDLE = 60.0
_LONGEST_PAUSE = 30.0
_MOST_LATE = 3
_MOST_DOUBLINGS = 10
_PATIENCE = 2.0
_DAYS = re.compile(r"\d{1,3}", re.ASCII)


class Recorder:
    """Counts how requests end and has a thread write it down, again if need be.

    Nothing of this can fail a request or hold it up: a process that runs on
    writes once in `pause` seconds. On Lambda, which freezes a process once it
    has answered, `wait` is for how many seconds a request may wait until it is
    written; what is not written by then goes with the next one. `report` is
    told of `usage_failed` (tries to write) and `usage_dropped` (requests).
    """

    def __init__(
        self,
        store: UsageStore,
        clock: Clock,
        report: Callable[[str, int], None],
        *,
        wait: float = 0.0,
        pause: float = 1.0,
    ) -> None:
        """Start no thread before there is something to write."""
        self._store = store
        self._clock = clock
        self._report = report
        self._wait = wait
        self._pause = pause
        self._begin()

    def record(self, outcome: Outcome) -> None:
        """Count a request; raises nothing."""
        try:
            given = self._take(outcome)
            if self._wait > 0 and self._clock.monotonic() >= self._rest_until:
                self._note_wait(done=self._settle(given, self._wait))
        except Exception:  # noqa: BLE001 - whatever it is, the request goes on
            self._tell("usage_failed", 1)

    def flush(self, timeout: float = _PATIENCE) -> bool:
        """Write what is pending; tell whether all of it is written now."""
        self._renew_if_forked()
        with self._changed:
            self._start()
            given = self._given
        return self._settle(given, timeout)

    def close(self, timeout: float = _PATIENCE) -> None:
        """Write what is pending, once, and end the thread for good."""
        self.flush(timeout)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout)

    def _begin(self) -> None:
        self._process = os.getpid()
        self._changed = Condition()
        self._pending: dict[tuple[str, int], DayUsage] = {}
        self._thread: Thread | None = None
        self._closed = False
        self._urgent = False
        # How many requests were given, and of how many the fate is settled.
        self._given = 0
        self._written = 0
        self._failed = 0
        self._failed_in_a_row = 0
        self._late = 0
        self._rest_until = 0.0

    def _renew_if_forked(self) -> None:
        # A fork has neither the thread nor a lock to trust, and what was pending
        # is written by its parent.
        if self._process != os.getpid():
            self._begin()

    def _take(self, outcome: Outcome) -> int:
        self._renew_if_forked()
        counted = usage.count(outcome)
        with self._changed:
            was_idle = not self._pending
            dropped = self._keep(counted)
            self._given += 1
            given = self._given
            self._start()
            if was_idle:
                self._changed.notify_all()
        self._tell("usage_dropped", dropped)
        return given

    def _keep(self, counted: DayUsage) -> int:
        """Add to what is pending; tell how many older requests had to go for it."""
        place = (counted.key_id, counted.day)
        known = self._pending.get(place)
        self._pending[place] = known.plus(counted) if known else counted
        if len(self._pending) <= MOST_PENDING:
            return 0
        return self._pending.pop(next(iter(self._pending))).requests

    def _start(self) -> None:
        is_alive = self._thread is not None and self._thread.is_alive()
        if is_alive or self._closed or not self._pending:
            return
        thread = Thread(target=self._run, name="usage", daemon=True)
        self._thread = None
        # Where no thread can be had, the next request tries again.
        with suppress(RuntimeError):
            thread.start()
            self._thread = thread

    def _settle(self, given: int, timeout: float) -> bool:
        with self._changed:
            if self._written < given and self._thread and not self._closed:
                failed = self._failed
                self._urgent = True
                self._changed.notify_all()
                self._changed.wait_for(
                    lambda: (
                        self._written >= given or self._failed > failed or self._closed
                    ),
                    timeout,
                )
            return self._written >= given

    def _note_wait(self, *, done: bool) -> None:
        # The first call of a process is slow without anything being wrong.
        self._late = 0 if done else self._late + 1
        if self._late >= _MOST_LATE:
            self._late = 0
            self._rest()

    def _rest(self) -> None:
        self._rest_until = self._clock.monotonic() + REST

    def _run(self) -> None:
        while self._is_work():
            self._write()

    def _is_work(self) -> bool:
        """Wait for something to write, and then for more of it to come."""
        with self._changed:
            self._changed.wait_for(lambda: self._pending or self._closed, _IDLE)
            if self._pending and not self._closed:
                self._changed.wait_for(
                    lambda: self._urgent or self._closed, self._pause_now()
                )
            if self._closed or not self._pending:
                self._thread = None
                return False
            return True

    def _pause_now(self) -> float:
        if self._failed_in_a_row:
            doublings = min(self._failed_in_a_row, _MOST_DOUBLINGS)
            return min(self._pause * 2.0**doublings, _LONGEST_PAUSE)
        return 0.0 if self._wait > 0 else self._pause

    def _write(self) -> None:
        with self._changed:
            batch, self._pending = list(self._pending.values()), {}
            given = self._given
            self._urgent = False
        left = self._write_all(batch)
        dropped = 0
        with self._changed:
            if left:
                dropped = self._put_back(left)
                self._failed += 1
                self._failed_in_a_row += 1
                self._rest()
            else:
                self._written = given
                self._failed_in_a_row = 0
            self._changed.notify_all()
        self._tell("usage_failed", int(bool(left)))
        self._tell("usage_dropped", dropped)

    def _write_all(self, batch: list[DayUsage]) -> list[DayUsage]:
        """Write one after the other up to the first that fails; give the rest."""
        for at, counted in enumerate(batch):
            try:
                self._store.add(counted)
            except Exception:  # noqa: BLE001 - it is kept, whatever kept it out
                return batch[at:]
        return []

    def _put_back(self, left: list[DayUsage]) -> int:
        # What failed comes last, so that it can't hold up the others for ever.
        failed, *untried = left
        newer, self._pending = list(self._pending.values()), {}
        return sum(map(self._keep, (*untried, *newer, failed)))

    def _tell(self, name: str, number: int) -> None:
        if number:
            with suppress(Exception):
                self._report(name, number)


class Usage:
    """What a key has used in the last days."""

    def __init__(self, store: UsageStore, recorder: Recorder, clock: Clock) -> None:
        """Read nothing yet."""
        self._store = store
        self._recorder = recorder
        self._clock = clock

    def of(self, key_id: str, days: str | int | None = None) -> dict[str, Any]:
        """Sum up the days that end today, by UTC. Raises InvalidRequest.

        What other processes have not written yet is missing.
        """
        window = _check_days(days)
        self._recorder.flush()
        now = self._clock.now()
        today = now // DAY
        rows = self._store.read(key_id, today - window + 1, today)
        return usage.summarise(key_id, rows, window, now).to_dict()

    def totals(self, key_ids: Iterable[str]) -> dict[str, int]:
        """Count the requests of some keys in the longest window, by key."""
        self._recorder.flush()
        today = self._clock.now() // DAY
        return {
            key_id: sum(
                row.requests
                for row in self._store.read(key_id, today - MOST_DAYS + 1, today)
            )
            for key_id in key_ids
        }


def _check_days(days: str | int | None) -> int:
    text = str(USUAL_DAYS if days is None else days)
    if not _DAYS.fullmatch(text) or not 1 <= int(text) <= MOST_DAYS:
        raise InvalidRequest(
            f"`days` is a whole number from 1 to {MOST_DAYS}",
            details={"field": "days"},
        )
    return int(text)
