r"""What Sigma calls the logs that IOCs show up in, and how a value is looked for.

Sigma reads `*` and `?` in a value as wildcards and `\` as what escapes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists.row import Row
from chalicelib.export.blocking.yaml_text import Node

Item = tuple[str, str]
"""A field with its modifiers, and the value that it is compared with."""

_SPECIAL = re.compile(r"[\\*?]")
_HASHES = {IocType.MD5: "MD5", IocType.SHA1: "SHA1", IocType.SHA256: "SHA256"}


@dataclass(frozen=True, slots=True)
class Logsource:
    """One kind of logs; `what` and `doubts` are words of the rule.

    `alone` names it in a rule of one IOC, where the API that we offer has another
    name for it than the rules of SigmaHQ.
    """

    category: str
    product: str | None
    what: str
    doubts: str
    items: Callable[[Row], Sequence[Item]]
    alone: str | None = None

    def named(self, *, alone: bool) -> Mapping[str, Node]:
        """Name it as a rule does."""
        if alone and self.alone:
            return {"category": self.alone}
        product = {} if self.product is None else {"product": self.product}
        return {"category": self.category, **product}


def literal(text: str) -> str:
    """Write a value that matches itself only."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def hash_text(row: Row) -> str:
    """Write a hash as Sysmon does."""
    return f"{_HASHES[row.type]}={row.value}" if row.type in _HASHES else row.value


def selection(items: Sequence[Item]) -> Node:
    """Select what any of the items matches."""
    fields: dict[str, list[str]] = {}
    for field, value in items:
        fields.setdefault(field, []).append(value)
    maps: list[Mapping[str, Node]] = [
        {field: values[0] if len(values) == 1 else values}
        for field, values in fields.items()
    ]
    return maps[0] if len(maps) == 1 else maps


def _address(row: Row) -> Sequence[Item]:
    field = "DestinationIp|cidr" if "/" in row.value else "DestinationIp"
    return ((field, row.value),)


def _domain(row: Row) -> Sequence[Item]:
    name = literal(row.value)
    return (("QueryName", name), ("QueryName|endswith", f".{name}"))


def _url(row: Row) -> Sequence[Item]:
    return (("c-uri", literal(row.value)),)


def _hash(row: Row) -> Sequence[Item]:
    return (("Hashes|contains", hash_text(row)),)


_CONNECTIONS = Logsource(
    "network_connection",
    "windows",
    "Connection to Malicious Address",
    "Other services on an address that is shared or has changed hands",
    _address,
)
_QUESTIONS = Logsource(
    "dns_query",
    "windows",
    "DNS Query for Malicious Domain",
    "Names that were compromised and cleaned, and analysts who look them up",
    _domain,
    alone="dns",
)
_REQUESTS = Logsource(
    "proxy",
    None,
    "Request for Malicious URL",
    "Pages of legitimate sites that were compromised and cleaned",
    _url,
)
_PROCESSES = Logsource(
    "process_creation",
    "windows",
    "Execution of Malicious File",
    "Tools that administrators use as well as attackers",
    _hash,
)
LOGSOURCES: Mapping[IocType, Logsource] = {
    IocType.IPV4: _CONNECTIONS,
    IocType.IPV6: _CONNECTIONS,
    IocType.DOMAIN: _QUESTIONS,
    IocType.URL: _REQUESTS,
    **dict.fromkeys(_HASHES, _PROCESSES),
}
"""By type; Sigma has no field for the other types."""
