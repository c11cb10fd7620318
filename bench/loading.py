"""Filling collections, and crawling them: objects for each second."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from bench import handler
from bench.figures import Speed
from bench.handler import Request
from bench.meter import Tally
from bench.rig import Measured, Rig, settle
from chalicelib.core.log.stix_text import Read, StixText, objects_in

Progress = Callable[[int], None]
AT_ONCE = 1_000


def bundle(texts: Iterable[str]) -> str:
    """Write an envelope."""
    return f'{{"objects":[{",".join(texts)}]}}'


def as_texts(text: str) -> Iterator[StixText]:
    """Read an object as the services take it."""
    return objects_in(io.StringIO(text).read)


def batches(texts: Iterable[str], size: int = AT_ONCE) -> Iterator[list[str]]:
    """Cut into lists."""
    rest = iter(texts)
    while batch := list(islice(rest, size)):
        yield batch


def post(collection: str, texts: Iterable[str]) -> Request:
    """Ask to add objects."""
    path = {"collection": collection}
    return Request("POST", handler.OBJECTS, path, {}, bundle(texts))


def objects(collection: str, **query: Any) -> Request:
    """Ask for a page; `_` in a name of `match_type` means brackets."""
    path = {"collection": collection}
    return Request("GET", handler.OBJECTS, path, to_query(query))


def to_query(given: Mapping[str, Any]) -> dict[str, str]:
    """Write match_type=… as match[type]=…."""
    names = {
        name: f"match[{name[6:]}]" if name.startswith("match_") else name
        for name in given
    }
    return {names[name]: str(value) for name, value in given.items()}


def fill_by_posts(
    rig: Rig, name: str, collection: str, texts: Iterable[str], progress: Progress
) -> Speed:
    """Add objects by POSTs of 1,000."""
    total, seconds, count = Tally(), 0.0, 0
    for batch in batches(texts):
        request = post(collection, batch)
        began = time.perf_counter()
        done = rig.once(request)
        seconds += time.perf_counter() - began
        add(total, done.tally)
        count += len(batch)
        progress(count)
        if done.answer.json()["success_count"] != len(batch):
            raise RuntimeError(f"{name}: not everything was added")
    return Speed(name, count, seconds, total.cpu, total.cpu - total.botocore)


class Load:
    """Objects added as `taxiway load` does, without HTTP."""

    def __init__(self, rig: Rig, collection: str) -> None:
        settle()
        self.tally = Tally()
        self.count = 0
        self._seconds = 0.0
        self._rig = rig
        self._collection = rig.container.collections.find(collection)

    def take(self, read: Read, progress: Progress) -> None:
        """Add what a file holds."""
        began = time.perf_counter()
        adding = self._rig.container.adding
        with self._rig.meter.counting() as tally:
            for outcome in adding.add(self._collection, objects_in(read)):
                if outcome.state != "added":
                    raise RuntimeError(f"{outcome}")
                self.count += 1
                if self.count % AT_ONCE == 0:
                    progress(self.count)
        self._seconds += time.perf_counter() - began
        add(self.tally, tally)

    def speed(self, name: str) -> Speed:
        """Tell how fast it was."""
        own = self.tally.cpu - self.tally.botocore
        return Speed(name, self.count, self._seconds, self.tally.cpu, own)


class Crawl:
    """A collection read from its beginning to its end, page by page."""

    def __init__(
        self, rig: Rig, name: str, collection: str, progress: Progress
    ) -> None:
        settle()
        self.tally = Tally()
        self.pages: list[Tally] = []
        self.cursors = [""]
        self.count = self.bytes_out = 0
        self.newest = ""
        seconds = 0.0
        more = True
        while more:
            query = {"next": self.cursors[-1]} if self.cursors[-1] else {}
            request = objects(collection, **query)
            began = time.perf_counter()
            page = rig.once(request)
            seconds += time.perf_counter() - began
            more = self._take(page)
            progress(self.count)
        cpu, own = self.tally.cpu, self.tally.cpu - self.tally.botocore
        self.speed = Speed(name, self.count, seconds, cpu, own)

    def _take(self, page: Measured) -> bool:
        add(self.tally, page.tally)
        self.pages.append(page.tally)
        self.bytes_out += len(page.answer.body.encode())
        envelope = page.answer.json()
        self.count += len(envelope["objects"])
        self.cursors.append(envelope["next"])
        self.newest = page.answer.headers["X-TAXII-Date-Added-Last"]
        return bool(envelope["more"])


def add(total: Tally, tally: Tally) -> None:
    """Add what some work took to what all took."""
    total.calls += tally.calls
    total.sent += tally.sent
    total.reads += tally.reads
    total.writes.update(tally.writes)
    total.operations.update(tally.operations)
    total.cpu += tally.cpu
    total.botocore += tally.botocore
