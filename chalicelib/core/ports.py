"""What the inside needs of the outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

from chalicelib.core.apikey import ApiKey
from chalicelib.core.collection import Collection
from chalicelib.core.feeds.snapshot import Comparison, Snapshot
from chalicelib.core.feeds.state import FeedState
from chalicelib.core.log.entry import CardVersion, Entry, NewEntry, Standing
from chalicelib.core.log.head import Head
from chalicelib.core.log.query import Query
from chalicelib.core.usage import DayUsage

State = Literal["added", "present", "failed"]


class Placement(NamedTuple):
    """What became of an entry that was to be added.

    `version` is the one that the log has it under, where it has. `later` is the
    version of the object that was the latest before, if that is a later one.
    """

    state: State
    version: str | None
    problem: str | None = None
    later: str | None = None


class PageRequest(NamedTuple):
    """What a page is asked for with.

    `after` is a position in microseconds, `limit` counts entries, `room` is
    the bytes that their data may take inside a JSON string (0: no data wanted).
    """

    after: int
    limit: int
    room: int
    query: Query


class LogPage(NamedTuple):
    """A page of a log.

    `data` holds the bytes of each entry (nothing, where only the entries were
    asked for); `position` is where to go on from; `more` tells that an entry
    follows that fits the query. `known` counts the versions, at any time, of
    the ids that were asked for.
    """

    entries: list[Entry]
    data: list[bytes]
    position: int
    more: bool
    known: int = 0


class Tidied(NamedTuple):
    """What compaction did: segments that went, entries that became history."""

    segments: int = 0
    moved: int = 0

    def plus(self, other: Tidied) -> Tidied:
        """Add up."""
        return Tidied(self.segments + other.segments, self.moved + other.moved)


class Taken(NamedTuple):
    """What a key has taken, in tenths of a request, this minute and this day.

    Of a request that was not accepted nothing was counted.
    """

    accepted: bool
    minute: int
    day: int


class Clock(Protocol):
    """Time and chance."""

    def now(self) -> int:
        """Tell the time in microseconds since 1970, UTC."""

    def monotonic(self) -> float:
        """Tell seconds that never go back, from any start."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def chance(self) -> float:
        """Give a number from 0 to 1, 1 excluded."""


class ObjectLog(Protocol):
    """The log of each collection: what was added, in the order it was."""

    def head(self, collection: str) -> Head:
        """Read where a log ends. Raises NotFound."""

    def append(
        self, collection: str, entries: Sequence[NewEntry], deadline: float
    ) -> Iterator[Placement]:
        """Add entries in order and tell of each once it is settled.

        Raises NotFound, and Unavailable at the deadline (monotonic seconds).
        """

    def page(self, head: Head, asked: PageRequest) -> LogPage:
        """Read a page, oldest entries first."""

    def versions(
        self, head: Head, object_id: str
    ) -> list[tuple[CardVersion, Standing]]:
        """List the versions of an object, in the order they were added."""

    def remove(
        self, collection: str, object_id: str, query: Query, deadline: float
    ) -> int:
        """Remove versions of an object; tell how many. Raises NotFound."""

    def compact(self, collection: str, deadline: float) -> Tidied:
        """Keep a log dense."""


class CollectionStore(Protocol):
    """The collections that there are."""

    def create(self, collection: Collection) -> None:
        """Add a collection. Raises Conflict when a name of it is taken."""

    def ensure_log(self, name: str, created: int) -> None:
        """Make a log that is no collection, unless it is there."""

    def all(self, *, closing: bool = False) -> list[Collection]:
        """List the collections, oldest first.

        With `closing` also those whose removal was begun and not finished.
        """

    def id_of(self, alias: str) -> str | None:
        """Find the id behind an alias."""

    def set_tier(self, collection: str, tier: str | None) -> None:
        """Set what a key without grants needs to read it. Raises NotFound."""

    def remove(self, collection: Collection, progress: Callable[[int], None]) -> int:
        """Remove a collection with all that is in it; tell how many items."""


class KeyStore(Protocol):
    """The API keys, by the hash of their secret."""

    def add(self, digest: str, key: ApiKey, *, revision: int | None = None) -> None:
        """Add a key.

        With a `revision`: raises Conflict when a key of the same owner and tier
        was added since it was read.
        """

    def revision(self, key: ApiKey) -> int:
        """Tell how many keys were added for a key's owner and tier that way."""

    def find(self, digest: str) -> ApiKey | None:
        """Find a key by the hash of what was presented."""

    def get(self, key_id: str) -> ApiKey:
        """Find a key by its id. Raises NotFound."""

    def all(self) -> list[ApiKey]:
        """List the keys, oldest first."""

    def revoke(self, key_id: str, at: int, reason: str | None) -> ApiKey:
        """End a key for good. Raises NotFound."""

    def touch(self, digest: str, at: int) -> None:
        """Note that a key was used."""


class CounterStore(Protocol):
    """What each key has taken of its tier."""

    def take(
        self, key_id: str, cost: int, now: int, most: tuple[int | None, int | None]
    ) -> Taken:
        """Count a request for the minute and the day, or refuse it, at once.

        `cost` and `most` (of a minute, of a day) are in tenths of a request.
        """


class Plans(Protocol):
    """The usage plans that stand before the exact counters."""

    def admit(self, key: ApiKey) -> None:
        """Let a key's callers in under the plan of its tier. Raises Unavailable."""

    def dismiss(self, key_id: str) -> None:
        """Let them in no more. Raises Unavailable."""


class Secrets(Protocol):
    """The secrets of a stage, by name."""

    def get(self, name: str) -> bytes:
        """Give a secret. Raises Unavailable."""

    def ensure(self, name: str) -> bool:
        """Make a secret up where there is none; tell whether that was so."""

    def text(self, name: str) -> str:
        """Give a secret that somebody else made up, such as a feed's key.

        Raises Unavailable.
        """


class StatusStore(Protocol):
    """What became of each request to add objects, for a while."""

    def put(self, identifier: str, document: bytes, expires: int) -> None:
        """Keep a document until a time in microseconds."""

    def get(self, identifier: str, now: int) -> bytes | None:
        """Give a document that has not expired."""


class UsageStore(Protocol):
    """What each key has used, day by day."""

    def add(self, usage: DayUsage) -> None:
        """Add to what is counted of a key on a day: all of it or nothing."""

    def read(self, key_id: str, first: int, last: int) -> list[DayUsage]:
        """Read those of some days, first and last included, that are counted."""


class FeedStore(Protocol):
    """What is known of each source: its state, and what its list said last.

    Who has a lease hands on the state that the last call gave.
    """

    def states(self) -> dict[str, FeedState]:
        """Give the states of all sources that were ever leased."""

    def state(self, source_id: str) -> FeedState:
        """Give the state of one source, a blank one where there is none."""

    def lease(
        self, state: FeedState, owner: str, now: int, until: int
    ) -> FeedState | None:
        """Begin a run, or go on with one that died; None where somebody else has.

        `owner` is unlike that of any other run.
        """

    def snapshot(self, state: FeedState) -> Snapshot:
        """Read what a list said. Raises Conflict where it is replaced meanwhile."""

    def save(self, state: FeedState, comparison: Comparison) -> FeedState:
        """Keep what a run has done so far. Raises Conflict without the lease."""

    def finish(
        self, state: FeedState, comparison: Comparison | None = None
    ) -> FeedState:
        """Keep the rest and give the lease back. Raises Conflict without it."""
