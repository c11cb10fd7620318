"""The values in a STIX pattern that is one comparison, or an OR of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalicelib.core.iocs.ioc import IocType

_LONGEST = 64 * 1024
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<path>[a-z0-9-]+:[A-Za-z0-9_.'\-\[\]*]+)"
    r"|(?P<word>[A-Z]+\b)|(?P<sign>[\[\]()=,]|!=|[<>]=?)|(?P<end>$)|(?P<other>\S))",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_KINDS = {
    "ipv4-addr:value": IocType.IPV4,
    "ipv6-addr:value": IocType.IPV6,
    "domain-name:value": IocType.DOMAIN,
    "url:value": IocType.URL,
    "email-addr:value": IocType.EMAIL,
    "email-message:from_ref.value": IocType.EMAIL,
    "email-message:sender_ref.value": IocType.EMAIL,
    "vulnerability:name": IocType.CVE,
}
_HASHES = {
    "md5": IocType.MD5,
    "sha1": IocType.SHA1,
    "sha256": IocType.SHA256,
    "sha512": IocType.SHA512,
}
_HASHED = ("file:hashes.", "artifact:hashes.", "x509-certificate:hashes.")


class NotPlain(ValueError):
    """A pattern that says more than that a value was seen."""


def values(pattern: str) -> list[tuple[IocType, str]]:
    """Give what a pattern looks for. Raises NotPlain with the reason."""
    if len(pattern) > _LONGEST:
        raise NotPlain("pattern is too long")
    tokens = list(_tokens(pattern))
    found: list[tuple[IocType, str]] = []
    at = depth = 0
    while True:
        at, depth = _opened(tokens, at, depth)
        if depth < 1:
            raise NotPlain("pattern is not understood")
        at, read = _comparison(tokens, at)
        found += read
        while tokens[at] in (("sign", "]"), ("sign", ")")):
            at, depth = at + 1, depth - 1
        if tokens[at] != ("word", "OR"):
            break
        at += 1
    if tokens[at][0] != "end" or depth:
        raise NotPlain(f"pattern with {tokens[at][1][:16] or 'open brackets'}")
    return found


def _opened(tokens: list[tuple[str, str]], at: int, depth: int) -> tuple[int, int]:
    while tokens[at] in (("sign", "["), ("sign", "(")):
        at, depth = at + 1, depth + 1
    return at, depth


def _comparison(
    tokens: list[tuple[str, str]], at: int
) -> tuple[int, list[tuple[IocType, str]]]:
    kind, path = tokens[at]
    if kind != "path":
        raise NotPlain("pattern is not understood")
    operator = tokens[at + 1]
    if operator == ("sign", "=") and tokens[at + 2][0] == "text":
        return at + 3, [(_kind(path), _plain(tokens[at + 2][1]))]
    if operator == ("word", "IN"):
        return _listed(tokens, at + 2, _kind(path))
    raise NotPlain(f"pattern compares by {operator[1][:16]}")


def _listed(
    tokens: list[tuple[str, str]], at: int, kind: IocType
) -> tuple[int, list[tuple[IocType, str]]]:
    found = []
    if tokens[at] != ("sign", "("):
        raise NotPlain("pattern is not understood")
    while tokens[at] in (("sign", "("), ("sign", ",")):
        if tokens[at + 1][0] != "text":
            raise NotPlain("pattern is not understood")
        found.append((kind, _plain(tokens[at + 1][1])))
        at += 2
    if tokens[at] != ("sign", ")"):
        raise NotPlain("pattern is not understood")
    return at + 1, found


def _kind(path: str) -> IocType:
    if path in _KINDS:
        return _KINDS[path]
    for start in _HASHED:
        if path.startswith(start):
            name = path.removeprefix(start).strip("'").replace("-", "").lower()
            if name in _HASHES:
                return _HASHES[name]
    raise NotPlain(f"pattern on {path[:48]}")


def _plain(quoted: str) -> str:
    return _ESCAPED.sub(r"\1", quoted[1:-1])


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    at = 0
    while True:
        match = _TOKEN.match(pattern, at)
        if match is None:
            raise NotPlain("pattern is not understood")
        kind = str(match.lastgroup)
        yield kind, match[kind]
        if kind in ("end", "other"):
            # What is no token ends it; looking ahead meets the end thrice at most.
            yield from (("end", ""),) * 3
            return
        at = match.end()
