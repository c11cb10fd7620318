r"""Suricata rules: DNS and TLS for domains, HTTP for URLs, all of IP for addresses.

What a value brings into `content` is written as hexadecimal unless it is a plain
sign, and `msg` escapes `;`, `"` and `\`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from chalicelib.core import instants
from chalicelib.core.iocs.ioc import IocType, key_of
from chalicelib.core.lists.row import Row
from chalicelib.core.urls import Url, to_url
from chalicelib.export.about import About

SIDS = range(3_000_000_000, 3_000_000_000 + 2**30)
"""Far from the ranges of public rule sets; two for each IOC."""

KINDS = (IocType.IPV4, IocType.IPV6, IocType.DOMAIN, IocType.URL)

_PRIORITIES = {"high": 1, "medium": 2}
_LOWEST = 3
_LONGEST_SHOWN = 100
_HEADS = {
    "dns": "alert dns $HOME_NET any -> any any",
    "tls": "alert tls $HOME_NET any -> any any",
    "http": "alert http $HOME_NET any -> any any",
}
_TO_SERVER = "flow:established,to_server;"
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._/=&%?+,~@-]+")
_NOT_PRINTABLE = re.compile(r"[^ -~]")
_ESCAPED = re.compile(r'[;"\\]')


def has(row: Row) -> bool:
    """Tell whether rules can look for a row of one of their kinds."""
    return row.type is not IocType.URL or to_url(row.value).scheme in ("http", "https")


def write(rows: Sequence[Row], about: About) -> Iterator[str]:
    """Write the rules of rows, one or two each."""
    taken: set[int] = set()
    for row in rows:
        first = _sid(row, taken)
        for number, (head, options) in enumerate(_matches(row)):
            yield f"{head} ({_said(row, about)} {options}{_end(row, first + number)})"


def content(text: str) -> str:
    """Write what to look for; what is special is hexadecimal between bars."""
    return _NOT_PLAIN.sub(lambda match: f"|{match[0].encode().hex(' ')}|", text)


def message(text: str) -> str:
    """Write a message."""
    printable = _NOT_PRINTABLE.sub("?", text)
    return _ESCAPED.sub(r"\\\g<0>", printable)


def _matches(row: Row) -> Iterator[tuple[str, str]]:
    """Give the head of a rule and what it looks for."""
    if row.type is IocType.DOMAIN:
        # A dot before both: the domain itself, and what is below it.
        below = f'dotprefix; content:".{content(row.value)}"; nocase; endswith; '
        yield _HEADS["dns"], f"dns.query; {below}"
        yield _HEADS["tls"], f"{_TO_SERVER} tls.sni; {below}"
    elif row.type is IocType.URL:
        yield _HEADS["http"], _request(to_url(row.value))
    else:
        yield f"alert ip $HOME_NET any -> [{row.value}] any", ""


def _request(url: Url) -> str:
    path = url.rest.partition("#")[0]
    host = f'http.host; content:"{content(url.host)}"; bsize:{len(url.host)};'
    raw = f'http.uri.raw; content:"{content(path)}"; nocase; bsize:{len(path)};'
    return f"{_TO_SERVER} {host} {raw} "


def _said(row: Row, about: About) -> str:
    shown = row.value[:_LONGEST_SHOWN]
    text = f"{about.product} IOC {row.type} {shown}, {row.confidence} confidence"
    return f'msg:"{message(text)}";'


def _end(row: Row, sid: int) -> str:
    created, updated = map(instants.to_date, (row.created, row.modified))
    dates = f"created_at {created}, updated_at {updated}".replace("-", "_")
    level = row.confidence if row.confidence in _PRIORITIES else "low"
    return (
        f"priority:{_PRIORITIES.get(row.confidence, _LOWEST)};"
        f" metadata:ioc_type {row.type}, confidence {level}, {dates};"
        f" sid:{sid}; rev:{updated.replace('-', '')};"
    )


def _sid(row: Row, taken: set[int]) -> int:
    """Choose by the value; where another IOC has that one, the next that is free."""
    pairs = len(SIDS) // 2
    place = int.from_bytes(key_of(row.type, row.value)) % pairs
    while place in taken:
        place = (place + 1) % pairs
    taken.add(place)
    return SIDS[2 * place]
