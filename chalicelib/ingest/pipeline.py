"""A run: due? lease, fetch, read what is news, take back what vanished, keep state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import BinaryIO, cast

from chalicelib.core.feeds import state as feed_state
from chalicelib.core.feeds.snapshot import EMPTY, Comparison, Snapshot, is_plausible
from chalicelib.core.feeds.state import Counts, Failure, FeedState, Seen
from chalicelib.core.iocs import validity
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.ports import Clock, FeedStore, Secrets
from chalicelib.core.windows import MICROSECONDS
from chalicelib.errors import AppError, Conflict
from chalicelib.ingest.formats import FormatError, parse
from chalicelib.ingest.incremental import (
    asked_again,
    missed_in,
    rules_of,
    since,
    tells_all,
)
from chalicelib.ingest.publish import BATCH
from chalicelib.ingest.reading import Means, OutOfTime, Reading
from chalicelib.ingest.report import Ending, Report, tell
from chalicelib.ingest.source import Source
from chalicelib.ingest.web.fetch import Fetched, FetchFailed, Unchanged
from chalicelib.ingest.web.fetching import Fetches, opened_by
from chalicelib.observe.log import logger

_GRACE = 120
"""Seconds behind a run's deadline until another may take the source over."""


@dataclass(slots=True)
class _Run:
    """A run under way; `state` is what the last call to the store gave."""

    source: Source
    rules: str
    state: FeedState
    deadline: float
    reading: Reading | None = None
    comparison: Comparison | None = None
    vanished: int = 0

    @property
    def counts(self) -> Counts:
        counts = self.reading.counts if self.reading else Counts()
        return replace(counts, vanished=self.vanished)


