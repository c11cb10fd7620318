"""One run's way through one list: what is news goes out, the rest is passed over.

The snapshot of the last run tells which rows are news, so that a row which was
there before costs neither a read nor a write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b

from chalicelib.core.feeds.snapshot import MOST_UNSAVED, Comparison, name_of
from chalicelib.core.feeds.state import Counts
from chalicelib.core.iocs import validity
from chalicelib.core.iocs.ioc import IocType, Raw, RawArticle, Rejected, Sighting
from chalicelib.core.ports import Clock
from chalicelib.ingest.clean import clean
from chalicelib.ingest.formats import Row, is_remark
from chalicelib.ingest.news.articles import read_article
from chalicelib.ingest.publish import BATCH, Published, Publisher
from chalicelib.ingest.source import Source
from chalicelib.ingest.warninglists import WarningLists

_KEY, _DIGEST = 10, 4
_PATIENCE = 30.0
"""Seconds behind the deadline that a batch may still take."""


class OutOfTime(Exception):
    """The run has to stop here, and goes on from here the next time."""


@dataclass(frozen=True, slots=True)
class Means:
    """What reading a list takes."""

    publisher: Publisher
    benign: WarningLists
    clock: Clock


class Reading:
    """Reads the rows of one list and publishes what is news among them."""

    def __init__(
        self,
        source: Source,
        comparison: Comparison,
        run_at: int,
        deadline: float,
        means: Means,
    ) -> None:
        """Begin with nothing read."""
        self._source = source
        self._comparison = comparison
        self._run_at = run_at
        self._deadline = deadline
        self._means = means
        self._waiting: dict[bytes, Sighting] = {}
        self._published = Published()
        self._rows = 0
        self._same = 0
        self._rejected: Counter[str] = Counter()

    @property
    def counts(self) -> Counts:
        """What was found so far."""
        return Counts(
            rows=self._rows,
            new=self._published.new,
            updated=self._published.updated,
            same=self._same + self._published.same,
            rejected=dict(self._rejected),
        )

    def read(self, rows: Iterable[Row], save: Callable[[], None]) -> None:
        """Read all rows; `save` is called now and then to keep what is done.

        Raises OutOfTime, and what the rows or storage raise.
        """
        for row in rows:
            self._take(row)
            if len(self._waiting) >= BATCH:
                self.publish()
            if len(self._comparison.unsaved) >= MOST_UNSAVED:
                save()
            if self._means.clock.monotonic() > self._deadline:
                self.publish()
                raise OutOfTime
        self.publish()

    def publish(self) -> None:
        """Publish what waits."""
        if not self._waiting:
            return
        said = list(self._waiting.values())
        done = self._means.publisher.publish(
            self._source, said, self._run_at, self._limit
        )
        self._published = self._published.plus(done)
        if done.refused:
            self._rejected["the collections cannot take it"] += done.refused
        for name in self._waiting:
            self._comparison.put(name, self._today)
        self._waiting.clear()

    def _take(self, row: Row) -> None:
        if isinstance(row, Rejected):
            self._rows += not is_remark(row)
            self._rejected[row.why] += 1
            return
        self._rows += 1
        if isinstance(row, RawArticle):
            self._article(row)
        else:
            self._value(row)

    def _value(self, raw: Raw) -> None:
        now = self._means.clock.now()
        found = clean(raw, self._source.id, self._means.benign, now=now)
        if isinstance(found, Rejected):
            self._rejected[found.why] += 1
            return
        name = name_of(found)
        if name in self._waiting or not self._is_news(name, found.type):
            self._same += 1
        else:
            self._waiting[name] = found

    def _article(self, raw: RawArticle) -> None:
        name = _name_of_article(raw)
        if self._comparison.look(name) is not None:
            self._same += 1
            return
        means = self._means
        article = read_article(raw, self._source, means.benign)
        done = means.publisher.publish_article(
            self._source, article, self._run_at, self._limit
        )
        self._published = self._published.plus(done)
        self._comparison.put(name, self._today)

    def _is_news(self, name: bytes, kind: IocType) -> bool:
        day = self._comparison.look(name)
        if day is None:
            return True
        after = validity.refresh_after(kind, self._source.valid_days)
        return after is not None and self._today - day >= after

    @property
    def _today(self) -> int:
        return validity.day_of(self._run_at)

    @property
    def _limit(self) -> float:
        # A batch that is begun is finished, within reason.
        return self._deadline + _PATIENCE


def _name_of_article(raw: RawArticle) -> bytes:
    which = f"article:{raw.guid or raw.url}".encode()
    what = f"{raw.title}\n{raw.html}".encode(errors="surrogatepass")
    return (
        blake2b(which, digest_size=_KEY).digest()
        + blake2b(what, digest_size=_DIGEST).digest()
    )
