"""What is known of a value: its record, the networks it lies in, where it was told of.

A value without a record is not known; it is not thereby harmless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import NamedTuple, Protocol

from chalicelib.core.articles.stored import Card
from chalicelib.core.assess import risk
from chalicelib.core.assess.risk import Risk
from chalicelib.core.invalid import InvalidValue
from chalicelib.core.iocs import techniques, values
from chalicelib.core.iocs.ioc import Ioc, IocType, key_of
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.iocs.ports import Kept
from chalicelib.errors import invalid

LONGEST = 2_048
"""Characters of a value."""

MOST = 1_000
"""Values that are looked up together."""

MOST_EXPANDED = 100
"""As many, where more is asked for than the records."""

MOST_ARTICLES = 10

NETWORKS, ARTICLES = "networks", "articles"

_SHORT = 200
_MOST_BRACKETS = 24
_ADDRESSES = (IocType.IPV4, IocType.IPV6)
_WIDTHS_V4 = range(8, 32)
# Of every width to that of a site, and of whole digits from there.
_WIDTHS_V6 = (*range(16, 65), *range(68, 128, 4))


class Articles(Protocol):
    """The articles, by what they mention."""

    def mentioning(self, key: bytes, most: int) -> Sequence[Card]:
        """Give the newest articles that an IOC stands in."""


class Records(Protocol):
    """The records of IOCs, to be read."""

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, Kept]:
        """Read those of some records that are there."""


class Mentioned(NamedTuple):
    """An article that mentions a value."""

    id: str
    title: str
    url: str
    published: int | None


class Value(NamedTuple):
    """A value in its canonical form."""

    type: IocType
    value: str

    @property
    def key(self) -> bytes:
        """Ten bytes that stand for it."""
        return key_of(self.type, self.value)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a value.

    `ioc` is its record or, where it has none that is good, that of the narrowest
    listed network that it lies in; `network` is then that network. `threat` is what
    it is listed for, and it is `active` until it expires or is revoked.
    """

    asked: Value
    ioc: Ioc | None = None
    network: str | None = None
    networks: tuple[Ioc, ...] = ()
    articles: tuple[Mentioned, ...] = ()
    risk: Risk | None = None
    threat: str | None = None
    active: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a text is no value."""

    why: str


class Lookup:
    """Looks values up."""

    def __init__(
        self, iocs: Records, articles: Articles, origins: Mapping[str, Origin]
    ) -> None:
        """Take the sources by their ids; nothing is read yet."""
        self._iocs = iocs
        self._articles = articles
        self._origins = origins

    def one(self, text: str, kind: IocType | None, now: int) -> Answer:
        """Tell all that is known of a value. Raises InvalidRequest."""
        read = read_value(text, kind)
        if isinstance(read, Refused):
            raise invalid("ioc", read.why)
        return self._answers([read], (NETWORKS, ARTICLES), now)[0]

    def many(
        self, texts: Sequence[str], expand: Sequence[str], now: int
    ) -> list[Answer | Refused]:
        """Tell of many values, in their order. Raises InvalidRequest.

        `expand` names what is told besides the records.
        """
        if expand and len(texts) > MOST_EXPANDED:
            raise invalid("expand", f"goes with {MOST_EXPANDED} values at most")
        read = [read_value(text, None) for text in texts]
        good = [one for one in read if isinstance(one, Value)]
        answers = iter(self._answers(good, expand, now))
        return [one if isinstance(one, Refused) else next(answers) for one in read]

    def _answers(
        self, asked: Sequence[Value], expand: Sequence[str], now: int
    ) -> list[Answer]:
        around = {
            one: networks_around(one) if NETWORKS in expand else [] for one in asked
        }
        keys = {
            each.key: None for one, wider in around.items() for each in (one, *wider)
        }
        kept = self._iocs.get_many(list(keys))
        return [
            self._answer(
                one,
                kept.get(one.key),
                _listed(kept, around[one]),
                now,
                articles=ARTICLES in expand,
            )
            for one in asked
        ]

    def _answer(
        self,
        asked: Value,
        kept: Kept | None,
        networks: tuple[Ioc, ...],
        now: int,
        *,
        articles: bool,
    ) -> Answer:
        own = kept.ioc if kept else None
        through = networks[0] if networks and (own is None or own.revoked) else None
        ioc = through or own
        told = Answer(
            asked=asked,
            ioc=ioc,
            network=through.value if through else None,
            networks=networks,
            articles=self._mentions(asked, own) if articles else (),
        )
        return self._assessed(told, ioc, now) if ioc else told

    def _assessed(self, told: Answer, ioc: Ioc, now: int) -> Answer:
        return replace(
            told,
            risk=risk.assess(ioc, self._origins, now),
            threat=risk.threat_of(ioc, self._origins, now),
            active=not ioc.revoked
            and (ioc.valid_until is None or ioc.valid_until > now),
        )

    def _mentions(self, asked: Value, ioc: Ioc | None) -> tuple[Mentioned, ...]:
        cards = self._articles.mentioning(asked.key, MOST_ARTICLES)
        found = [Mentioned(one.id, one.title, one.url, one.published) for one in cards]
        told = ioc.article if ioc else None
        # The record knows of one that may have come before articles were kept.
        if told and told.id not in {one.id for one in found}:
            found.append(Mentioned(told.id, told.title, told.url, None))
        return tuple(found[:MOST_ARTICLES])


def read_value(text: str, kind: IocType | None) -> Value | Refused:
    """Find out what a text is; a tactic of ATT&CK counts as a technique."""
    if not 1 <= len(text) <= LONGEST:
        return Refused(f"has 1 to {LONGEST:,} characters")
    if is_knotted(text):
        return Refused("has too many brackets to be a value")
    tactic = values.refang(text).upper()
    if kind in (None, IocType.TECHNIQUE) and techniques.kind_of(tactic) == "tactic":
        return Value(IocType.TECHNIQUE, tactic)
    try:
        if kind is not None:
            return Value(kind, values.normalise(kind, text))
        return Value(*values.detect(text))
    except InvalidValue as error:
        wanted = "no value of any type that is known" if kind is None else f"no {kind}"
        return Refused(f"is {wanted}: {error.why}")


def is_knotted(text: str) -> bool:
    """Tell whether a text has so many brackets that it is no value.

    What is in brackets is made whole one layer after the other, which takes long in
    a long text.
    """
    return len(text) > _SHORT and sum(map(text.count, "[({")) > _MOST_BRACKETS


def networks_around(one: Value) -> list[Value]:
    """Name the networks that an address or network may lie in, narrowest first."""
    if one.type not in _ADDRESSES:
        return []
    inner = ip_network(one.value)
    widths = _WIDTHS_V4 if inner.version == 4 else _WIDTHS_V6  # noqa: PLR2004 - IPv4
    return [
        Value(one.type, values.normalise(one.type, f"{inner.network_address}/{width}"))
        for width in sorted(widths, reverse=True)
        if width < inner.prefixlen
    ]


def _listed(kept: Mapping[bytes, Kept], wider: Sequence[Value]) -> tuple[Ioc, ...]:
    found = [kept[one.key].ioc for one in wider if one.key in kept]
    return tuple(ioc for ioc in found if not ioc.revoked)
