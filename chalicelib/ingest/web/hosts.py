"""Which addresses a feed may be fetched from: those of the public internet.

The networks are written down, because what `ipaddress` calls global has changed
from one Python to the next. For IPv6 all is refused that isn't handed out for
the internet at large (2000::/3), and so are the forms that carry an IPv4
address inside: mapped, 6to4, Teredo and NAT64.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]

_NOT_PUBLIC = [
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by the customers of a carrier
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, metadata of clouds among it
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
]
_UNICAST = ipaddress.IPv6Network("2000::/3")


class NotAllowed(Exception):
    """A host that nothing is fetched from, and why."""


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read networks in CIDR notation."""
    return tuple(map(ipaddress.ip_network, texts))


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the public internet."""
    if address.version == _UNICAST.version and address not in _UNICAST:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def resolve(host: str, port: int) -> list[str]:
    """Ask the resolver of the machine for the addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def checked(texts: Iterable[str], allow: Sequence[Network]) -> list[str]:
    """Give those of a host's addresses that may be connected to, each once.

    Raises NotAllowed where there are none.
    """
    addresses = [ipaddress.ip_address(text) for text in dict.fromkeys(texts)]
    good = [
        str(address)
        for address in addresses
        if is_public(address) or any(address in network for network in allow)
    ]
    if not good:
        raise NotAllowed("its address is not of the public internet")
    return good
