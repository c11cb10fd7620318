"""Whether what was printed looks as a page says: the same fields, lines of the same kind."""

from __future__ import annotations

import json
import re
from typing import Any

_KINDS = {
    "number": r"\d+",
    "address": r"[0-9a-f.:]+(/\d+)?",
    "event": r"CEF:0\|Taxiway\|Threat Intelligence\|1\.0\|.*",
    "rule": r"alert \S+ .*\bsid:\d+; rev:\d+;\)",
    "start of a zone": r"@ IN SOA .*",
    "record": r"\S+ CNAME \.",
    "hash and event": r"[0-9a-f]{32},[0-9a-f-]{36}",
    "domain": r"[a-z0-9.-]+\.[a-z0-9-]+",
    "location": r"[a-z0-9.-]+(:\d+)?/\S*",
    "row": r"[0-9a-f-]{36},\w+,.*",
    "header": r"[A-Za-z-]+: .*",
}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ELSE = "…"


def differences(said: str, printed: str) -> list[str]:
    """Tell where a page says what is not so."""
    if said.lstrip()[:1] in ("{", "["):
        return list(_lacking(json.loads(said), json.loads(printed), "$"))
    told, real = said.splitlines(), printed.splitlines()
    if ELSE in told:
        told = told[: told.index(ELSE)]
        real = real[: len(told)]
    kinds = [_kind(line) for line in told], [_kind(line) for line in real]
    return [] if kinds[0] == kinds[1] else [f"{kinds[0]} is not {kinds[1]}: {real}"]


def _kind(line: str) -> str:
    """Name what a line is; the line itself where it is nothing that varies."""
    for name, pattern in _KINDS.items():
        if re.fullmatch(pattern, line.removesuffix("\r")):
            return name
    return line.removesuffix("\r")


def _lacking(said: Any, real: Any, where: str) -> list[str]:
    if isinstance(said, dict) and isinstance(real, dict):
        if all(map(_UUID.fullmatch, said)) and all(map(_UUID.fullmatch, real)):
            said, real = list(said.values()), list(real.values())
            return _lacking(said, real, f"{where}.*")
        gone = [f"{where}.{name} is not there" for name in said if name not in real]
        return gone + [
            found
            for name in said
            if name in real
            for found in _lacking(said[name], real[name], f"{where}.{name}")
        ]
    if isinstance(said, list) and isinstance(real, list) and said:
        if not real:
            return [f"{where} is empty"]
        # One that is shown stands for all; of objects of several types, its own.
        same = [one for one in real if _type_of(one) == _type_of(said[0])]
        return _lacking(said[0], (same or real)[0], f"{where}[0]")
    if type(said) is type(real) or {type(said), type(real)} <= {int, float}:
        return []
    return [f"{where} is {real!r}, not {said!r}"]


def _type_of(one: Any) -> Any:
    return one.get("type") if isinstance(one, dict) else None
