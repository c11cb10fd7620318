"""Which rows may become something that blocks or alerts."""

from __future__ import annotations

from ipaddress import ip_network

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.iocs.values import InvalidValue, normalise
from chalicelib.core.lists.row import Row
from chalicelib.core.urls import to_url

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
    """Tell whether a row still holds, is written as we write it, and is outside.

    A value in its canonical form has no blank, quote or line end in it, so that it
    cannot break out of a line.
    """
    if row.revoked or not _is_canonical(row):
        return False
    if row.type in _ADDRESSES:
        return _is_outside(row.value)
    return row.type is not IocType.URL or _is_outside(to_url(row.value).host)


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


def _is_canonical(row: Row) -> bool:
    try:
        return normalise(row.type, row.value) == row.value
    except InvalidValue:
        return False