class Pipeline:
    """Runs sources. `owner` makes up a name for each run, unlike any other.

    Without `secrets` feeds are asked without their keys.
    """

    def __init__(
        self,
        feeds: FeedStore,
        fetcher: Fetches,
        secrets: Secrets | None,
        means: Means,
        owner: Callable[[], str],
    ) -> None:
        """Read nothing yet."""
        self._feeds = feeds
        self._fetcher = fetcher
        self._secrets = secrets
        self._means = means
        self._clock = means.clock
        self._owner = owner

    def run_due(self, sources: Iterable[Source], deadline: float) -> list[Report]:
        """Run those that are due, the longest overdue first, while there is time."""
        states, now = self._feeds.states(), self._clock.now()
        enabled = {one.id: one for one in sources if one.enabled}
        due = {
            name: states.get(name, FeedState(name)).due_at(source.every)
            for name, source in enabled.items()
        }
        reports = []
        for name in sorted(due, key=lambda one: (due[one], one)):
            if due[name] > now or self._clock.monotonic() > deadline:
                break
            source = enabled[name]
            try:
                reports.append(self.run(source, deadline))
            except AppError as error:
                # Its lease ends by itself, and then it is taken up again.
                logger.warning("run lost", exc_info=error, extra={"source": source.id})
        return reports

    def expire(self, deadline: float) -> int:
        """Revoke what is valid no longer; tell how many.

        A run that died may have published what its list has lost since: nobody
        knows of it but its record, so the list itself is asked.
        """
        lists: dict[str, Snapshot | None] = {}

        def has(name: str, key: bytes) -> bool:
            if name not in lists:
                lists[name] = self._list_of(name)
            found = lists[name]
            return found is None or found.has(key)

        return self._means.publisher.expire(self._clock.now(), deadline, has)

    def _list_of(self, name: str) -> Snapshot | None:
        """Give what a source's list says, None where that is not known."""
        try:
            return self._feeds.snapshot(self._feeds.state(name))
        except Conflict:
            return None

    def run(self, source: Source, deadline: float) -> Report:
        """Run one source now, due or not. Raises what storage raises at the end."""
        before, now = self._feeds.state(source.id), self._clock.now()
        left = max(deadline - self._clock.monotonic(), 0) + _GRACE
        until = now + round(left * MICROSECONDS)
        state = self._feeds.lease(before, self._owner(), now, until)
        if state is None:
            return Report(source, "busy", before)
        rules = rules_of(source)
        # By other rules all of a feed is news, not only what came since.
        known = (state.seen.digest or rules).startswith(rules)
        asked = since(source, state.last_success) if known else source
        if before.run_at is not None:
            # What is published is of more than one list: none is as it was.
            state = replace(state, seen=Seen())
        run = _Run(asked, rules, state, deadline)
        try:
            ending = self._attempt(run)
        except Conflict:
            # It took so long that another run has taken the source over.
            return Report(source, "busy", self._feeds.state(source.id), run.counts)
        report = Report(source, ending, run.state, run.counts)
        tell(report)
        return report

    def _attempt(self, run: _Run) -> Ending:
        try:
            return self._fetch_and_read(run)
        except OutOfTime:
            ended = feed_state.cut(run.state, self._clock.now(), run.counts)
            self._finish(run, ended)
            return "cut"
        except FetchFailed as error:
            self._fail(run, error.why, error.retry_after)
        except FormatError as error:
            self._fail(run, str(error))
        except AppError as error:
            self._fail(run, error.message)
        except Exception as error:  # noqa: BLE001 - one feed must not stop the rest
            logger.exception("fault", extra={"source": run.source.id})
            self._fail(run, f"a fault of ours: {type(error).__name__}")
        return "failed"

    def _fetch_and_read(self, run: _Run) -> Ending:
        source, seen = run.source, run.state.seen
        by_same = (seen.digest or "").startswith(run.rules) and tells_all(source)
        if self._is_stale(run) or not by_same:
            seen = Seen()
        headers = self._headers(source)
        fetched = self._fetcher.fetch(
            source.first_url,
            etag=seen.etag,
            last_modified=seen.last_modified,
            headers=headers,
            max_bytes=source.max_bytes,
            secure=source.secure,
        )
        if isinstance(fetched, Unchanged):
            return self._unchanged(run)
        with fetched.stream:
            if run.rules + fetched.digest == seen.digest:
                return self._unchanged(run)
            self._read(run, fetched, headers)
        self._take_back(run)
        self._succeed(run, fetched)
        return "read"

    def _read(self, run: _Run, fetched: Fetched, headers: Mapping[str, str]) -> None:
        source, state = run.source, run.state
        run.comparison = Comparison(self._snapshot(run))
        self._withdraw(run, run.comparison.doubted())
        run.reading = Reading(
            source,
            run.comparison,
            state.run_at or self._clock.now(),
            run.deadline,
            self._means,
        )
        opener = self._fetcher.opener(
            source.first_url,
            headers=headers,
            max_bytes=source.max_bytes,
            secure=source.secure,
        )
        rows = parse(cast("BinaryIO", fetched.stream), source, opened_by(opener))
        run.reading.read(rows, partial(self._save, run))

    def _snapshot(self, run: _Run) -> Snapshot:
        try:
            return self._feeds.snapshot(run.state)
        except Conflict:
            # Parts are missing: all of the list is news once more, which the
            # records know better.
            logger.warning("snapshot lost", extra={"source": run.source.id})
            given_up = run.state.snapshot.emptied()
            run.state = replace(run.state, snapshot=given_up)
            return EMPTY

    def _take_back(self, run: _Run) -> None:
        """Take back what vanished from a complete list, if that can be believed."""
        comparison, source = run.comparison, run.source
        if comparison is None:
            return
        plausible = is_plausible(
            run.state.listed, comparison.seen, authoritative=source.authoritative
        )
        run.state = feed_state.judged(
            run.state, self._clock.now(), comparison.seen, plausible=plausible
        )
        if run.state.held:
            return
        vanished = comparison.vanished()
        while keys := list(islice(vanished, 10 * BATCH)):
            if source.authoritative:
                _check_time(run, self._clock)
                comparison.doubt(keys)
                self._save(run)
            self._withdraw(run, keys)
        comparison.forget_replaced()

    def _withdraw(self, run: _Run, keys: Sequence[bytes]) -> None:
        if run.source.authoritative and keys:
            at = run.state.run_at or self._clock.now()
            limit = run.deadline + _GRACE / 2
            run.vanished += self._means.publisher.vanish(run.source, keys, at, limit)
        if run.comparison is not None:
            run.comparison.forget(keys)

    def _succeed(self, run: _Run, fetched: Fetched) -> None:
        comparison = run.comparison
        if comparison is None:
            return
        oldest = comparison.snapshot().oldest
        listed = run.state.listed if run.state.held else comparison.seen
        state = replace(run.state, listed=listed, oldest=oldest)
        digest = run.rules + fetched.digest
        seen = Seen(fetched.etag, fetched.last_modified, digest)
        now = self._clock.now()
        ended = feed_state.succeeded(state, now, run.source.every, seen, run.counts)
        if missed := missed_in(run.counts):
            ended = asked_again(ended, run.state.last_success, missed)
        self._finish(run, ended)

    def _unchanged(self, run: _Run) -> Ending:
        now = self._clock.now()
        self._finish(run, feed_state.unchanged(run.state, now, run.source.every))
        return "unchanged"

    def _fail(self, run: _Run, why: str, retry_after: float | None = None) -> None:
        failure = Failure(why, retry_after, run.counts)
        now = self._clock.now()
        ended = feed_state.failed(run.state, now, run.source.every, failure)
        self._finish(run, ended)

    def _save(self, run: _Run) -> None:
        if run.comparison is not None:
            run.state = self._feeds.save(run.state, run.comparison)

    def _finish(self, run: _Run, state: FeedState) -> None:
        run.state = self._feeds.finish(state, run.comparison)

    def _is_stale(self, run: _Run) -> bool:
        """Tell whether rows may need their validity refreshed, list changed or not."""
        days = [validity.refresh_after(kind, run.source.valid_days) for kind in IocType]
        soonest = min((one for one in days if one is not None), default=None)
        oldest = run.state.oldest
        today = validity.day_of(self._clock.now())
        return None not in {soonest, oldest} and today - (oldest or 0) >= (soonest or 0)

    def _headers(self, source: Source) -> dict[str, str]:
        headers = dict(source.headers)
        if source.secret and source.secret_header and self._secrets is not None:
            headers[source.secret_header] = self._secrets.text(source.secret)
        return headers


def _check_time(run: _Run, clock: Clock) -> None:
    if clock.monotonic() > run.deadline:
        raise OutOfTime
