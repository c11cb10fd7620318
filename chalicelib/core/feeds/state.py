"""What is known of a source between its runs, and what a run makes of it. Pure.

Times are microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from chalicelib.core.feeds.snapshot import NOTHING, Manifest
from chalicelib.core.windows import DAY, MICROSECONDS, MINUTE

HOLD = DAY // 2
"""How long a list that shrank is held before a second run may confirm it."""

MOST_REASONS = 12
LONGEST_TEXT = 200
LONGEST_VALIDATOR = 256

_SLACK = MINUTE
_ALIKE = 2
_FAILURES_BEFORE_WAITING = 3
_MOST_DOUBLINGS = 12
_PATIENCE = 3
_OTHER = "other"


class Health(StrEnum):
    """How a source does."""

    OK = "ok"
    FAILING = "failing"
    STALE = "stale"
    OFF = "off"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Counts:
    """What runs found; `rejected` by reason."""

    rows: int = 0
    new: int = 0
    updated: int = 0
    same: int = 0
    vanished: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)

    def plus(self, other: Counts) -> Counts:
        """Add up; the rarest of too many reasons become `other`."""
        reasons = dict(self.rejected)
        for why, number in other.rejected.items():
            short = why[:LONGEST_TEXT]
            reasons[short] = reasons.get(short, 0) + number
        return Counts(
            self.rows + other.rows,
            self.new + other.new,
            self.updated + other.updated,
            self.same + other.same,
            self.vanished + other.vanished,
            _bounded(reasons),
        )


@dataclass(frozen=True, slots=True)
class Held:
    """A list that shrank too much to be believed at once: since when, to how many."""

    since: int
    rows: int


@dataclass(frozen=True, slots=True)
class Seen:
    """The list as it was fetched: what makes the next request conditional."""

    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed, when to ask again (seconds), and what it did until then."""

    why: str
    retry_after: float | None = None
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True, slots=True)
class FeedState:
    """One source's state.

    `fence` counts the leases that there were: who has an earlier one can no
    longer write. `run_at` is that of a run which is not finished, and `done`
    what its parts did before they were cut short. `listed` counts the rows of
    the last list that was believed, `oldest` is the day of the refresh longest
    ago among them.
    """

    source: str
    fence: int = 0
    owner: str | None = None
    leased_until: int | None = None
    run_at: int | None = None
    done: Counts | None = None
    seen: Seen = Seen()
    last_run: int | None = None
    last_success: int | None = None
    next_due: int | None = None
    failures: int = 0
    last_error: str | None = None
    warning: str | None = None
    last: Counts = field(default_factory=Counts)
    totals: Counts = field(default_factory=Counts)
    listed: int = 0
    oldest: int | None = None
    held: Held | None = None
    snapshot: Manifest = NOTHING

    def due_at(self, every: int) -> int:
        """Tell when a source that is read every so many minutes is due.

        While it is leased it is not. A run that died is taken up when its lease
        ends; where runs die again and again, later and later.
        """
        if self.leased_until is None:
            return self.next_due or 0
        if self.failures < _FAILURES_BEFORE_WAITING:
            return self.leased_until
        return self.leased_until + _backoff(every, self.failures)

    def health(self, now: int, every: int, *, enabled: bool = True) -> Health:
        """Tell how the source does."""
        if not enabled:
            return Health.OFF
        if self.failures:
            return Health.FAILING
        if self.last_success is None:
            return Health.NEVER
        late = max(_PATIENCE * every * MINUTE, 60 * MINUTE)
        return Health.STALE if now - self.last_success > late else Health.OK


def leased(state: FeedState, owner: str, now: int, until: int) -> FeedState:
    """Begin a run, or go on with one that was not finished, at its `run_at`.

    A lease that is still written down is that of a run that died: it counts as
    a failure.
    """
    died = state.owner is not None
    return replace(
        state,
        fence=state.fence + 1,
        owner=owner,
        leased_until=until,
        run_at=now if state.run_at is None else state.run_at,
        last_run=now,
        failures=state.failures + died,
        last_error="the run ended without a word" if died else state.last_error,
    )


def unchanged(state: FeedState, now: int, every: int) -> FeedState:
    """End a run that found the list as it was."""
    return _ended(state, now, every)


