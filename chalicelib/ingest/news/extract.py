"""Find IOCs in a text that people wrote.

Which ones count is published:

- what is defanged, wherever it stands;
- hashes, unless they are said to be a key, an id, a commit and the like;
- addresses, hosts and URLs that are not defanged only in a section of IOCs, in a list
  of three or more, or in a text that is nothing but a list; addresses also where the
  line calls them one. Never where sources are listed, and never the links of a page.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from chalicelib.core.invalid import InvalidValue
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.iocs.values import HASHES, normalise
from chalicelib.core.refanging import DOT, is_marked, mark, unmark
from chalicelib.ingest.news.page_text import LINK, LINKED
from chalicelib.ingest.news.sections import Section, Sections

LONGEST_LINE = 100_000
MOST = 5_000
MOST_CVES = 500
"""No text of which more IOCs and CVEs are taken."""

_D, _C = f"[.{DOT}]", "[:\ue001]"
_END = (
    rf"[^\s<>\"'`|^{{}}{LINK}{LINKED}\u3001\u3002\uff0c\uff1b\uff09\u300b\u300d\u201d]"
)
_FOUND = re.compile(
    rf"(?P<url>(?<![a-z0-9])(?:https?|ftps?|sftp|tcp|udp|wss?|ldaps?|rmi|tftp|smb)"
    rf"\ue003*{_C}//{_END}+)"
    rf"|(?P<email>(?<![\w.+-])[\w.+-]{{1,64}}[@\ue002][\w-]+(?:{_D}[\w-]+)+)"
    r"|(?P<hash>(?<![0-9a-z_])"
    r"(?:[0-9a-f]{128}|[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-z_]))"
    rf"|(?P<ipv6>(?<![\w:.])(?:[0-9a-f]{{1,4}}{_C}|{_C}){{2,8}}[0-9a-f]{{0,4}}"
    rf"(?:/\d{{1,3}})?(?![\w:]))"
    rf"|(?<![\w.@=/\\{DOT}\ue002-])(?P<host>[\w-]+(?:{_D}[\w-]+)+)(?![@(\ue002])"
    rf"(?P<port>{_C}\d{{1,5}}(?!\d){_C}?)?(?P<path>/{_END}*)?",
    re.IGNORECASE,
)
_CVE = re.compile(
    r"(?<![a-z])CVE[-\u2010-\u2015\s]{1,2}(\d{4})[-\u2010-\u2015](\d{4,7})(?!\d)",
    re.IGNORECASE | re.ASCII,
)
_IPV4 = re.compile(rf"\d{{1,3}}(?:{_D}\d{{1,3}}){{3}}", re.ASCII)
_WIDTH = re.compile(r"/\d{1,2}", re.ASCII)
_GLOBAL_IPV6 = re.compile(r"[23][0-9a-f]{3}:", re.IGNORECASE)
_NO_HASH = re.compile(
    r"\b(?:key|iv|uuid|guid|token|nonce|salt|commit|clsid|serial(?: number)?|secret"
    r"|password|thumbprint|imphash|ja3s?|jarm|fingerprint|id|revision|signature|git"
    r"|rustc?|rich ?header|tlsh|etag)\b[\"'\s:=/()#]*$",
    re.IGNORECASE,
)
_IS_ADDRESS = re.compile(
    r"\bipv?[46]?\b|\baddress(?:es)?\b|\badresses?\b|\bdirecci[oó]n|\bc2\b|\bc&c\b"
    r"|\bservers?\b|\bserveurs?\b|\bhosts?\b|\bport\b|\"host\"",
    re.IGNORECASE,
)
_FILES = frozenset({"zip", "mov", "md", "so", "ps", "cab", "java"})
_FILES_OR_COUNTRIES = frozenset({"py", "sh", "rs", "pl", "pm", "mm", "bat"})
"""Top-level domains that are endings of files too; of countries if more precedes."""
_SETTING = re.compile(
    r"(?:host|domain|c2|server|url|gate|panel)s?[\"']?\s*[:=]\s*\[?[\"']?$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_FEW_WORDS, _BARE_WORDS, _SHORT_LIST = 12, 3, 3
_OF_ALL = 0.6
_SHA256 = 64


@dataclass(frozen=True, slots=True)
class Found:
    """An IOC in a text, in its canonical form, and whether it was defanged there."""

    kind: IocType
    value: str
    defanged: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    found: Found
    linked: bool
    named: bool
    """The words before say what it is."""


@dataclass(frozen=True, slots=True)
class _Line:
    candidates: Sequence[_Candidate]
    section: Section
    words: int
    bare: bool


def find(text: str) -> tuple[Found, ...]:
    """Find the IOCs of a text as page_text writes it, in order, each once."""
    lines = list(_read(text))
    bare = sum(line.bare for line in lines)
    is_list = bare > _OF_ALL * len(lines)
    kept: dict[tuple[IocType, str], Found] = {}
    for line, in_list in zip(lines, _in_lists(lines), strict=True):
        for one in line.candidates:
            if _counts(one, line, in_list=in_list or (is_list and line.bare)):
                key = (one.found.kind, one.found.value)
                kept[key] = (
                    one.found if one.found.defanged else kept.get(key, one.found)
                )
    return tuple(kept.values())[:MOST]


def find_cves(text: str) -> tuple[str, ...]:
    """Find the CVEs that a text names, sorted, each once."""
    found = set()
    for match in _CVE.finditer(text):
        with suppress(InvalidValue):
            found.add(normalise(IocType.CVE, f"CVE-{match[1]}-{match[2]}"))
    return tuple(sorted(found))[:MOST_CVES]


def _read(text: str) -> Iterator[_Line]:
    sections = Sections()
    for line in text.split("\n"):
        if not line.strip():
            continue
        marked = mark(line[:LONGEST_LINE])
        sections.read(marked)
        candidates, rest = _candidates(marked)
        words = len(_WORD.findall(rest))
        bare = bool(candidates) and (words <= _BARE_WORDS or _is_row(marked))
        yield _Line(candidates, sections.current, words, bare)


def _counts(one: _Candidate, line: _Line, *, in_list: bool) -> bool:
    if one.found.defanged or one.found.kind in _ALWAYS:
        return True
    if line.section is Section.LIST:
        return line.words <= _FEW_WORDS or one.named
    if line.section is Section.SOURCES or one.linked:
        return False
    return in_list or one.named


def _in_lists(lines: Sequence[_Line]) -> list[bool]:
    """Tell for each line whether it is one of three or more that are values."""
    told: list[bool] = []
    run = 0
    for line in lines:
        run = run + 1 if line.bare else 0
        told.append(run >= _SHORT_LIST)
        if run == _SHORT_LIST:
            told[-_SHORT_LIST:] = [True] * _SHORT_LIST
    return told


def _candidates(line: str) -> tuple[list[_Candidate], str]:
    """Find what may be an IOC in a line; gives what else is in it too."""
    kept: list[_Candidate] = []
    rest: list[str] = []
    end = 0
    for match in _FOUND.finditer(line):
        before = line[max(0, match.start() - 60) : match.start()]
        found = _judge(match, before)
        if found is None:
            continue
        is_linked = line.rfind(LINK, 0, match.start()) > line.rfind(
            LINKED, 0, match.start()
        )
        kept.append(_Candidate(found, is_linked, _is_named(found, before)))
        rest.append(line[end : match.start()])
        end = match.end()
    rest.append(line[end:])
    return kept, " ".join(rest)


def _judge(match: re.Match[str], before: str) -> Found | None:
    kind, text = _kind(match, before)
    if kind is None:
        return None
    defanged = is_marked(match[0])
    plain = unmark(text)
    if kind is IocType.DOMAIN and not defanged and not _may_be_host(plain):
        return None
    try:
        return Found(kind, normalise(kind, plain), defanged)
    except InvalidValue:
        return None


def _kind(match: re.Match[str], before: str) -> tuple[IocType | None, str]:
    text = match[0]
    if match["host"]:
        return _kind_of_host(match)
    if match["hash"]:
        return _kind_of_hash(text, before), text
    if match["ipv6"]:
        return (IocType.IPV6 if _GLOBAL_IPV6.match(unmark(text)) else None), text
    if match["email"]:
        return IocType.EMAIL, text
    return IocType.URL, _url(text)


def _url(text: str) -> str:
    """Take off what markup of plain text puts behind a URL."""
    if not is_marked(text) and "://[" not in text:
        text = text.partition("[")[0]
    return text.rstrip(":*\\").removesuffix("++")


def _kind_of_host(match: re.Match[str]) -> tuple[IocType | None, str]:
    host, path = match["host"], match["path"] or ""
    port = (match["port"] or "").rstrip(":\ue001")
    is_ipv4 = _IPV4.fullmatch(host)
    if is_ipv4 and _WIDTH.fullmatch(path):
        return IocType.IPV4, host + path
    if len(path) > 1:
        return IocType.URL, host + port + path
    return (IocType.IPV4 if is_ipv4 else IocType.DOMAIN), host


def _kind_of_hash(text: str, before: str) -> IocType | None:
    if _NO_HASH.search(before):
        return None
    if len(text) < _SHA256 and before.endswith("/"):
        return None
    return None if text.isdigit() or text.isalpha() else HASHES[len(text)]


def _may_be_host(name: str) -> bool:
    """Tell a host's name from a file's; code has capitals at the end."""
    last = name.rpartition(".")[2]
    if last != last.lower():
        return False
    if last in _FILES:
        return False
    return last not in _FILES_OR_COUNTRIES or name.count(".") > 1


def _is_named(found: Found, before: str) -> bool:
    """Tell whether the words before say that it is an address, or a setting's value."""
    if found.kind in _ADDRESSES and _IS_ADDRESS.search(before):
        return True
    return bool(_SETTING.search(before))


def _is_row(line: str) -> bool:
    """Tell whether a cell of a table is a value and nothing else."""
    cells = re.split(r"[\t|]", line) if re.search(r"[\t|]", line) else []
    return any(_FOUND.fullmatch(cell.strip(f" `*{LINK}{LINKED}")) for cell in cells)


_ADDRESSES: Collection[IocType] = frozenset({IocType.IPV4, IocType.IPV6})
_ALWAYS: Collection[IocType] = frozenset(HASHES.values())
