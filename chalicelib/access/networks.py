"""Networks that a key may be used from (`allowed_ips`), in CIDR notation."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from chalicelib.errors import InvalidRequest

MOST = 50
"""Networks of one key."""

_MAPPED_BITS = 96
"""Bits before the IPv4 address in ::ffff:192.0.2.1."""


def check(texts: Iterable[str]) -> tuple[str, ...]:
    """Read networks and give them in their canonical form. Raises InvalidRequest.

    A single address is a network of one.
    """
    given = list(texts)
    if len(given) > MOST:
        raise _invalid(f"a key has at most {MOST} networks")
    networks = []
    for text in given:
        try:
            networks.append(str(_read(text.strip())))
        except ValueError:
            raise _invalid(
                f"{text[:64]!r} is no address and no network such as 192.0.2.0/24"
            ) from None
    return tuple(dict.fromkeys(networks))


def includes(networks: Iterable[str], address: str) -> bool:
    """Tell whether an address is in one of some networks."""
    try:
        found = ipaddress.ip_address(address.strip())
    except ValueError:
        return False
    # An IPv4 caller on a dual-stack listener is seen as ::ffff:192.0.2.1.
    mapped = getattr(found, "ipv4_mapped", None) or found
    return any(mapped in ipaddress.ip_network(one) for one in networks)


def _read(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    # A zone, as in fe80::1%eth0, is a name on one machine and may hold spaces.
    if "%" in text:
        raise ValueError(text)
    network = ipaddress.ip_network(text, strict=False)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.ip_network((mapped, network.prefixlen - _MAPPED_BITS))


def _invalid(message: str) -> InvalidRequest:
    return InvalidRequest(message, details={"field": "allowed_ips"})
