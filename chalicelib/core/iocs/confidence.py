"""How sure we are of an IOC: one published formula.

1. A source's evidence is its reliability, scaled by its own confidence c
   (0 to 100) to between half and all of it: reliability * (0.5 + c / 200).
   A source that says nothing of its confidence counts in full. Of several rows
   with the same value the newest counts, of equally new ones the highest.
2. Evidence decays: in full while a source lists the value, and in the first
   half of the validity of what it said; from there it falls evenly, to half at
   the end of the validity. What never expires does not decay.
3. Sources count as independent: 1 - (1 - a)(1 - b)... of those that still
   stand by the value (of all, where none does).
4. Never more than 95, rounded to steps of 5 so that it does not flutter.

docs/architecture/ingestion.md has examples.
"""

from __future__ import annotations

from collections.abc import Collection
from math import prod

from chalicelib.core.iocs.ioc import SeenBy
from chalicelib.core.iocs.validity import holds

STEP = 5
MOST = 95
HIGH = 75
MEDIUM = 45
LABELS = ("high", "medium", "low")

_ALL = 100
_HALF = 0.5


def evidence(reliability: int, own: int | None) -> int:
    """Weigh what a source says, 0 to 100."""
    share = 1.0 if own is None else _HALF + min(max(own, 0), _ALL) / (2 * _ALL)
    return round(min(max(reliability, 0), _ALL) * share)


def combined(sources: Collection[SeenBy], now: int) -> int:
    """Tell how sure several sources make us at a time."""
    standing = [seen for seen in sources if holds(seen, now)] or sources
    doubt = prod(
        1 - seen.confidence / _ALL * _freshness(seen, now) for seen in standing
    )
    return min(round((1 - doubt) * _ALL / STEP) * STEP, MOST)


def label(confidence: int) -> str:
    """Name a confidence: high, medium or low."""
    if confidence >= HIGH:
        return "high"
    return "medium" if confidence >= MEDIUM else "low"


def _freshness(seen: SeenBy, now: int) -> float:
    if seen.listed or seen.until is None:
        return 1.0
    span = max(seen.until - seen.last, 1)
    gone = min(max((now - seen.last) / span, 0.0), 1.0)
    return 1.0 if gone <= _HALF else 1.5 - gone
