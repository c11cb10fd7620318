"""How much of a risk an IOC is, 0 to 100: one published formula. Pure.

Four parts from 0 to 100, each with a weight; the score is their weighted mean,
under the lowest cap that holds. docs/api/risk-score.md has it with examples.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from chalicelib.core.iocs import confidence
from chalicelib.core.iocs.ioc import Ioc, IocType, SeenBy
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.iocs.validity import holds
from chalicelib.core.windows import DAY

FORMULA = "1"
"""Version of the formula: another weight or table is another version."""

WEIGHTS = {"confidence": 35, "sources": 15, "recency": 15, "severity": 35}
"""Of each part; 100 in all."""

SEVERITY: Mapping[str, int] = {
    "apt": 100,
    "c2": 100,
    "spyware": 100,
    "malware": 90,
    "phishing": 80,
    "vulnerability": 70,
    "news": 60,
    "reputation": 40,
    "anonymisation": 10,
}
"""How bad it is what a source lists, by its category."""

OTHER_SEVERITY = 50
"""Of a category that is not in the table, and of a source that is gone."""

BY_NUMBER = (0, 50, 75, 88, 94, 100)
"""What so many publishers count; more count as the last."""

HALVES_AFTER = 30
"""Days after which what nobody lists any more is half as recent."""

CAPS = {"revoked": 10, "technique": 20, "expired": 30}
"""The most that the score can be. A technique is nothing to be blocked."""

LEVELS = (("critical", 80), ("high", 60), ("medium", 35), ("low", 0))
"""Names of scores, each from a score on."""

_ALL = 100
_MOST = confidence.MOST
_CODE_HOSTS = ("raw.githubusercontent.com", "github.com", "gitlab.com")
_SECOND_LEVEL = ("ac", "co", "com", "edu", "gov", "net", "org")


class Part(NamedTuple):
    """One part: its value from 0 to 100, its weight, and the points of the two."""

    name: str
    value: int
    weight: int
    points: float


@dataclass(frozen=True, slots=True)
class Risk:
    """A score, and how it came about; `cap` names what held it down."""

    score: int
    level: str
    parts: tuple[Part, ...]
    cap: str | None = None


def assess(ioc: Ioc, origins: Mapping[str, Origin], now: int) -> Risk:
    """Work out the score at a time (microseconds)."""
    standing = _standing(ioc, now)
    values = {
        "confidence": _rounded(min(ioc.confidence, confidence.MOST) * _ALL, _MOST),
        "sources": _corroboration(standing, origins),
        "recency": _recency(standing.values(), now),
        "severity": _severity(threat_of(ioc, origins, now)),
    }
    parts = tuple(
        Part(name, values[name], weight, values[name] * weight / _ALL)
        for name, weight in WEIGHTS.items()
    )
    score = _rounded(sum(part.value * part.weight for part in parts), _ALL)
    cap = min(_caps(ioc, now), key=CAPS.__getitem__, default=None)
    if cap is None or score <= CAPS[cap]:
        return Risk(score, level_of(score), parts)
    return Risk(CAPS[cap], level_of(CAPS[cap]), parts, cap)


def level_of(score: int) -> str:
    """Name a score."""
    return next(name for name, least in LEVELS if score >= least)


def threat_of(ioc: Ioc, origins: Mapping[str, Origin], now: int) -> str | None:
    """Name the worst category of the sources that stand by an IOC."""
    found = {origins[name].category for name in _standing(ioc, now) if name in origins}
    return min(found, key=lambda name: (-_severity(name), name), default=None)


def publisher_of(origin: Origin) -> str:
    """Name who publishes a source: the owner of its host, or of its repository."""
    address = urlsplit(origin.url)
    host = address.hostname or origin.id
    if host in _CODE_HOSTS:
        return f"{host}{address.path[: address.path.find('/', 1)]}".lower()
    labels = host.split(".")
    is_deep = len(labels) > 2 and labels[-2] in _SECOND_LEVEL  # noqa: PLR2004 - name, second and first level
    return ".".join(labels[-3 if is_deep else -2 :])


def _standing(ioc: Ioc, now: int) -> Mapping[str, SeenBy]:
    """Give the sources that stand by an IOC; all, where none does."""
    found = {name: seen for name, seen in ioc.sources.items() if holds(seen, now)}
    return found or ioc.sources


def _corroboration(names: Collection[str], origins: Mapping[str, Origin]) -> int:
    publishers = {
        publisher_of(origins[name]) if name in origins else name for name in names
    }
    return BY_NUMBER[min(len(publishers), len(BY_NUMBER) - 1)]


def _recency(seen: Iterable[SeenBy], now: int) -> int:
    """Count in full what a list has, and the rest by half in so many days."""
    known = list(seen)
    if any(one.listed for one in known):
        return _ALL
    last = max((one.last for one in known), default=0)
    days = max(now - last, 0) // DAY
    share: float = 0.5 ** (days / HALVES_AFTER)
    return int(_ALL * share + 0.5)


def _severity(category: str | None) -> int:
    return SEVERITY.get(category or "", OTHER_SEVERITY)


def _caps(ioc: Ioc, now: int) -> list[str]:
    holding = {
        "revoked": ioc.revoked,
        "technique": ioc.type is IocType.TECHNIQUE,
        "expired": ioc.valid_until is not None and ioc.valid_until <= now,
    }
    return [name for name, holds_now in holding.items() if holds_now]


def _rounded(number: int, by: int) -> int:
    """Divide, halves up: by integers, so that nobody gets another result."""
    return (2 * number + by) // (2 * by)
