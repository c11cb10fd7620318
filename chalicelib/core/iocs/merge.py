"""What sightings make of the one record of an IOC. Pure.

A record keeps apart what each source said. All that stands for the whole of it
(confidence, validity) is worked out anew from that at each change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from chalicelib.core.iocs import confidence, validity
from chalicelib.core.iocs.ioc import Ioc, SeenBy, Sighting
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.iocs.patterns import PATHS
from chalicelib.core.windows import DAY

MOST_TAGS = 20
MOST_REFERENCES = 10
MOST_MALWARE = 5
MOST_TECHNIQUES = 10
LONGEST_CONTEXT = 500

_MILLISECOND = 1_000


def version_at(at: int, before: Ioc | None = None) -> int:
    """Give the version of a change at a time: later than the one before it.

    STIX writes milliseconds, so it is a whole one.
    """
    floor = at // _MILLISECOND * _MILLISECOND
    return floor if before is None else max(floor, before.modified + _MILLISECOND)


def merge(before: Ioc | None, sighting: Sighting, origin: Origin, at: int) -> Ioc:
    """Give the record after a sighting, with the version that it would have.

    What was revoked and is seen again begins another life, because STIX lets no
    version follow a revoked one.
    """
    said = sighting.said
    seen = _seen(before, sighting, origin, at)
    version = version_at(at, before)
    start = before or _blank(sighting, seen, version)
    if start.revoked and not validity.holds(seen, at):
        # An old word about what is over: its new life would end before it began.
        return start
    if start.revoked:
        start = replace(start, revoked=False, created=version, life=start.life + 1)
    merged = replace(
        start,
        modified=version,
        first_seen=min(start.first_seen, seen.first),
        last_seen=max(start.last_seen, seen.last),
        sources={**start.sources, origin.id: seen},
        tags=_tidy(start.tags, (*said.tags, *origin.tags), MOST_TAGS),
        malware=_tidy(start.malware, (said.malware or "",), MOST_MALWARE),
        techniques=_tidy(start.techniques, said.techniques, MOST_TECHNIQUES),
        references=_more(start.references, said.references, MOST_REFERENCES),
        context=start.context or _context(said.context),
        article=said.article or start.article,
    )
    return _weighed(merged, at)


def withdraw(before: Ioc, origin_id: str, at: int) -> Ioc | None:
    """Give the record after a source has taken a value off its list.

    None where the source did not list it. It is revoked when nobody else
    stands by it.
    """
    seen = before.sources.get(origin_id)
    if seen is None or not seen.listed:
        return None
    gone = replace(seen, listed=False, until=at)
    after = replace(
        before,
        modified=version_at(at, before),
        sources={**before.sources, origin_id: gone},
    )
    if any(validity.holds(one, at) for one in after.sources.values()):
        return after if before.revoked else _weighed(after, at)
    return replace(after, revoked=True)


def is_over(ioc: Ioc, now: int) -> bool:
    """Tell whether a record's validity has ended, and nobody has said so."""
    return not ioc.revoked and ioc.valid_until is not None and ioc.valid_until <= now


def expire(
    before: Ioc, listing: Collection[str], days: Mapping[str, int | None], now: int
) -> Ioc | None:
    """Give the record after its validity is over; None while it is not.

    It goes on where a source in `listing` (the complete lists that are still
    read) has it, by the `days` of that source. The version is when the validity
    ended, so that repeating it makes the same version.
    """
    end = before.valid_until
    if end is None or not is_over(before, now):
        return None
    sources = {
        name: _prolonged(seen, days.get(name), now)
        if seen.listed and name in listing
        else replace(seen, listed=False)
        for name, seen in before.sources.items()
    }
    after = replace(before, modified=version_at(end, before), sources=sources)
    if any(validity.holds(seen, now) for seen in sources.values()):
        return _weighed(after, end)
    return replace(after, revoked=True)


def _seen(before: Ioc | None, sighting: Sighting, origin: Origin, at: int) -> SeenBy:
    said = sighting.said
    known = before.sources.get(origin.id) if before else None
    told = said.last_seen or said.first_seen or at
    last = told = at if origin.authoritative else min(told, at)
    first = min(said.first_seen or last, last)
    if known is not None:
        first, last = min(first, known.first), max(last, known.last)
    days = validity.days_of(sighting.type, origin.valid_days)
    return SeenBy(
        first=first,
        last=last,
        count=known.count + 1 if known else 1,
        confidence=_evidence(known, sighting, origin, told),
        listed=origin.authoritative,
        until=validity.until(last, days, _standing(known, origin)),
    )


def _evidence(known: SeenBy | None, said: Sighting, origin: Origin, told: int) -> int:
    """Weigh a source's word: the newest counts, of equally new ones the highest.

    A list may have a value in many rows, such as one for each port; whichever of
    them comes last must not decide.
    """
    now = confidence.evidence(origin.reliability, said.said.confidence)
    if known is None or told > known.last:
        return now
    return known.confidence if told < known.last else max(now, known.confidence)


def _standing(known: SeenBy | None, origin: Origin) -> int | None:
    """Tell what stays of the validity that a source gave a value before."""
    if known is None:
        return None
    # What a list gave up was over then: nothing of it is left to stay.
    return known.until if known.listed or not origin.authoritative else None


def _blank(sighting: Sighting, seen: SeenBy, version: int) -> Ioc:
    return Ioc(
        type=sighting.type,
        value=sighting.value,
        first_seen=seen.first,
        last_seen=seen.last,
        sources={},
        confidence=0,
        created=version,
        modified=version,
    )


def _weighed(ioc: Ioc, at: int) -> Ioc:
    ends = [seen.until for seen in ioc.sources.values()]
    forever = any(
        seen.until is None and validity.holds(seen, at) for seen in ioc.sources.values()
    )
    known = [end for end in ends if end is not None]
    return replace(
        ioc,
        confidence=confidence.combined(list(ioc.sources.values()), at),
        valid_until=None if forever or not known else max(known),
    )


def _prolonged(seen: SeenBy, days: int | None, now: int) -> SeenBy:
    if days is None:
        return replace(seen, until=None)
    span = max(days, 1) * DAY
    end = seen.until or now
    return replace(seen, until=end + max((now - end) // span + 1, 1) * span)


def _tidy(known: Iterable[str], new: Iterable[str], most: int) -> tuple[str, ...]:
    """Unite texts: those that are known stay, whatever else comes."""
    kept = set(known)
    more = sorted({text.strip() for text in new} - kept - {""})
    return tuple(sorted([*kept, *more[: max(most - len(kept), 0)]]))


def _context(text: str | None) -> str | None:
    return (text or "").strip()[:LONGEST_CONTEXT] or None


def _more(known: tuple[str, ...], new: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*known, *(text for text in new if text)]))[:most]


def is_material(before: Ioc | None, after: Ioc) -> bool:
    """Tell whether consumers see a difference; later sightings alone are none."""
    return before is None or _visible(before) != _visible(after)


def _visible(ioc: Ioc) -> tuple[object, ...]:
    always = (
        ioc.revoked,
        ioc.life,
        frozenset(ioc.sources),
        ioc.confidence,
        ioc.tags,
        ioc.malware,
        ioc.techniques,
        ioc.references,
        ioc.context,
    )
    if ioc.type not in PATHS:
        return always
    # A later life is valid from its own beginning, which is a whole version.
    start = ioc.first_seen // _MILLISECOND if ioc.life == 1 else ioc.created
    return (*always, start, ioc.valid_until)
