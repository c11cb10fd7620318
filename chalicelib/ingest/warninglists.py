"""Values that no feed should call malicious, by the lists of MISP.

tools/build_warninglists.py makes the data. What hides what:

- A host on a list hides the DOMAIN of that name, and a URL of it that leads nowhere
  further. A URL with a path is hidden by lists with `urls` only: malware lies on
  github.com and behind bit.ly, but not on the site of a certificate authority.
- `trees` hide what is below them as well, unless a public suffix lies between:
  someone.blob.core.windows.net belongs to someone.
- Networks hide what lies inside; those with `overlap` also what they are part of.
"""

from __future__ import annotations

import gzip
import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.urls import to_url

VENDORS = "security vendors' sites"
"""The list whose sites an article may name without meaning harm."""
OWN = "our own hosts"

_FILE = Path(__file__).parents[1] / "data" / "warninglists.json.gz"
_ADDRESSES = frozenset({IocType.IPV4, IocType.IPV6})
_HASHES = frozenset({IocType.MD5, IocType.SHA1, IocType.SHA256, IocType.SHA512})
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Ranges:
    """Networks of one list, sorted and apart, as numbers; IPv6 lies above IPv4."""

    name: str
    overlap: bool
    firsts: Sequence[int]
    lasts: Sequence[int]

    def holds(self, first: int, last: int) -> bool:
        """Tell whether a network lies inside one of these, or is about one."""
        at = bisect_right(self.firsts, first) - 1
        if at >= 0 and self.lasts[at] >= last:
            return True
        after = at + 1
        return (
            self.overlap and after < len(self.firsts) and self.firsts[after] <= last
        ) or (self.overlap and at >= 0 and self.lasts[at] >= first)


@dataclass(frozen=True, slots=True)
class WarningLists:
    """All lists, ready to be asked."""

    ranges: Sequence[Ranges] = ()
    hosts: Mapping[str, str] = field(default_factory=dict)
    trees: Mapping[str, str] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    suffixes: frozenset[str] = frozenset()
    with_urls: frozenset[str] = frozenset()
    allowed: Ranges | None = None
    allowed_hosts: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()

    def why_benign(self, kind: IocType, value: str) -> str | None:
        """Give the name of the list that a canonical value is on."""
        if kind in _ADDRESSES:
            return self._network(value)
        if kind in _HASHES:
            return self.hashes.get(value)
        if kind is IocType.DOMAIN:
            return self._host(value)
        if kind is IocType.URL:
            return self._url(value)
        if kind is IocType.EMAIL:
            return self._mailbox(value.rpartition("@")[2])
        return None

    def _network(self, value: str) -> str | None:
        first, last = _span(ip_network(value))
        if self.allowed is not None and self.allowed.holds(first, last):
            return None
        return next((one.name for one in self.ranges if one.holds(first, last)), None)

    def _host(self, host: str) -> str | None:
        above = list(_above(host))
        if self.own and not self.own.isdisjoint(above):
            return OWN
        if self.allowed_hosts and not self.allowed_hosts.isdisjoint(above):
            return None
        for name in above:
            if name in self.trees:
                return self.trees[name]
            if name in self.suffixes and name != host:
                break
        return self.hosts.get(host) or self.hosts.get(host.removeprefix("www."))

    def _url(self, value: str) -> str | None:
        url = to_url(value)
        if url.host[:1] == "[" or url.host[-1:].isdigit():
            return self._address_in_url(url.host.strip("[]"), is_bare=url.is_bare)
        why = self._host(url.host)
        known = why in self.with_urls or why == OWN
        return why if url.is_bare or known else None

    def _address_in_url(self, host: str, *, is_bare: bool) -> str | None:
        why = self._network(host)
        inside = {one.name for one in self.ranges if one.overlap} | self.with_urls
        return why if is_bare or why in inside else None

    def _mailbox(self, host: str) -> str | None:
        # Everybody has a mailbox at the large providers; not so at a vendor's.
        why = self._host(host)
        return why if why in self.with_urls or why == OWN else None


@lru_cache(maxsize=4)
def load(allow: tuple[str, ...] = (), own: tuple[str, ...] = ()) -> WarningLists:
    """Read the lists that ship.

    `allow` names networks and hosts that pass whatever the lists say: the demo and
    the tests let documentation addresses pass. `own` are our own hosts.
    """
    rows: list[dict[str, Any]] = json.loads(gzip.decompress(_FILE.read_bytes()))
    networks = [name for name in allow if name[-1:].isdigit()]
    return WarningLists(
        ranges=[
            _ranges(row["name"], row["nets"], overlap=row.get("overlap", False))
            for row in rows
            if "nets" in row
        ],
        hosts=_by_name(rows, "hosts"),
        trees=_by_name(rows, "trees"),
        hashes=_by_name(rows, "hashes"),
        suffixes=frozenset(
            host for row in rows if row.get("suffixes") for host in row["hosts"]
        ),
        # Hosts that nobody can be at are no place for a URL either.
        with_urls=frozenset(
            row["name"] for row in rows if row.get("urls") or _is_for_examples(row)
        ),
        allowed=_ranges("allowed", networks, overlap=False) if networks else None,
        allowed_hosts=frozenset(allow) - frozenset(networks),
        own=frozenset(own),
    )


@cache
def version() -> str:
    """Name the lists that ship by what is in them."""
    return sha256(_FILE.read_bytes()).hexdigest()[:8]


def _is_for_examples(row: Mapping[str, Any]) -> bool:
    return "example" in row.get("trees", ())


def _by_name(rows: Sequence[Mapping[str, Any]], key: str) -> dict[str, str]:
    # The first list that has a name gives the reason.
    return {value: row["name"] for row in reversed(rows) for value in row.get(key, ())}


def _ranges(name: str, networks: Iterable[str], *, overlap: bool) -> Ranges:
    spans = sorted(_span(ip_network(network)) for network in networks)
    return Ranges(
        name, overlap, [first for first, _ in spans], [last for _, last in spans]
    )


def _span(network: Network) -> tuple[int, int]:
    above = 0 if isinstance(network, IPv4Network) else 1 << 32
    return int(network[0]) + above, int(network[-1]) + above


def _above(host: str) -> Iterator[str]:
    """Give a host's name and the names above it, the longest first."""
    while host:
        yield host
        host = host.partition(".")[2]
