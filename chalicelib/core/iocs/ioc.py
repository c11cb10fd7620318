"""Indicators of compromise: what sources say, and the one record that we keep.

Times are microseconds since 1970, confidence goes from 0 to 100.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256


class IocType(StrEnum):
    """Kinds of IOCs, by the names of the API that we offer.

    Addresses may be networks in CIDR notation. `mitre_attack` is a technique of
    ATT&CK, such as T1059.001.
    """

    IPV4 = "ipv4"
    IPV6 = "ipv6"
    DOMAIN = "domain"
    URL = "url"
    EMAIL = "email"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA512 = "sha512"
    CVE = "cve"
    TECHNIQUE = "mitre_attack"


@dataclass(frozen=True, slots=True)
class Mention:
    """The article that a value stands in; `id` is ours, `url` the publisher's."""

    id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a source says of a value besides the value itself."""

    first_seen: int | None = None
    last_seen: int | None = None
    confidence: int | None = None
    tags: tuple[str, ...] = ()
    malware: str | None = None
    techniques: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    context: str | None = None
    article: Mention | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """One row as a format reads it: nothing is cleaned or checked yet.

    `kind` is what the feed calls it, None where it has to be found out; `place`
    says where in the feed it stands, such as `line 12`.
    """

    value: str
    place: str
    kind: IocType | None = None
    said: Said = field(default_factory=Said)


@dataclass(frozen=True, slots=True)
class RawArticle:
    """One entry of a news feed; `html` is the fullest text that the feed has."""

    url: str
    title: str
    html: str
    place: str
    guid: str | None = None
    published: int | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is no use, where it stands, and why; never the whole row."""

    place: str
    why: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """A source said so: a value in its one canonical form, and what was said."""

    type: IocType
    value: str
    said: Said = field(default_factory=Said)

    @property
    def key(self) -> bytes:
        """Ten bytes that stand for type and value."""
        return key_of(self.type, self.value)


@dataclass(frozen=True, slots=True)
class SeenBy:
    """What one source has said of an IOC; `listed` while its list has it.

    `until` is until when what it said is good, None for ever.
    """

    first: int
    last: int
    count: int = 1
    confidence: int = 50
    listed: bool = True
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Ioc:
    """The one record of an IOC.

    `modified` is the version of it that was published last, `created` the first.
    What was revoked and is seen again begins another `life`, as another object,
    because STIX lets no version follow a revoked one.
    """

    type: IocType
    value: str
    first_seen: int
    last_seen: int
    sources: Mapping[str, SeenBy]
    confidence: int
    created: int
    modified: int
    tags: tuple[str, ...] = ()
    malware: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    context: str | None = None
    valid_until: int | None = None
    revoked: bool = False
    life: int = 1
    article: Mention | None = None

    @property
    def key(self) -> bytes:
        """Ten bytes that stand for type and value."""
        return key_of(self.type, self.value)


def key_of(kind: IocType, value: str) -> bytes:
    """Give ten bytes that stand for a type and a value in its canonical form."""
    return sha256(f"{kind}:{value}".encode()).digest()[:10]
