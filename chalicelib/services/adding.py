"""Adding STIX objects to a collection, each judged on its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from chalicelib.core.collection import Collection
from chalicelib.core.log.entry import NewEntry
from chalicelib.core.log.stix_object import InvalidObject, name_of, read_header
from chalicelib.core.log.stix_text import StixText
from chalicelib.core.ports import Clock, ObjectLog, State
from chalicelib.errors import Unavailable

_AT_ONCE = 480
_BYTES_AT_ONCE = 4_000_000
_NEVER = float("inf")


class Outcome(NamedTuple):
    """What became of one object; `id` names it even where it has no good id."""

    id: str
    version: str | None
    state: State
    message: str | None = None


class _Waiting(NamedTuple):
    """An object on its way: what is known of it, and what is to be added."""

    outcome: Outcome
    entry: NewEntry | None


class Adding:
    """Adds objects to collections."""

    def __init__(self, log: ObjectLog, clock: Clock) -> None:
        """Read nothing yet."""
        self._log = log
        self._clock = clock

    def add(
        self,
        collection: Collection,
        texts: Iterable[StixText],
        *,
        seconds: float | None = None,
    ) -> Iterator[Outcome]:
        """Add objects in order; yields what became of each.

        What is there already is a success that changes nothing. Raises
        Unavailable when the storage fails before anything was settled; after
        that, and when the `seconds` are over, the rest are failures.
        """
        deadline = _NEVER if seconds is None else self._clock.monotonic() + seconds
        broken: Unavailable | None = None
        settled = False
        for batch in _batches(texts):
            if broken is None:
                try:
                    for outcome in self._place(collection, batch, deadline):
                        settled = settled or outcome.state != "failed"
                        yield outcome
                    continue
                except _Stopped as stopped:
                    broken = stopped.error
                    batch = batch[stopped.done :]  # noqa: PLW2901 - what is left of it
                    if not settled:
                        raise broken from None
            yield from (_given_up(waiting, broken) for waiting in batch)

    def _place(
        self, collection: Collection, batch: list[_Waiting], deadline: float
    ) -> Iterator[Outcome]:
        entries = [waiting.entry for waiting in batch if waiting.entry]
        placements = self._log.append(collection.id, entries, deadline)
        for done, waiting in enumerate(batch):
            if waiting.entry is None:
                yield waiting.outcome
                continue
            try:
                placed = next(placements)
            except Unavailable as error:
                raise _Stopped(error, done) from error
            yield Outcome(
                waiting.entry.id, placed.version, placed.state, placed.problem
            )


class _Stopped(Exception):
    """The storage gave up after some of a batch."""

    def __init__(self, error: Unavailable, done: int) -> None:
        super().__init__(error.message)
        self.error = error
        self.done = done


def _batches(texts: Iterable[StixText]) -> Iterator[list[_Waiting]]:
    batch: list[_Waiting] = []
    size = 0
    for index, text in enumerate(texts):
        batch.append(_judge(text, index))
        size += len(text.text)
        if len(batch) >= _AT_ONCE or size >= _BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _judge(text: StixText, index: int) -> _Waiting:
    name = name_of(text, index)
    try:
        header = read_header(text)
    except InvalidObject as problem:
        message = f"objects[{index}]: {problem}"
        return _Waiting(Outcome(name, None, "failed", message), None)
    entry = NewEntry(
        id=header.id,
        version=header.version,
        spec_version=header.spec_version,
        facets=(header.type,),
        data=text.text.encode(),
    )
    return _Waiting(Outcome(header.id, header.version, "added"), entry)


def _given_up(waiting: _Waiting, broken: Unavailable) -> Outcome:
    if waiting.entry is None:
        return waiting.outcome
    return waiting.outcome._replace(state="failed", message=broken.message)
