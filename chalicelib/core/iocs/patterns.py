r"""STIX patterns of one comparison. Here is the ONE function that quotes.

STIX 2.1 section 9.6: in a string constant only `'` and `\` are escaped, each
by a backslash.
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.core.iocs.ioc import IocType

PATHS: Mapping[IocType, str] = {
    IocType.IPV4: "ipv4-addr:value",
    IocType.IPV6: "ipv6-addr:value",
    IocType.DOMAIN: "domain-name:value",
    IocType.URL: "url:value",
    IocType.EMAIL: "email-addr:value",
    IocType.MD5: "file:hashes.MD5",
    IocType.SHA1: "file:hashes.'SHA-1'",
    IocType.SHA256: "file:hashes.'SHA-256'",
    IocType.SHA512: "file:hashes.'SHA-512'",
}
"""What is compared, by type; the other types are no indicators."""


def quote(text: str) -> str:
    """Write a string constant."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def pattern_of(kind: IocType, value: str) -> str:
    """Write the pattern of an IOC. Raises KeyError for what is no indicator.

    A network is compared with `=` too: an address in STIX may be in CIDR
    notation, and few consumers know ISSUBSET.
    """
    return f"[{PATHS[kind]} = {quote(value)}]"