def succeeded(
    state: FeedState, now: int, every: int, seen: Seen, counts: Counts
) -> FeedState:
    """End a run that read the whole list.

    `listed` and `oldest` are the caller's to replace, as is `held` by `judged`.
    A list that is held is read again next time, though it may be the same.
    """
    done = counts if state.done is None else _joined(state.done, counts)
    return replace(
        _ended(state, now, every),
        seen=Seen() if state.held else _safe(seen),
        last=Counts().plus(done),
        totals=state.totals.plus(replace(counts, rejected={})),
    )


def cut(state: FeedState, now: int, counts: Counts) -> FeedState:
    """Stop a run whose time is up: it is due at once, and goes on.

    What is published by now is no list that was ever there as a whole, so the
    list is read again whatever its validators say.
    """
    done = counts if state.done is None else _joined(state.done, counts)
    return replace(
        _free(state),
        done=Counts().plus(done),
        seen=Seen(),
        next_due=now,
        totals=state.totals.plus(replace(counts, rejected={})),
    )


def failed(state: FeedState, now: int, every: int, failure: Failure) -> FeedState:
    """End a run that failed; the next is later the more have failed in a row.

    Where something was published, the next run goes on with this one's `run_at`.
    """
    failures = state.failures + 1
    wait = _backoff(every, failures)
    if failure.retry_after is not None:
        wait = max(wait, min(round(failure.retry_after * MICROSECONDS), DAY))
    counts = failure.counts
    if state.done is not None or counts.new + counts.updated + counts.vanished:
        state = cut(state, now, counts)
    else:
        state = replace(_free(state), run_at=None)
    return replace(
        state,
        next_due=now + wait,
        failures=failures,
        last_error=failure.why[:LONGEST_TEXT],
    )


def judged(state: FeedState, now: int, now_rows: int, *, plausible: bool) -> FeedState:
    """Decide on what has vanished: it is held where the state then says so.

    What is not plausible is held until another run, half a day later or more,
    finds the same: as many rows within a factor of two.
    """
    if plausible:
        return replace(state, held=None, warning=None)
    held = state.held
    if held is None or not _is_alike(held.rows, now_rows):
        held = Held(now, now_rows)
    elif now - held.since >= HOLD:
        return replace(state, held=None, warning=None, listed=now_rows)
    warning = (
        f"the list shrank from {state.listed} rows to {now_rows}: "
        "what vanished is kept until this is confirmed"
    )
    return replace(state, held=held, warning=warning)


def _ended(state: FeedState, now: int, every: int) -> FeedState:
    """Count from the beginning of the run, lest each be later than the last."""
    period = every * MINUTE
    begun = now if state.last_run is None else state.last_run
    return replace(
        _free(state),
        run_at=None,
        done=None,
        last_success=now,
        next_due=begun + period - min(period // 10, _SLACK),
        failures=0,
        last_error=None,
    )


def _free(state: FeedState) -> FeedState:
    return replace(state, owner=None, leased_until=None)


def _backoff(every: int, failures: int) -> int:
    period = every * MINUTE
    doublings = min(failures - 1, _MOST_DOUBLINGS)
    return min(period << doublings, max(period, DAY))


def _joined(done: Counts, now: Counts) -> Counts:
    """Count a run in parts: each part reads the whole list again."""
    return replace(
        now,
        same=max(now.same - done.new - done.updated, 0),
        new=now.new + done.new,
        updated=now.updated + done.updated,
        vanished=now.vanished + done.vanished,
    )


def _is_alike(before: int, now: int) -> bool:
    return max(before, now) <= _ALIKE * min(before, now) or before == now


def _bounded(reasons: Mapping[str, int]) -> dict[str, int]:
    if len(reasons) <= MOST_REASONS:
        return dict(reasons)
    ranked = sorted(reasons, key=lambda why: (why == _OTHER, -reasons[why], why))
    kept = {why: reasons[why] for why in ranked[: MOST_REASONS - 1]}
    rest = sum(reasons[why] for why in ranked[MOST_REASONS - 1 :])
    return {**kept, _OTHER: rest}


def _safe(seen: Seen) -> Seen:
    """Forget validators that are too long to be kept."""
    texts = (seen.etag, seen.last_modified, seen.digest)
    most = LONGEST_VALIDATOR
    return Seen(*(text if len(text or "") <= most else None for text in texts))
