"""RSS and Atom: articles with the fullest text that the feed has.

What declares entities of its own is refused before any parser sees it. The feed is
held whole, so its size limit is small.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, BinaryIO
from urllib.parse import urljoin

from chalicelib.core.iocs.ioc import RawArticle, Rejected
from chalicelib.ingest.formats import dates, fields
from chalicelib.ingest.formats.reading import (
    LATIN_1,
    Body,
    FormatError,
    Opener,
    as_latin_1,
)
from chalicelib.ingest.source import Source

LARGEST = 16 * 1024 * 1024

_NAMED_ENCODING = re.compile(
    r"^(\s{0,100}<\?xml[^>]{0,200}?)\s{1,100}encoding=(?:\"[^\"]*\"|'[^']*')"
)
_BLANK = re.compile(r"[\s\ufeff]*")
_SYSTEM = re.compile(r"\bSYSTEM\b|\[")
_PASSED_BY = (("<!--", "-->"), ("<?", "?>"))


def parse(
    stream: BinaryIO, source: Source, _more: Opener
) -> Iterator[RawArticle | Rejected]:
    """Read the articles of a feed. Raises FormatError."""
    body = Body(stream, min(source.max_bytes, LARGEST))
    text = "".join(body.pieces())
    if not text.strip():
        body.check_end()
        raise FormatError("is empty, not RSS or Atom")
    if _declares(text):
        raise FormatError("declares entities")
    if body.odd_bytes:
        yield Rejected("feed", LATIN_1)
        text = as_latin_1(text)
    feed = _read(text)
    entries = feed.get("entries") or []
    if not entries and not feed.get("version"):
        raise FormatError("is not RSS or Atom")
    if feed.get("bozo") and "SAX" in type(feed.get("bozo_exception")).__name__:
        yield Rejected("feed", "remark: not well-formed XML")
    for number, entry in enumerate(entries):
        yield _article(entry, source, f"entry {number}")
    body.check_end()


def _declares(text: str) -> bool:
    """Tell whether a document type of its own stands before the first element."""
    at = 0
    while True:
        at = _BLANK.match(text, at).end()  # type: ignore[union-attr]
        for start, end in _PASSED_BY:
            if text.startswith(start, at):
                at = text.find(end, at + len(start)) + len(end)
                break
        else:
            if text[at : at + 9].upper() != "<!DOCTYPE":
                return False
            end_of_it = text.find(">", at)
            if end_of_it < 0 or _SYSTEM.search(text[at:end_of_it]):
                return True
            at = end_of_it + 1
            continue
        if at < len(end):
            return False


def _read(text: str) -> Mapping[str, Any]:
    import feedparser  # type: ignore[import-untyped]

    # The text is decoded: an encoding that it names would be wrong now.
    plain = _NAMED_ENCODING.sub(r"\1", text, count=1)
    try:
        # A stream, for a text might be taken for a file's name or an address.
        parsed: Mapping[str, Any] = feedparser.parse(
            BytesIO(plain.encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except Exception as error:
        # It reads what nobody foresaw, and raises anything.
        raise FormatError(f"is not RSS or Atom: {type(error).__name__}") from error
    return parsed


def _article(
    entry: Mapping[str, Any], source: Source, place: str
) -> RawArticle | Rejected:
    link = fields.text_of(entry.get("link"))
    guid = fields.text_of(entry.get("id")) or None
    url = _address(source.url, link or guid or "")
    if url is None:
        return Rejected(place, "no web address")
    texts = [one.get("value") for one in entry.get("content") or () if one]
    texts.append(entry.get("summary"))
    return RawArticle(
        url=url,
        title=fields.text_of(entry.get("title")),
        html=max((fields.text_of(text) for text in texts), key=len),
        place=place,
        guid=guid,
        published=_published(entry),
        categories=fields.tags_of(
            (tag.get("term") for tag in entry.get("tags") or ()), "\n"
        ),
    )


def _address(base: str, said: str) -> str | None:
    try:
        url = urljoin(base, said) if said else ""
    except ValueError:
        return None
    is_web = url.startswith(("https://", "http://")) and " " not in url
    return url if is_web else None


def _published(entry: Mapping[str, Any]) -> int | None:
    for name in ("published", "updated", "created"):
        # feedparser gives one for the other, and warns, where a name is not there.
        if name not in entry:
            continue
        moment = dates.read(entry[name])
        if moment is not None:
            return moment
        parsed = entry.get(f"{name}_parsed") if f"{name}_parsed" in entry else None
        if parsed:
            return calendar.timegm(parsed) * 1_000_000
    return None
