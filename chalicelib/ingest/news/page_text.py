"""The text of a page: lines as a reader sees them, without what is not its own.

Headings begin with as many # as they are deep, cells of a table are apart by tabs, and
the text of a link stands between two marks.
"""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

from chalicelib.core.refanging import is_marked, mark

LINK, LINKED = "\ue010", "\ue011"
"""Marks around the text of a link."""
LONGEST = 2_000_000
"""No page of which more is read."""

_NEVER_TEXT = frozenset({"script", "style", "title", "template", "svg", "math"})
_NOT_ITS_OWN = frozenset({"nav", "footer", "noscript", "iframe", "button", "select"})
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt"}
    | {"figcaption", "figure", "header", "hr", "main", "ol", "p", "pre", "section"}
    | {"table", "tbody", "tfoot", "thead", "tr", "ul", "body"}
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_TAG = re.compile(r"<[a-z!/][^>]*>", re.IGNORECASE)
_OUR_MARKS = re.compile("[\ue000-\ue0ff]")
_CUT = ("\u2026", "...", "[...]", "[\u2026]")
_BLANKS = re.compile(r"[ \r\n\f\v\u00a0]+")


def to_text(html: str) -> str:
    """Write a page as text; what has no tags is text already."""
    html = _OUR_MARKS.sub("", html[:LONGEST])
    if not _TAG.search(html):
        return unescape(html)
    reader = _Reader(_NEVER_TEXT | _NOT_ITS_OWN)
    reader.feed(html)
    reader.close()
    if reader.is_skipping:
        # Something was not ended: better its menus than nothing of a page.
        reader = _Reader(_NEVER_TEXT)
        reader.feed(html)
        reader.close()
    return reader.text()


class _Reader(HTMLParser):
    """Collects text; broken pages end what they began wherever they end it."""

    def __init__(self, skipped: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._skipped = skipped
        self._parts: list[str] = []
        self._skipping: list[str] = []
        self._plain = 0
        self._link: tuple[int, str] | None = None

    @property
    def is_skipping(self) -> bool:
        """Tell whether what is not read goes on."""
        return bool(self._skipping)

    def text(self) -> str:
        """Give the lines, without empty ones."""
        self._end_link()
        lines = (line.strip(" ") for line in "".join(self._parts).split("\n"))
        return "\n".join(line for line in lines if line)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, a cell, a heading, a link, or what is not read."""
        if tag in self._skipped:
            self._skipping.append(tag)
        if self._skipping:
            return
        if tag in _HEADINGS:
            self._parts.append("\n" + "#" * _HEADINGS[tag] + " ")
        elif tag == "li":
            self._parts.append("\n- ")
        elif tag in {"td", "th"}:
            self._parts.append("\t")
        elif tag in _BLOCKS:
            self._parts.append("\n")
        elif tag == "a":
            self._end_link()
            self._link = (len(self._parts), dict(attrs).get("href") or "")
        self._plain += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        """End it."""
        if tag in self._skipping:
            while self._skipping.pop() != tag:
                pass
        elif self._skipping:
            return
        elif tag == "a":
            self._end_link()
        elif tag in _BLOCKS or tag in _HEADINGS or tag == "li":
            self._parts.append("\n")
        if tag == "pre":
            self._plain = max(0, self._plain - 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin what is empty; what is not read does not begin."""
        if tag not in self._skipped:
            self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        """Keep text; blanks are one blank, except where they are meant."""
        if self._skipping:
            return
        self._parts.append(data if self._plain else _BLANKS.sub(" ", data))

    def _end_link(self) -> None:
        """Mark what was linked.

        A defanged text is no link of the page itself, and where it was cut short the
        target has the whole.
        """
        if self._link is None:
            return
        begin, target = self._link
        self._link = None
        text = "".join(self._parts[begin:])
        del self._parts[begin:]
        if is_marked(mark(text)):
            whole = text.strip().endswith(_CUT) and "://" in target
            kept = target.replace("http", "hxxp", 1) if whole else text
        else:
            kept = f"{LINK}{text}{LINKED}" if text.strip() else text
        self._parts.append(kept)
