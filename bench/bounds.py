"""The bounds of the issue, held against what was measured. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench import ingesting, tidying, writing
from bench.bounds_of_iocs import judge_iocs
from bench.figures import Bound, Figures, Pages, Row

_CALLS, _READS = 6, 40
_POLL_CALLS, _POLL_READS = 3, 2
_EACH = 4
_EACH_IOC = 12
_RUN = 2
"""Write units of a run: the lease is taken and given back."""

_ALIKE = 1.05
_BESIDES = 3
"""Read units besides the segments: the key, the head, the links."""

_EMPTIED = (
    "segments whose entries have all moved to the history stay in the log, and the "
    "page has to cross them"
)

_UNTIDY = {
    tidying.SINGLES: (
        "a segment of one object does not compress and is an item of its own. "
        "Compaction, due four times a day, joins such segments"
    ),
    tidying.WORN: (
        "the replaced versions still lie in the segments that the page crosses, and "
        "each has a mark to be read. Compaction moves them to the history"
    ),
}


def judge(figures: Figures) -> list[Bound]:
    """Say of each bound whether it is met."""
    return [
        _empty_poll(figures),
        _pages(figures),
        _depth(figures),
        _size(figures),
        _tidied(figures),
        _new(figures),
        _repeated(figures),
        *_feeds(figures),
        *_rare(figures),
        *judge_iocs(figures),
        *_known(figures),
    ]


def _empty_poll(figures: Figures) -> Bound:
    polls = [row for row in figures.rows if row.name == "empty poll"]
    calls, reads = _worst(polls)
    return Bound(
        f"an empty poll: at most {_POLL_CALLS} calls and {_POLL_READS} read units",
        _spent(calls, reads),
        calls <= _POLL_CALLS and reads <= _POLL_READS,
    )


def _pages(figures: Figures) -> Bound:
    crawls = _of_indicators(figures)
    calls = max(call for crawl in crawls for call in crawl.calls)
    reads = max(read for crawl in crawls for read in crawl.reads)
    count = sum(len(crawl.reads) for crawl in crawls)
    return Bound(
        f"a page of 1,000 indicators: at most {_CALLS} calls and {_READS} read units, "
        "in every collection, at every depth",
        f"the dearest of {count} pages: {_spent(calls, reads)}",
        calls <= _CALLS and reads <= _READS,
    )


def _depth(figures: Figures) -> Bound:
    deep = max(_of_indicators(figures), key=lambda crawl: len(crawl.reads))
    parts = list(deep.parts())
    return Bound(
        f"a page deep in a collection costs no more, within 5 % ({deep.name})",
        "read units of a page, on average, in the first, the middle and the last "
        "tenth: " + ", ".join(f"{part:.2f}" for part in parts),
        max(parts) <= parts[0] * _ALIKE,
    )


def _size(figures: Figures) -> Bound:
    crawls = sorted(_of_indicators(figures), key=lambda crawl: len(crawl.reads))
    means = {crawl.name: crawl.mean() for crawl in crawls}
    least = crawls[min(1, len(crawls) - 1)].mean()
    return Bound(
        "a page of a larger collection costs no more, within 5 %",
        "read units of a page, on average: "
        + "; ".join(f"{name} {mean:.2f}" for name, mean in means.items())
        + " (nothing follows the only page of the smallest, so no segment is read in "
        "part)",
        max(means.values()) <= least * _ALIKE,
    )


def _tidied(figures: Figures) -> Bound:
    pages = [row for row in figures.rows if row.name == tidying.AFTER]
    calls, reads = _worst(pages)
    is_met = calls <= _CALLS and reads <= _READS
    return Bound(
        f"a page of 1,000 after compaction, whatever happened to the log before: at "
        f"most {_CALLS} calls and {_READS} read units",
        _spent(calls, reads),
        is_met,
        in_the_way="" if is_met else _EMPTIED,
    )


def _new(figures: Figures) -> Bound:
    many = figures.row(writing.MANY)
    return Bound(
        f"a new object: at most {_EACH} write units",
        f"{many.each:.2f} each in a POST of 1,000",
        many.each <= _EACH,
    )


def _repeated(figures: Figures) -> Bound:
    again = figures.row(writing.AGAIN)
    return Bound(
        "a repeated object: no write unit",
        f"{again.writes} for 1,000 of them; {again.status_writes} for the status "
        "resource of the request, which TAXII asks for",
        again.writes == 0,
    )


def _feeds(figures: Figures) -> Iterator[Bound]:
    new, seen = figures.row(ingesting.NEW), figures.row(ingesting.SEEN)
    yield Bound(
        f"a new IOC: at most {_EACH_IOC} write units over all its collections",
        f"{new.each:.2f} each in a list of {ingesting.ROWS:,}",
        new.each <= _EACH_IOC,
    )
    yield Bound(
        "an IOC that is seen again: no write unit",
        f"{seen.writes} for the run itself, none for its {ingesting.ROWS:,} rows",
        seen.writes <= _RUN,
    )


def _rare(figures: Figures) -> Iterator[Bound]:
    for name, own in figures.own_segments.items():
        row = figures.row(name)
        yield Bound(
            f"{name}: what its own segments cost, and {_BESIDES} for key, head, links",
            f"{row.reads:.0f} read units; its segments are {own:.0f}",
            row.reads <= own + _BESIDES,
        )


def _known(figures: Figures) -> Iterator[Bound]:
    one = figures.row(writing.ONE)
    yield Bound(
        f"a new object that comes alone: at most {_EACH} write units",
        f"{one.each:.0f}, and {one.status_writes} for the status resource",
        one.each <= _EACH,
        gates=False,
        in_the_way=(
            "a commit writes the head, a segment, a link of its type "
            f"and a card ({one.note}), each at least one unit and double in a "
            "transaction. The share of one object falls with the size of the "
            "request: send objects together"
        ),
    )
    for group, why in _UNTIDY.items():
        yield _untidy(figures, group, why)


def _untidy(figures: Figures, group: str, why: str) -> Bound:
    rows = (row for row in figures.rows if row.group == group)
    page = next(row for row in rows if row.name == tidying.BEFORE)
    return Bound(
        f"a page of 1,000 before compaction, {group}: at most {_CALLS} calls and "
        f"{_READS} read units",
        _spent(page.calls, page.reads),
        page.calls <= _CALLS and page.reads <= _READS,
        gates=False,
        in_the_way=why,
    )


def _of_indicators(figures: Figures) -> list[Pages]:
    return [pages for pages in figures.pages if pages.name.endswith("indicators")]


def _spent(calls: int, reads: float) -> str:
    return f"{calls} calls, {reads:.0f} read units"


def _worst(rows: Iterable[Row]) -> tuple[int, float]:
    kept = list(rows)
    return max(row.calls for row in kept), max(row.reads for row in kept)
