"""Lists of IOCs: each depth, both ways, filters, the plain formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from bench import handler, units, values
from bench.figures import Figures, Pages
from bench.loading import Progress
from bench.rig import Measured, Rig, settle, to_row
from bench.values import RARE_SOURCE, RARE_TAG, RARE_TYPE
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists import entries
from chalicelib.core.lists.listing import Filters
from chalicelib.core.log.head import ROWS
from chalicelib.core.windows import DAY
from chalicelib.services.catalogue import Window
from chalicelib.services.totals import Totals
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.items import codec, segment

LIST = "/iocs"
SORTS = {"newest first": "modified:desc", "oldest first": "modified:asc"}
EXPORT_RUNS = 3
TOTALS = "totals of a list, once a minute and process"
SAME = "304: nothing has changed"

_COMMON_TAG = values.FAMILIES[0].casefold()
_RARE: dict[str, tuple[dict[str, str], Filters]] = {
    "type, one in 1,000": ({"type": RARE_TYPE}, Filters(types=(RARE_TYPE,))),
    "source, 20 in 10,000, side by side": (
        {"source": RARE_SOURCE},
        Filters(sources=(RARE_SOURCE,)),
    ),
    "tag, one in 1,000": ({"tag": RARE_TAG}, Filters(tags=(RARE_TAG,))),
}
_COMMON: dict[str, dict[str, str]] = {
    "type, common": {"type": IocType.URL},
    "two types": {"type": f"{IocType.DOMAIN},{IocType.MD5}"},
    "source, common": {"source": "urlhaus"},
    "tag, common": {"tag": _COMMON_TAG},
    "confidence=high": {"confidence": "high"},
    "type, tag and confidence": {
        "type": IocType.URL,
        "tag": _COMMON_TAG,
        "confidence": "high",
    },
}


class Depth(NamedTuple):
    """Where in a list a page lies, and the cursor that leads there."""

    name: str
    cursor: dict[str, str]


def group_of(size: int) -> str:
    """Name what is measured at a size."""
    return f"{size:,} IOCs"


def measure_lists(rig: Rig, figures: Figures, size: int, progress: Progress) -> None:
    """Read the list at each depth, both ways, then under filters."""
    group = group_of(size)
    for way, sort in SORTS.items():
        pages, depths = _crawl(rig, f"{group}, {way}", sort, progress)
        figures.pages.append(pages)
        for depth in depths:
            for limit in (100, 1_000):
                query = {"limit": str(limit), "sort": sort, **depth.cursor}
                page = rig.read(handler.get(LIST, query))
                name = f"page of {limit:,}, {way}, {depth.name}"
                figures.rows.append(page.row(group, name, count_of(page)))
    _measure_totals(rig, figures, group)
    for name, query in _COMMON.items():
        page = rig.read(handler.get(LIST, {"limit": "100", **query}))
        figures.rows.append(page.row(group, f"page of 100, {name}", count_of(page)))
    for name, (query, filters) in _RARE.items():
        _measure_rare(rig, figures, (group, name), query, filters)
    _measure_plain(rig, figures, group)


def count_of(done: Measured) -> int:
    """Count the IOCs of a page of JSON."""
    return len(done.answer.json()["data"])


def _crawl(
    rig: Rig, name: str, sort: str, progress: Progress
) -> tuple[Pages, list[Depth]]:
    """Read a list to its end, a thousand at a time."""
    settle()
    calls: list[int] = []
    reads: list[float] = []
    cursors = [""]
    done = 0
    while len(cursors) == len(calls) + 1:
        query = {"limit": "1000", "sort": sort, **_from(cursors[-1])}
        page = rig.once(handler.get(LIST, query))
        calls.append(page.tally.sent)
        reads.append(page.tally.reads)
        done += count_of(page)
        progress(done)
        if following := page.answer.json()["meta"]["next_cursor"]:
            cursors.append(following)
    places = {
        "first": 0,
        "middle": len(calls) // 2,
        "last tenth": len(calls) * 19 // 20,
    }
    if len(calls) == 1:
        places = {"the only one": 0}
    depths = [Depth(each, _from(cursors[at])) for each, at in places.items()]
    return Pages(name, calls, reads), depths


def _from(cursor: str) -> dict[str, str]:
    return {"cursor": cursor} if cursor else {}


def _measure_totals(rig: Rig, figures: Figures, group: str) -> None:
    container = rig.container
    for days, since in (("all", 0), ("30 days", container.clock.now() - 30 * DAY)):
        with rig.meter.counting() as tally:
            window = Window(since, container.clock.now())
            Totals(container.statistics, container.clock).of(Filters(), window)
        figures.rows.append(to_row((group, f"{TOTALS}, {days}"), 1, tally, 0))


def _measure_rare(
    rig: Rig,
    figures: Figures,
    name: tuple[str, str],
    query: Mapping[str, str],
    filters: Filters,
) -> None:
    page = rig.read(handler.get(LIST, {"limit": "1000", **query}))
    own = _own_segments(rig, filters)
    figures.own_rows[name] = own
    note = f"the segments that its chain leads to: {own:.0f} read units"
    figures.rows.append(page.row(*name, count_of(page), note))


def _own_segments(rig: Rig, filters: Filters) -> float:
    """Reckon what reading the segments that have what is asked for costs at least."""
    (wanted,) = entries.facets_of(filters)
    return sum(
        units.get_units(item)
        for item in rig.table.query_all(schema.log(ROWS))
        if any(
            not wanted.isdisjoint(one.entry.facets)
            for one in segment.unpack(codec.item_to_segment(item).packed)
        )
    )


def _measure_plain(rig: Rig, figures: Figures, group: str) -> None:
    for form in ("csv", "txt", "ndjson"):
        query = {"format": form, "limit": "1000"}
        page = rig.often(lambda _, query=query: handler.get(LIST, query), EXPORT_RUNS)  # type: ignore[misc]
        figures.rows.append(page.row(group, f"{form} of 1,000", 1_000))
    first = rig.once(handler.get(LIST, {"limit": "1000"}))
    request = handler.get(LIST, {"limit": "1000"})
    known = {"If-None-Match": first.answer.headers["ETag"]}
    same = rig.read(replace(request, headers=known))
    figures.rows.append(same.row(group, SAME, 0))
