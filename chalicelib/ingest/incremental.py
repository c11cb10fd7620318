"""Feeds that can be asked for what came since: their newest documents only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from chalicelib.core import instants
from chalicelib.core.windows import DAY, MICROSECONDS
from chalicelib.ingest.source import Source

_OVERLAP = DAY
"""Asked for twice: clocks differ, and feeds are dated when they are written."""

_DATE = len("2026-11-21")


def _epoch(at: int) -> tuple[str, object]:
    return "since", at // MICROSECONDS


def _day(at: int) -> tuple[str, object]:
    return "since", instants.to_text(at)[:_DATE]


def _instant(at: int) -> tuple[str, object]:
    return "added_after", instants.to_text(at)


_ASKED: Mapping[str, Callable[[int], tuple[str, object]]] = {
    "misp_feed": _epoch,
    "csaf": _day,
    "taxii_collection": _instant,
}


def since(source: Source, last_success: int | None) -> Source:
    """Give a source that asks for what came since it was last read to its end."""
    asked = _ASKED.get(source.format)
    if asked is None or last_success is None:
        return source
    name, value = asked(max(last_success - _OVERLAP, 0))
    return replace(source, options={**source.options, name: value})
