"""Where in a text IOCs are listed, and where its sources are."""

from __future__ import annotations

import re
from enum import Enum

_LISTS = re.compile(
    r"\biocs?\b|indicators?\b|indicateurs?\b|indicatori\b|indicador(?:es)?\b|indikator|индикатор"
    r"|\bc2\b|\bc&c\b|\bc ?& ?c\b|command[- ]and[- ]control|\bhash(?:es|werte)?\b"
    r"|\bsha-?(?:1|256|512)\b|\bmd5\b|\bobservables?\b|\bipv?[46]? ?address|\bips?:"
    r"|侵害|失陷|威胁指标|침해",
    re.IGNORECASE,
)
_MAYBE_LISTS = re.compile(
    r"\bsamples?\b|\bdomains?\b|\burls?\b|\bservers?\b|\bpayloads?\b|\bhosts?\b"
    r"|\bnetwork\b|\bmalicious\b|\bartifacts?\b|\binfrastructure\b|\bdomaines?\b"
    r"|\bdominios?\b|\bdomänen?\b|\bdropper\b|\bloader\b|\bbackdoor\b",
    re.IGNORECASE,
)
_SOURCES = re.compile(
    r"\breferences?\b|\bresources?\b|\blinks?\b|\bsources?\b|further reading"
    r"|\brelated\b|learn more|see also|read more|\babout\b|\bcontact\b"
    r"|acknowledg|\bauthors?\b"
    r"|référence|\bquellen\b|referencia|fuentes|weitere informationen|источники|ссылки"
    r"|参考|\breporting\b|\bdisclaimer\b|\bmitigations?\b|versions? affected"
    r"|\bproducts?\b",
    re.IGNORECASE,
)
_MARKED = re.compile(r"(#{1,6}|={1,6})\s+(\S.*)")
_LABEL = 7
_SHORT_WORDS, _LONGEST_LABEL = 8, 140


class Section(Enum):
    """What a part of a text is about."""

    LIST = "list"
    OTHER = "other"
    SOURCES = "sources"


class Sections:
    """Follows the headings of a text, line by line."""

    def __init__(self) -> None:
        """Begin outside of all sections."""
        self._open: list[tuple[int, Section]] = []

    @property
    def current(self) -> Section:
        """Tell where we are: what has no name of its own is part of what is above."""
        for _, section in reversed(self._open):
            if section is not Section.OTHER:
                return section
        return Section.OTHER

    def read(self, line: str) -> bool:
        """Take a line in; tells whether it is a heading."""
        heading = _heading(line)
        if heading is None:
            return False
        level, title = heading
        while self._open and self._open[-1][0] >= level:
            self._open.pop()
        # The first heading is the title of the whole: it says nothing of its parts.
        self._open.append((level, Section.OTHER if level == 1 else _about(title)))
        return True


def _heading(line: str) -> tuple[int, str] | None:
    match = _MARKED.fullmatch(line)
    if match is not None:
        return len(match[1]), match[2]
    text = line.strip(" *_\t")
    if text.endswith(":") and len(text) <= _LONGEST_LABEL:
        is_label = text.isupper() or len(text.split()) <= _SHORT_WORDS
        return (_LABEL, text) if is_label else None
    is_short = text and len(text.split()) <= _SHORT_WORDS - 2 and text[-1] not in ".,"
    if is_short and _LISTS.match(text) and not re.search(r"[./\ue000]\S", text):
        return _LABEL, text
    return None


def _about(title: str) -> Section:
    if _LISTS.search(title):
        return Section.LIST
    if _SOURCES.search(title):
        return Section.SOURCES
    words = len(title.split())
    if words <= _SHORT_WORDS and _MAYBE_LISTS.search(title):
        return Section.LIST
    return Section.OTHER
