"""IP addresses and networks, strictly written and in one form only."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address, NetmaskValueError

from chalicelib.core.invalid import InvalidValue

_V4 = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})", re.ASCII)
_V4_WITH = re.compile(r"([\d.]+)(?:/(\d{1,2})|:(\d{1,5}))?", re.ASCII)
_V6_WITH = re.compile(
    r"(?:([0-9a-f:.]{2,45})(?:/(\d{1,3}))?|\[([0-9a-f:.]{2,45})\](?::(\d{1,5}))?)",
    re.ASCII | re.IGNORECASE,
)
_WIDEST_V4, _WIDEST_V6 = 8, 16
_BITS_V4, _BITS_V6 = 32, 128
_HIGHEST = 255
_PORTS = 65_535


def to_ipv4(text: str) -> tuple[str, int | None]:
    """Read an IPv4 address, or a network, or an address with a port.

    Numbers with leading zeros are refused: some read them as octal. Networks lose
    their host bits, and one of a single address is that address. Raises InvalidValue.
    """
    match = _V4_WITH.fullmatch(text)
    if match is None:
        raise InvalidValue("not an IPv4 address")
    address, width, port = match.groups()
    plain = _plain_v4(address)
    if width is not None:
        return _network_v4(plain, int(width)), None
    return plain, None if port is None else to_port(port)


def to_ipv6(text: str) -> tuple[str, int | None]:
    """Read an IPv6 address or network, or an address in brackets with a port.

    An IPv4 address in the clothes of IPv6 is refused. Raises InvalidValue.
    """
    match = _V6_WITH.fullmatch(text)
    if match is None:
        raise InvalidValue("not an IPv6 address")
    try:
        address = IPv6Address(match[1] or match[3])
    except AddressValueError:
        raise InvalidValue("not an IPv6 address") from None
    if address.ipv4_mapped is not None:
        raise InvalidValue("an IPv4 address in IPv6")
    port = None if match[4] is None else to_port(match[4])
    width = _BITS_V6 if match[2] is None else int(match[2])
    if width > _BITS_V6:
        raise InvalidValue("not a network")
    if width < _WIDEST_V6:
        raise InvalidValue("a network that is too large")
    if width == _BITS_V6:
        return _to_text(address), port
    kept = int(address) >> (_BITS_V6 - width) << (_BITS_V6 - width)
    return f"{_to_text(IPv6Address(kept))}/{width}", None


def to_port(text: str) -> int:
    """Read a port. Raises InvalidValue."""
    if not 1 <= int(text) <= _PORTS:
        raise InvalidValue("not a port")
    return int(text)


def mapped_ipv4(text: str) -> str | None:
    """Give the IPv4 address that an IPv6 address stands for."""
    try:
        mapped = IPv6Address(text.strip("[]")).ipv4_mapped
    except (AddressValueError, NetmaskValueError):
        return None
    return None if mapped is None else str(mapped)


def _plain_v4(text: str) -> str:
    match = _V4.fullmatch(text)
    if match is None:
        raise InvalidValue("not an IPv4 address")
    for part in match.groups():
        if int(part) > _HIGHEST or (part[0] == "0" and part != "0"):
            raise InvalidValue("not an IPv4 address")
    return text


def _network_v4(address: str, width: int) -> str:
    if width > _BITS_V4:
        raise InvalidValue("not a network")
    if width < _WIDEST_V4:
        raise InvalidValue("a network that is too large")
    if width == _BITS_V4:
        return address
    kept = int(IPv4Address(address)) >> (_BITS_V4 - width) << (_BITS_V4 - width)
    return f"{IPv4Address(kept)}/{width}"


def _to_text(address: IPv6Address) -> str:
    # ::102:304 in Python 3.11 is ::1.2.3.4 in later ones where it is mapped; those
    # were refused, so that every version writes the same.
    return address.compressed
