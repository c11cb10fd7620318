"""What need not be read again: what came before, if it was read by the same rules."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import blake2b

from chalicelib.core import instants
from chalicelib.core.feeds.state import Counts, FeedState, Seen
from chalicelib.core.windows import DAY, MICROSECONDS
from chalicelib.ingest import warninglists
from chalicelib.ingest.formats.further import NOT_READ
from chalicelib.ingest.source import Source

_EDITION = 1
"""To be raised when rows are read or cleaned otherwise than before."""

_OVERLAP = DAY
"""Asked for twice: clocks differ, and feeds are dated when they are written."""

_DATE = len("2026-11-21")
_GONE = re.compile(r"answered (404|410)$")


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


def rules_of(source: Source) -> str:
    """Name what a list is read by: with other rules all of it is read again."""
    row = (source.url, source.format, source.kind, source.columns, source.options)
    digest = blake2b(
        json.dumps(row, sort_keys=True, default=str).encode(), digest_size=8
    )
    return f"{_EDITION}.{warninglists.version()}.{digest.hexdigest()}:"


def tells_all(source: Source) -> bool:
    """Tell whether the first answer changes with the feed; the first page does not."""
    return source.format != "taxii_collection"


def missed_in(counts: Counts) -> int:
    """Count the documents that a run could not have, and a later one may.

    What the server says is not there is not waited for.
    """
    return sum(
        number
        for why, number in counts.rejected.items()
        if why.startswith(NOT_READ) and not _GONE.search(why)
    )


def asked_again(state: FeedState, last_success: int | None, missed: int) -> FeedState:
    """Let the next run ask from where this one did, whatever has changed by then."""
    return replace(
        state,
        last_success=last_success,
        seen=Seen(),
        warning=f"{missed} documents could not be had: they are asked for again",
    )
