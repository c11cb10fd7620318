"""What gets the bytes of feeds, the network or something in its stead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import BinaryIO, Protocol, cast

from chalicelib.ingest.formats import NotOpened, Opener
from chalicelib.ingest.web.fetch import Fetched, FetchFailed, Unchanged


class Fetches(Protocol):
    """What gets the bytes of a feed."""

    def fetch(  # noqa: PLR0913 - as the Fetcher's
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int,
        secure: bool = True,
    ) -> Fetched | Unchanged:
        """Fetch a URL, unless it is as it was. Raises FetchFailed."""

    def opener(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int,
        secure: bool = True,
    ) -> Callable[[str], object]:
        """Give what opens further URLs of a feed."""


def opened_by(opener: Callable[[str], object]) -> Opener:
    """Make of a fetcher's opener what formats take."""

    def opened(url: str) -> BinaryIO:
        try:
            return cast("BinaryIO", opener(url))
        except FetchFailed as error:
            raise NotOpened(error.why) from error

    return opened
