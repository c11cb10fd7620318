"""Response policy zones: what a resolver such as BIND refuses to resolve.

The format is described in draft-vixie-dns-rpz. Names are relative: the zone has
the name that the configuration of the server gives it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists.row import Row
from chalicelib.export.about import About

KINDS = (IocType.IPV4, IocType.IPV6, IocType.DOMAIN)

_TTL = 300
_TIMERS = "3600 600 604800 300"
_LONGEST_NAME = 253
_ROOM = 66
"""For the name of the zone, and for the `*.` before a domain."""
_SECOND = 1_000_000


def has(row: Row) -> bool:
    """Tell whether a zone can hold a row of one of its kinds."""
    return row.type is not IocType.DOMAIN or len(row.value) + _ROOM <= _LONGEST_NAME


def write(rows: Sequence[Row], about: About) -> Iterator[str]:
    """Write a zone: NXDOMAIN for the domains, and for answers with the addresses.

    The serial is the second of the newest change, so that it grows with changes.
    """
    yield f"$TTL {_TTL}"
    serial = about.made_at // _SECOND
    yield f"@ IN SOA localhost. hostmaster.localhost. {serial} {_TIMERS}"
    yield "@ IN NS localhost."
    for row in rows:
        if row.type is IocType.DOMAIN:
            yield f"{row.value} CNAME ."
            yield f"*.{row.value} CNAME ."
        else:
            yield f"{trigger(row.value)} CNAME ."


def trigger(address: str) -> str:
    """Write an address or network backwards: 24.0.100.51.198.rpz-ip."""
    network = ip_network(address)
    first = network.network_address.compressed
    if network.version == 4:  # noqa: PLR2004 - the other one is 6
        parts = first.split(".")
    else:
        # The run of zeros that :: stands for has a word of its own.
        parts = first.replace("::", ":zz:").strip(":").split(":")
    return ".".join([str(network.prefixlen), *reversed(parts), "rpz-ip"])
