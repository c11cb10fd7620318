"""A TAXII 2.1 collection of somebody else, page after page.

Options: `added_after` and `limit` go with each request, `pages` is how many at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO
from urllib.parse import urlencode

from chalicelib.core.iocs.ioc import Raw, Rejected
from chalicelib.ingest.formats import stix_bundle
from chalicelib.ingest.formats.json_stream import JsonReader
from chalicelib.ingest.formats.reading import Body, FormatError, NotOpened, Opener
from chalicelib.ingest.source import Source

MOST_PAGES = 1_000


def parse(stream: BinaryIO, source: Source, more: Opener) -> Iterator[Raw | Rejected]:
    """Read the page at hand and those after it. Raises FormatError."""
    with ExitStack() as held:
        yield from _pages(stream, source, more, held)


def _pages(
    stream: BinaryIO, source: Source, more: Opener, held: ExitStack
) -> Iterator[Raw | Rejected]:
    seen: set[str] = set()
    for page in range(1, source.options.get("pages", MOST_PAGES) + 1):
        reader = JsonReader(Body(stream, source.max_bytes))
        yield from _page(reader, source, f"page {page}")
        if reader.aside.get("more") is not True:
            return
        following = reader.aside.get("next")
        if not isinstance(following, str) or not following or following in seen:
            raise FormatError("the collection goes on and does not say where")
        seen.add(following)
        held.close()
        stream = held.enter_context(_open(source, following, more))


def _page(reader: JsonReader, source: Source, name: str) -> Iterator[Raw | Rejected]:
    """Read a page; its relationships may stand behind what they are about."""
    links, waiting = stix_bundle.Links(), []
    broken: FormatError | None = None
    try:
        for _, value in reader.values(stix_bundle.OBJECTS):
            waiting.append(value if isinstance(value, dict) else {})
            links.note(waiting[-1])
    except FormatError as error:
        broken = error
    for number, one in enumerate(waiting):
        yield from stix_bundle.read(one, source, links, f"{name} object {number}")
    if broken:
        raise broken


def _open(source: Source, following: str, more: Opener) -> BinaryIO:
    joint = "&" if "?" in source.first_url else "?"
    try:
        return more(f"{source.first_url}{joint}{urlencode({'next': following})}")
    except NotOpened as error:
        raise FormatError(f"the next page cannot be had: {error.why}") from error
