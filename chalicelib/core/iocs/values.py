"""Values of IOCs: what kind one is, and the one form in which it is kept.

`normalise` gives the canonical form: equal things are equal text, and normalising
again changes nothing. docs/architecture/ingestion-cleaning.md has the rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from chalicelib.core.addresses import mapped_ipv4, to_ipv4, to_ipv6
from chalicelib.core.hosts import to_host
from chalicelib.core.invalid import InvalidValue
from chalicelib.core.iocs import techniques
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.refanging import refang
from chalicelib.core.urls import to_url

__all__ = ["InvalidValue", "detect", "normalise", "port_of", "refang"]

LONGEST = 4_096
"""No text that is longer is looked at: the longest value there is has 2,048."""

HASHES = {
    32: IocType.MD5,
    40: IocType.SHA1,
    64: IocType.SHA256,
    128: IocType.SHA512,
}
_LENGTHS = {kind: length for length, kind in HASHES.items()}
_HEX = re.compile(r"[0-9a-fA-F]+")
_CVE = re.compile(
    r"CVE[-\u2010-\u2015_ ](\d{4})[-\u2010-\u2015_ ](\d{4,19})",
    re.IGNORECASE | re.ASCII,
)
_YEARS = range(1999, 2100)
_SHORT = 4
_EMAIL = re.compile(
    r"([a-z0-9.!#$%&*+/=?^_{|}~'-]{1,64})@([^@]+)", re.IGNORECASE | re.ASCII
)
_HOST_AND_PORT = re.compile(r"([^/:?#@\s]+):(\d{1,5})", re.ASCII)
_WILDCARD = re.compile(r"\A(?:\*?\.)+")
_V4_LIKE = re.compile(r"[\d.]+(?:/\d{1,2}|:\d{1,5})?", re.ASCII)


def normalise(kind: IocType, text: str) -> str:
    """Write a value of a known kind in its canonical form. Raises InvalidValue."""
    return _WRITERS[kind](_whole(text))


def detect(text: str) -> tuple[IocType, str]:
    """Find out what a value is; gives its canonical form too. Raises InvalidValue."""
    whole = _whole(text)
    if _HEX.fullmatch(whole) and len(whole) in HASHES:
        kind = HASHES[len(whole)]
    else:
        kind = _kind_by_shape(whole)
    return kind, _WRITERS[kind](whole)


def port_of(text: str) -> int | None:
    """Give the port that is written behind an address or a host's name."""
    whole = refang(text[:LONGEST])
    match = _HOST_AND_PORT.fullmatch(whole)
    if match is not None:
        return int(match[2])
    try:
        return to_ipv6(whole)[1]
    except InvalidValue:
        return None


def _whole(text: str) -> str:
    if len(text) > LONGEST:
        raise InvalidValue("a value that is too long")
    whole = refang(text)
    if not whole:
        raise InvalidValue("an empty value")
    return whole


def _kind_by_shape(text: str) -> IocType:
    for kind, is_one in _BY_LOOKS:
        if is_one(text):
            return kind
    return IocType.URL if re.search(r"[/?]", text.rstrip("/")) else IocType.DOMAIN


def _looks_like_url(text: str) -> bool:
    return "://" in text or ":\\\\" in text


def _looks_like_ipv4(text: str) -> bool:
    return bool(_V4_LIKE.fullmatch(text.rstrip("/")) or mapped_ipv4(text))


_BY_LOOKS: tuple[tuple[IocType, Callable[[str], object]], ...] = (
    (IocType.CVE, _CVE.fullmatch),
    (IocType.TECHNIQUE, techniques.to_technique),
    (IocType.URL, _looks_like_url),
    (IocType.IPV4, _looks_like_ipv4),
    (IocType.IPV6, lambda text: text.count(":") > 1),
    (IocType.EMAIL, _EMAIL.fullmatch),
)


def _ipv4(text: str) -> str:
    return mapped_ipv4(text) or to_ipv4(text.rstrip("/"))[0]


def _ipv6(text: str) -> str:
    return to_ipv6(text)[0]


def _domain(text: str) -> str:
    name = text.rstrip("/")
    match = _HOST_AND_PORT.fullmatch(name)
    return to_host(_WILDCARD.sub("", match[1] if match else name))


def _url(text: str) -> str:
    if not _looks_like_url(text):
        if text.startswith("/"):
            raise InvalidValue("a path without a host")
        # A list of URLs that leaves the scheme out means the web.
        text = f"http://{text}"
    url = str(to_url(text))
    # What was cleaned may look defanged only now: \ has become /, a fragment went.
    again = refang(url)
    return url if again == url else _url(again)


def _email(text: str) -> str:
    match = _EMAIL.fullmatch(text)
    if match is None:
        raise InvalidValue("not an e-mail address")
    return f"{match[1].lower()}@{to_host(match[2])}"


def _hash(kind: IocType) -> Callable[[str], str]:
    def write(text: str) -> str:
        if len(text) != _LENGTHS[kind] or not _HEX.fullmatch(text):
            raise InvalidValue(f"not a {kind} hash")
        if len(set(text)) == 1:
            raise InvalidValue("a hash of one digit only")
        return text.lower()

    return write


def _cve(text: str) -> str:
    match = _CVE.fullmatch(text)
    if match is None or int(match[1]) not in _YEARS or not int(match[2]):
        raise InvalidValue("not a CVE")
    number = match[2]
    if len(number) > _SHORT and number[0] == "0":
        raise InvalidValue("not a CVE")
    return f"CVE-{match[1]}-{number}"


def _technique(text: str) -> str:
    name = techniques.to_technique(text)
    if name is None:
        raise InvalidValue("not a technique of ATT&CK")
    return name


_WRITERS: Mapping[IocType, Callable[[str], str]] = {
    IocType.IPV4: _ipv4,
    IocType.IPV6: _ipv6,
    IocType.DOMAIN: _domain,
    IocType.URL: _url,
    IocType.EMAIL: _email,
    IocType.CVE: _cve,
    IocType.TECHNIQUE: _technique,
    **{kind: _hash(kind) for kind in _LENGTHS},
}
