"""Exports of IOCs in each format, and whole ones by cursor."""

from __future__ import annotations

from collections.abc import Mapping

from bench import handler
from bench.figures import Figures
from bench.lists import EXPORT_RUNS, group_of
from bench.loading import add
from bench.meter import Tally
from bench.rig import Rig, settle, to_row
from chalicelib.export.blocking import blocklist

BLOCK_LISTS = "/iocs/blocklist"
WHOLE = 10_000

_EXPORTS: dict[str, tuple[str, dict[str, str]]] = {
    "STIX bundle": ("/iocs/stix", {}),
    "STIX objects": ("/iocs/stix", {"format": "objects"}),
    "MISP event": ("/iocs/misp", {}),
    "CEF": ("/iocs/cef", {}),
    "syslog": ("/iocs/cef", {"format": "syslog"}),
    "OpenIOC 1.0": ("/iocs/openioc", {}),
    "OpenIOC 1.1": ("/iocs/openioc", {"version": "1.1"}),
    "Sigma by logsource": ("/iocs/sigma", {}),
    "Sigma by IOC": ("/iocs/sigma", {"grouping": "ioc"}),
}
_REMARKS = ("#", ";", "$", "@", "")
_WHOLE: dict[str, tuple[str, dict[str, str]]] = {
    "ndjson": ("/iocs", {"format": "ndjson", "limit": "10000"}),
    "csv": ("/iocs", {"format": "csv", "limit": "10000"}),
    "STIX bundles": ("/iocs/stix", {"limit": "1000"}),
    "MISP events": ("/iocs/misp", {"limit": "10000"}),
    "Sigma by IOC": ("/iocs/sigma", {"limit": "10000", "grouping": "ioc"}),
}


def measure_exports(rig: Rig, figures: Figures, size: int) -> None:
    """Ask for 1,000 in each format, and for block lists of 10,000."""
    for name, (route, query) in _EXPORTS.items():
        _measure(rig, figures, (size, f"{name} of 1,000"), route, query)
    for form in blocklist.BLOCK_LISTS:
        query = {"format": form, "limit": str(WHOLE)}
        name = f"block list {form} of {min(size, WHOLE):,}"
        _measure(rig, figures, (size, name), BLOCK_LISTS, query)


def measure_whole(rig: Rig, figures: Figures) -> None:
    """Export 10,000 by cursor until there are no more."""
    settle()
    for name, (route, query) in _WHOLE.items():
        spent, count, length, cursor = Tally(), 0, 0, ""
        while cursor or not count:
            more = {"cursor": cursor} if cursor else {}
            page = rig.once(handler.get(route, query | more))
            add(spent, page.tally)
            count += 1
            length += len(page.answer.body.encode())
            cursor = page.answer.headers.get("X-Next-Cursor", "")
        note = f"{count} answers"
        row = to_row(
            (group_of(WHOLE), f"{name}, whole by cursor"), WHOLE, spent, length, note
        )
        figures.rows.append(row)


def _measure(
    rig: Rig,
    figures: Figures,
    name: tuple[int, str],
    route: str,
    query: Mapping[str, str],
) -> None:
    size, what = name
    request = handler.get(route, {"limit": "1000", **query})
    runs = 1 if route == BLOCK_LISTS else EXPORT_RUNS
    done = rig.often(lambda _: request, runs)
    skipped = int(done.answer.headers["X-Skipped"])
    note = f"{skipped:,} have no form there" if skipped else ""
    count = int(request.query["limit"]) - skipped
    if route == BLOCK_LISTS:
        count = sum(line[:1] not in _REMARKS for line in done.answer.body.splitlines())
        note = "; ".join(filter(None, ("objects are its lines", note)))
    figures.rows.append(done.row(group_of(size), what, count, note))
