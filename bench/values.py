"""IOCs of real size: what feeds say, of values that look like real ones.

Who says something, of what types and with which tags follows the feeds that ship;
the values are the other values of bench.indicators, and made-up addresses and
hashes. A run of a source is some 90 rows, as ingestion publishes them together.
A fixed seed makes each run the same.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from typing import NamedTuple

from bench import indicators
from chalicelib.core.invalid import InvalidValue
from chalicelib.core.iocs import merge
from chalicelib.core.iocs.ioc import Ioc, IocType, Said, Sighting
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.iocs.values import normalise
from chalicelib.core.windows import DAY
from chalicelib.ingest import source

RUN = 90
"""Rows that ingestion publishes together."""

RARE_TYPE, RARE_TAG = IocType.SHA512, "bench-rarely"
"""Turn up once in a thousand rows."""

RARE_SOURCE, RARE_RUN = "stalkerware-samples", 20
"""Reports that many rows side by side, once in ten thousand."""

_THOUSAND, _TEN_THOUSAND = 1_000, 10_000
_WHEN = 1_785_000_000_000_000
_MORE = 8
"""One in so many is known to a second source."""

_ANYTHING = {IocType.URL: 3, IocType.DOMAIN: 4, IocType.IPV4: 2, IocType.SHA256: 1}
_MIXED = {**_ANYTHING, IocType.MD5: 1, IocType.SHA1: 1, IocType.EMAIL: 1}
_ADDRESSES = {IocType.IPV4: 1}

_Mix = dict[IocType, int]
_FEEDS: dict[str, tuple[int, _Mix]] = {
    "urlhaus": (24, {IocType.URL: 1}),
    "phishtank": (14, {IocType.URL: 1}),
    "cert-pl": (14, {IocType.DOMAIN: 1}),
    "threatfox": (12, _ANYTHING),
    "malwarebazaar": (8, {IocType.SHA256: 1}),
    "ipsum": (8, _ADDRESSES),
    "tweetfeed": (6, _ANYTHING),
    "blocklist-de": (4, _ADDRESSES),
    "cins": (4, _ADDRESSES),
    "botvrij-misp": (2, _MIXED),
    "cisa-kev": (3, {IocType.CVE: 1}),
    "feodo": (1, _ADDRESSES),
    "sslbl": (1, {IocType.SHA1: 1}),
}
_WITH_FAMILY = {"urlhaus", "threatfox", "malwarebazaar", "feodo", "sslbl"}
FAMILIES = [
    "Mirai",
    "Mozi",
    "AsyncRAT",
    "Xworm",
    "RedLine",
    "Lumma",
    "Vidar",
    "AgentTesla",
    "FormBook",
    "Remcos",
    "QakBot",
    "Emotet",
    "CobaltStrike",
    "Sliver",
    "NjRAT",
    "DCRat",
    "Quasar",
    "SmokeLoader",
    "Amadey",
    "GuLoader",
]
_TAGS = ("32-bit", "arm", "elf", "mips", "exe", "opendir", "clickfix", "ua-wget", "zip")
_LENGTHS = {
    IocType.MD5: 32,
    IocType.SHA1: 40,
    IocType.SHA256: 64,
    IocType.SHA512: 128,
}
_PATHS = {"url": IocType.URL, "domain-name": IocType.DOMAIN}


class _Turn(NamedTuple):
    """A run of a source; `first` is the number of its first row."""

    source: str
    mix: _Mix
    first: int
    size: int


@cache
def origins() -> dict[str, Origin]:
    """All sources, by their ids."""
    return {one.id: one for one in source.load()}


def runs(total: int, seed: int = indicators.SEED) -> Iterator[list[Ioc]]:
    """Give IOCs, as many as a run of a source has at a time."""
    maker = _Maker(seed)
    done = 0
    while done < total:
        turn = maker.turn(done)
        size = min(turn.size, total - done)
        yield [maker.ioc(turn, done + at) for at in range(size)]
        done += size


class _Maker:
    def __init__(self, seed: int) -> None:
        self._chance = random.Random(f"iocs {seed}")
        self._texts = indicators.texts(1_000_000, seed=seed)
        self._waiting: dict[IocType, deque[str]] = defaultdict(deque)
        self._known: set[str] = set()
        self._numbers = count(1)

    def turn(self, done: int) -> _Turn:
        """Choose whose turn it is."""
        place = done % _TEN_THOUSAND
        if _THOUSAND // 2 <= place < _THOUSAND // 2 + RARE_RUN:
            return _Turn(RARE_SOURCE, {IocType.SHA256: 1}, done, RARE_RUN)
        # What comes rarely comes on time.
        until = (_THOUSAND // 2 - place) % _TEN_THOUSAND
        names = list(_FEEDS)
        weights = [_FEEDS[name][0] for name in names]
        (name,) = self._chance.choices(names, weights)
        return _Turn(name, _FEEDS[name][1], done, min(RUN, until or RUN))

    def ioc(self, turn: _Turn, number: int) -> Ioc:
        """Make an IOC that a source reports."""
        (kind,) = self._chance.choices(list(turn.mix), list(turn.mix.values()))
        rarely = number % _THOUSAND
        if rarely == _THOUSAND // 3:
            kind = RARE_TYPE
        said = self._said(turn, rare=rarely == _THOUSAND // 4)
        sighting = Sighting(kind, self._value(kind), said)
        at = _WHEN + number * _THOUSAND
        ioc = merge.merge(None, sighting, origins()[turn.source], at)
        if number % _MORE:
            return ioc
        return merge.merge(ioc, sighting, origins()["otx"], at)

    def _said(self, turn: _Turn, *, rare: bool) -> Said:
        chance, family = self._chance, None
        tags = tuple(chance.sample(_TAGS, chance.randrange(3)))
        if turn.source in _WITH_FAMILY:
            # The first of them are much more frequent than the last.
            family = FAMILIES[int(len(FAMILIES) * chance.random() ** 3)]
        link = f"https://{turn.source}.example/browse/{next(self._numbers) + 3_500_000}"
        return Said(
            first_seen=_WHEN - chance.randrange(14 * DAY),
            confidence=chance.choice((None, None, 50, 75, 100)),
            tags=(*tags, RARE_TAG) if rare else tags,
            malware=family,
            references=(link,),
            context="malware_download" if family else None,
        )

    def _value(self, kind: IocType) -> str:
        while True:
            try:
                value = normalise(kind, self._any(kind))
            except InvalidValue:
                # Other digits make no port of one.
                continue
            if value not in self._known:
                self._known.add(value)
                return value

    def _any(self, kind: IocType) -> str:
        chance = self._chance
        if kind in _LENGTHS:
            length = _LENGTHS[kind]
            return f"{chance.getrandbits(4 * length):0{length}x}"
        made: dict[IocType, Callable[[], str]] = {
            IocType.IPV4: lambda: ".".join(
                str(chance.randrange(1, 224 if not at else 255)) for at in range(4)
            ),
            IocType.CVE: lambda: (
                f"CVE-{chance.randrange(2015, 2027)}-{chance.randrange(1_000, 60_000)}"
            ),
            IocType.EMAIL: lambda: f"info@{self._shown(IocType.DOMAIN)}",
        }
        return made[kind]() if kind in made else self._shown(kind)

    def _shown(self, kind: IocType) -> str:
        """Take a value of the shipped indicators, with other letters."""
        while not self._waiting[kind]:
            text = json.loads(next(self._texts))
            path = text["pattern"][1:].partition(":")[0]
            if path in _PATHS:
                self._waiting[_PATHS[path]].append(text["name"])
        return self._waiting[kind].popleft()
