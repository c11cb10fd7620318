"""Operations that write, into a collection that holds 10,000 already."""

from __future__ import annotations

import json
from collections import Counter

from bench import handler, indicators
from bench.figures import Figures
from bench.handler import Request
from bench.loading import AT_ONCE, post
from bench.rig import RUNS, Rig

GROUP = "writing into 10,000 objects"
ONE, FEW = "POST of 1 new", "POST of 95 new"
MANY = "POST of 1,000 new"
AGAIN = "POST of the same 1,000 again"
NEWER = "POST of newer versions of 1,000"
_SIZES = {ONE: 1, FEW: 95, MANY: AT_ONCE}
_MANY_RUNS = 3
_WORDS = {"HEAD": "head", "LOG": "segments", "FACET": "links", "CARD": "cards"}
_WORDS |= {"OLD": "marks", "HIST": "histories", "BLOB": "chunks", "STATUS": "status"}


def measure_writing(rig: Rig, figures: Figures, collection: str) -> None:
    """Add, add again, add newer, take away."""
    for name, count in _SIZES.items():
        runs = _MANY_RUNS if count == AT_ONCE else RUNS
        done = rig.often(lambda n, count=count: _fresh(collection, count, n), runs)  # type: ignore[misc]
        figures.rows.append(done.row(GROUP, name, count, kinds(done.tally.writes)))
    again = rig.often(lambda _: _fresh(collection, AT_ONCE, 0), _MANY_RUNS)
    figures.rows.append(again.row(GROUP, AGAIN, AT_ONCE))
    newer = rig.often(lambda n: _fresh(collection, AT_ONCE, n, version=1), _MANY_RUNS)
    note = kinds(newer.tally.writes)
    figures.rows.append(newer.row(GROUP, NEWER, AT_ONCE, note))
    _measure_deleting(rig, figures, collection)


def kinds(writes: Counter[str]) -> str:
    """Tell which items the write units are for."""
    parts = ((_WORDS.get(kind, kind), count) for kind, count in writes.most_common())
    return ", ".join(f"{word} {count:,}" for word, count in parts)


def _measure_deleting(rig: Rig, figures: Figures, collection: str) -> None:
    texts = indicators.texts(AT_ONCE, seed=_seed(AT_ONCE, 1))
    ids = [json.loads(text)["id"] for text in texts][:: AT_ONCE // (RUNS + 1)]

    def remove(number: int) -> Request:
        path = {"collection": collection, "object_id": ids[number]}
        return Request("DELETE", handler.OBJECT, path, {"match[version]": "last"})

    done = rig.often(remove)
    note = kinds(done.tally.writes)
    figures.rows.append(done.row(GROUP, "DELETE of one version", 1, note))


def _fresh(collection: str, count: int, number: int, *, version: int = 0) -> Request:
    texts = indicators.texts(count, seed=_seed(count, number), version=version)
    return post(collection, texts)


def _seed(count: int, number: int) -> int:
    return 1_000_000 + 100 * count + number
