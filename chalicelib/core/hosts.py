"""Names of hosts: lower case, ASCII, under a top-level domain that there is."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from chalicelib.core.invalid import InvalidValue

_FILE = Path(__file__).parents[1] / "data" / "tlds.txt"
_LONGEST = 253
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_SPECIAL = frozenset(
    {"onion", "i2p", "bit", "bazar", "coin", "emc"}
    | {"bbs", "chan", "cyb", "dyn", "epic", "geek", "gopher", "indy", "libre", "oss"}
    | {"parody", "pirate"}
)
"""Not in everybody's DNS: Tor, I2P, Namecoin, Emercoin, OpenNIC; malware is there."""
_FOR_EXAMPLES = frozenset({"example", "test"})
"""Reserved by RFC 2606; the warning lists hold them back, tests let them pass."""


@cache
def top_level() -> frozenset[str]:
    """All top-level domains: IANA's, and a few that only some can reach."""
    text = _FILE.read_text()
    names = {line for line in text.split() if not line.startswith("#")}
    return frozenset(names | _SPECIAL | _FOR_EXAMPLES)


def to_host(text: str) -> str:
    """Write the name of a host in its canonical form. Raises InvalidValue.

    Names of other scripts are written as IDNA has them, underscores are let through.
    """
    name = text.lower()
    if not name.isascii():
        name = _to_ascii(name)
    name = name.removesuffix(".")
    if len(name) > _LONGEST:
        raise InvalidValue("a host's name is too long")
    labels = name.split(".")
    if len(labels) == 1:
        raise InvalidValue("a host's name without a domain")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidValue("not the name of a host")
    if labels[-1] not in top_level():
        raise InvalidValue("no such top-level domain")
    return name


def _to_ascii(name: str) -> str:
    import idna

    try:
        return idna.encode(name, uts46=True, transitional=False).decode().lower()
    except (idna.IDNAError, UnicodeError):
        pass
    try:
        # IDNA of 2003 knows signs that the one of 2008 refuses, and they are in use.
        return name.encode("idna").decode().lower()
    except UnicodeError:
        raise InvalidValue("not the name of a host") from None
