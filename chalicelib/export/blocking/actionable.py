"""Which rows may become something that blocks or alerts."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.iocs.values import InvalidValue, normalise
from chalicelib.core.lists.row import Row
from chalicelib.core.urls import to_url

_REMEMBERED = 20_000
_ADDRESSES = frozenset({IocType.IPV4, IocType.IPV6})
_INSIDE = [
    (network.version, int(network[0]), int(network[-1]))
    for network in map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8"),
            *("169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3"),
            *("::/127", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"),
            *("fc00::/7", "fe80::/9", "ff00::/8"),
        ),
    )
]
"""Private, shared, loopback, link-local, multicast, reserved and mapped networks."""


def is_actionable(row: Row) -> bool:
    """Tell whether a row held when it was published, is canonical, and is outside.

    What ends later is revoked then, so that no clock is needed here.

    A value in its canonical form has no blank, quote or line end in it, so that it
    cannot break out of a line.
    """
    over = row.valid_until is not None and row.valid_until <= row.modified
    return not (row.revoked or over) and _may_block(row.type, row.value)


# Asked twice of each row, and again whenever a list is fetched again.
@lru_cache(maxsize=_REMEMBERED)
def _may_block(kind: IocType, value: str) -> bool:
    if not _is_canonical(kind, value):
        return False
    if kind in _ADDRESSES:
        return _is_outside(value)
    return kind is not IocType.URL or _is_outside(to_url(value).host)


def _is_outside(host: str) -> bool:
    try:
        network = ip_network(host.strip("[]"))
    except ValueError:
        return True
    first, last = int(network[0]), int(network[-1])
    return not any(
        network.version == version and first <= highest and lowest <= last
        for version, lowest, highest in _INSIDE
    )


def _is_canonical(kind: IocType, value: str) -> bool:
    try:
        return normalise(kind, value) == value
    except InvalidValue:
        return False
