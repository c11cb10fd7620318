"""Operations that read, on collections of each size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bench import handler, indicators, units
from bench.figures import Figures, Pages
from bench.handler import Request
from bench.loading import Crawl, Progress, fill_by_posts, objects
from bench.rig import Measured, Rig, to_row
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.items import codec

RARE = 20
SPREAD, CLUSTERED = "tool", "campaign"
_WHEN = "2026-08-05T12:00:00.000Z"
_TEN_THOUSAND = 10_000


def measure_size(rig: Rig, figures: Figures, size: int, progress: Progress) -> str:
    """Fill a collection, crawl it, and read it at each depth."""
    group = f"{size:,} indicators"
    collection = rig.new_collection(group)
    texts = indicators.texts(size, seed=size)
    speed = fill_by_posts(rig, f"load {group}", collection, texts, progress)
    figures.speeds.append(speed)
    crawl = add_crawl(rig, figures, group, collection, progress)
    poll = rig.read(objects(collection, added_after=crawl.newest))
    figures.rows.append(poll.row(group, "empty poll", 0))
    for name, number in _depths(len(crawl.pages)).items():
        cursor = crawl.cursors[number]
        page = rig.read(objects(collection, **({"next": cursor} if cursor else {})))
        figures.rows.append(page.row(group, name, count_of(page)))
    return collection


def add_crawl(
    rig: Rig, figures: Figures, group: str, collection: str, progress: Progress
) -> Crawl:
    """Crawl a collection and write down what it took."""
    crawl = Crawl(rig, f"crawl {group}", collection, progress)
    figures.speeds.append(crawl.speed)
    calls, reads = [one.sent for one in crawl.pages], [p.reads for p in crawl.pages]
    figures.pages.append(Pages(group, calls, reads))
    name = (group, "whole crawl")
    figures.rows.append(to_row(name, crawl.count, crawl.tally, crawl.bytes_out))
    return crawl


def measure_filters(rig: Rig, figures: Figures, collection: str) -> None:
    """Read a collection of 10,000 under filters."""
    group = "10,000 indicators, filtered"
    ids = _ids(_TEN_THOUSAND, RARE)
    asked = {
        "match[type]=indicator": objects(collection, match_type="indicator"),
        "match[version]=all": objects(collection, match_version="all"),
        "match[id] of one": objects(collection, match_id=ids[0]),
        f"match[id] of {RARE}": objects(collection, match_id=",".join(ids)),
        "object": _about(handler.OBJECT, collection, ids[0]),
        "versions of an object": _about(handler.VERSIONS, collection, ids[0]),
        "manifest page": Request(
            "GET", handler.MANIFEST, {"collection": collection}, {}
        ),
    }
    for name, request in asked.items():
        done = rig.read(request)
        figures.rows.append(done.row(group, name, count_of(done)))


def measure_rare(rig: Rig, figures: Figures, progress: Progress) -> str:
    """Fill a collection with two rare types, and ask for each."""
    group = "10,000 objects, two types rare"
    collection = rig.new_collection(group)
    fill_by_posts(rig, group, collection, _with_rare(), progress)
    for kind, how in ((SPREAD, "spread"), (CLUSTERED, "side by side")):
        name = f"match[type] of {RARE}, {how}"
        done = rig.read(objects(collection, match_type=kind))
        if count_of(done) != RARE:
            raise RuntimeError(f"{name}: {count_of(done)} objects")
        own = _own_segments(rig, collection, kind)
        note = f"its own segments: {own:.0f} read units"
        figures.rows.append(done.row(group, name, RARE, note))
        figures.own_segments[name] = own
    return collection


def count_of(done: Measured) -> int:
    """Count what a page holds."""
    envelope = done.answer.json()
    return len(envelope.get("objects", envelope.get("versions", ())))


def _depths(pages: int) -> dict[str, int]:
    if pages == 1:
        return {"page of 1,000, the only one": 0}
    return {
        "page of 1,000, first": 0,
        "page of 1,000, middle": pages // 2,
        "page of 1,000, last": pages - 1,
    }


def _about(route: str, collection: str, object_id: str) -> Request:
    path = {"collection": collection, "object_id": object_id}
    return Request("GET", route, path, {})


def _ids(size: int, count: int) -> list[str]:
    texts = enumerate(indicators.texts(size, seed=size))
    step = size // count
    return [json.loads(text)["id"] for at, text in texts if at % step == step // 2]


def _with_rare() -> Iterator[str]:
    """Give 10,000 objects: one type turns up now and then, another all at once."""
    common = _TEN_THOUSAND - 2 * RARE
    every, half = common // RARE, common // 2
    for number, text in enumerate(indicators.texts(common, seed=1)):
        if number % every == every // 2:
            yield _rare(SPREAD, number)
        if number == half:
            yield from (_rare(CLUSTERED, one) for one in range(RARE))
        yield text


def _rare(kind: str, number: int) -> str:
    made: dict[str, Any] = {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--00000000-0000-4000-8000-{number:012d}",
        "created": _WHEN,
        "modified": _WHEN,
        "name": f"{kind} {number}",
        "description": "Turns up rarely. " * 20,
    }
    return indicators.to_text(made)


def _own_segments(rig: Rig, collection: str, kind: str) -> float:
    """Reckon what reading the segments that hold a type costs at least."""
    return sum(
        units.get_units(item)
        for item in rig.table.query_all(schema.log(collection))
        if kind in codec.item_to_segment(item).facets
    )
