"""The bounds of the IOC API, held against what was measured. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bench import answers, lists, trickle
from bench.figures import Bound, Figures, Pages, Row

_CALLS, _READS = 6, 45
_ALIKE = 1.10
_LOOKUP = 6
_SAME = 3
_BESIDES = 6
"""Read units besides the segments: the key, the head, the links."""

_THOUSAND = 1_000

_ASKED = (
    "how many segments to ask for is reckoned from the average of the log: where they "
    "are larger it is too many, and where they are smaller twice as many follow"
)
_FEW = {
    trickle.BEFORE: (
        "each commit is a segment of its own. Compaction, due four times a day, joins "
        "them"
    ),
    trickle.AFTER: _ASKED,
}
_NETWORKS = (
    "an address is also looked for in the networks that it may lie in: 24 of IPv4, 64 "
    "of IPv6, each the key of a record that is hardly ever there, and a unit"
)


def judge_iocs(figures: Figures) -> Iterator[Bound]:
    """Say of each bound whether it is met; none where nothing was measured."""
    crawls = [pages for pages in figures.pages if " IOCs, " in pages.name]
    if not crawls:
        return
    yield from _pages(crawls)
    yield from _depth(crawls)
    yield from _size(crawls)
    yield _same(figures)
    yield from _rare(figures)
    yield from _lookups(figures)
    yield from _trickle(figures)


def _pages(crawls: list[Pages]) -> Iterator[Bound]:
    calls = max(call for crawl in crawls for call in crawl.calls)
    mean = max(crawl.mean() for crawl in crawls)
    yield Bound(
        f"a page of 1,000 IOCs: at most {_CALLS} calls, and {_READS} read units on "
        "average, at every size, both ways",
        f"{calls} calls, {mean:.2f} read units",
        calls <= _CALLS and mean <= _READS,
    )
    dearest = max(read for crawl in crawls for read in crawl.reads)
    count = sum(len(crawl.reads) for crawl in crawls)
    yield _known(
        f"the same of each single page: at most {_READS} read units",
        f"the dearest of {count} pages: {dearest:.0f} read units",
        dearest <= _READS,
    )


def _depth(crawls: list[Pages]) -> Iterator[Bound]:
    longest = max(len(crawl.reads) for crawl in crawls)
    for crawl in crawls:
        if len(crawl.reads) < longest:
            continue
        parts = list(crawl.parts())
        yield _known(
            f"a page deep in the list costs no more, within 10 % ({crawl.name})",
            "read units of a page, on average, in the first, the middle and the last "
            "tenth: " + ", ".join(f"{part:.2f}" for part in parts),
            max(parts) <= parts[0] * _ALIKE,
        )


def _known(asked: str, figure: str, is_met: bool) -> Bound:  # noqa: FBT001 - as in Bound
    return Bound(
        asked, figure, is_met, gates=False, in_the_way="" if is_met else _ASKED
    )


def _size(crawls: list[Pages]) -> Iterator[Bound]:
    for way in lists.SORTS:
        mine = [crawl for crawl in crawls if crawl.name.endswith(way)]
        mine.sort(key=lambda crawl: len(crawl.reads))
        # All of the smallest is one page.
        least = mine[min(1, len(mine) - 1)].mean()
        yield Bound(
            f"a page of a longer list costs no more, within 10 %, {way}",
            "read units of a page, on average: "
            + "; ".join(f"{crawl.name} {crawl.mean():.2f}" for crawl in mine),
            max(crawl.mean() for crawl in mine) <= least * _ALIKE,
        )


def _same(figures: Figures) -> Bound:
    same = [row for row in figures.rows if row.name == lists.SAME]
    reads = max(row.reads for row in same)
    return Bound(
        f"a list that has not changed (304): at most {_SAME} read units",
        f"{reads:.0f} read units",
        reads <= _SAME,
    )


def _rare(figures: Figures) -> Iterator[Bound]:
    for (group, name), own in figures.own_rows.items():
        row = figures.row(name, group)
        yield Bound(
            f"{group}, {name}: what its own segments cost, and {_BESIDES} for key, "
            "head, links",
            f"{row.reads:.0f} read units; its segments are {own:.0f}",
            row.reads <= own + _BESIDES,
        )


def _lookups(figures: Figures) -> Iterator[Bound]:
    names = (answers.HIT, answers.MISS)
    rows = [row for row in figures.rows if row.name.startswith(names)]
    addresses = [row for row in rows if row.name.endswith(("ipv4", "ipv6"))]
    others = [row for row in rows if row not in addresses]
    yield _lookup("a lookup of a domain, a URL or a hash", others)
    yield _lookup("a lookup of an address", addresses, known=_NETWORKS)
    many = [row for row in figures.rows if row.name.startswith(answers.MANY)]
    reads = max((row.reads for row in many), default=0)
    yield Bound(
        "1,000 lookups in one POST: a read unit each, and one for the key",
        f"{reads:,.0f} read units",
        reads <= _THOUSAND + 1,
    )


def _lookup(what: str, rows: list[Row], *, known: str = "") -> Bound:
    reads = max((row.reads for row in rows), default=0)
    is_met = reads <= _LOOKUP
    return Bound(
        f"{what}: at most {_LOOKUP} read units",
        f"{reads:.0f} read units",
        is_met,
        gates=not known,
        in_the_way="" if is_met else known,
    )


def _trickle(figures: Figures) -> Iterator[Bound]:
    for name in (trickle.BEFORE, trickle.AFTER):
        page = figures.row(name, trickle.GROUP)
        is_met = page.calls <= _CALLS and page.reads <= _READS
        yield Bound(
            f"a page of {trickle.GROUP}, {name}: at most {_CALLS} calls and {_READS} "
            "read units",
            f"{page.calls} calls, {page.reads:.0f} read units, {page.objects:,} IOCs",
            is_met,
            gates=False,
            in_the_way="" if is_met else _FEW[name],
        )
