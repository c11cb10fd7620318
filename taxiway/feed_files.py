"""Feeds read from files, in place of the network."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from chalicelib.ingest.source import Source
from chalicelib.ingest.web.fetch import Fetched, FetchFailed, Unchanged
from taxiway.trouble import Trouble

_NOT_THE_FEED = {"expected.json", "README.md"}
_GZIP = b"\x1f\x8b"


class Files:
    """A file, or a folder with files that are called by their source.

    In a folder `ID/` the feed is the file that is called as its URL ends, or the
    only one; further URLs of the feed are found there by their last part.
    """

    def __init__(self, path: Path, sources: Iterable[Source]) -> None:
        """Find a file for each source. Raises Trouble."""
        chosen = list(sources)
        if not path.exists():
            raise Trouble(f"{path} is not there")
        if path.is_file() and len(chosen) != 1:
            raise Trouble(f"{path} is one file: name the one source that it is of")
        self._files = {
            one.url: found
            for one in chosen
            if (found := path if path.is_file() else _find(path, one)) is not None
        }

    def has(self, source: Source) -> bool:
        """Tell whether there is a file of a source."""
        return source.url in self._files

    def fetch(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int,
        secure: bool = True,
    ) -> Fetched | Unchanged:
        """Open the file of a URL."""
        del etag, last_modified, headers, secure
        return _opened(self._of(url), max_bytes)

    def opener(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int,
        secure: bool = True,
    ) -> Callable[[str], IO[bytes]]:
        """Give what opens files beside the feed's."""
        del headers, secure
        folder = self._of(url).parent

        def opened(further: str) -> IO[bytes]:
            name = Path(urlsplit(further).path).name
            path = folder / name
            if not name or not path.is_file():
                raise FetchFailed(f"there is no file {name[:80]}: answered 404")
            return _opened(path, max_bytes).stream

        return opened

    def _of(self, url: str) -> Path:
        # A feed that is asked for what came since has more in its address.
        known = [one for one in self._files if url.startswith(one)]
        return self._files[max(known, key=len)]


def _find(folder: Path, source: Source) -> Path | None:
    plain = sorted(one for one in folder.glob(f"{source.id}.*") if one.is_file())
    inside = sorted(
        one
        for one in (folder / source.id).glob("*")
        if one.is_file() and one.name not in _NOT_THE_FEED
    )
    wanted = Path(urlsplit(source.url).path).name
    named = [one for one in inside if one.name in {wanted, f"{wanted}.gz"}]
    return next(iter([*plain, *named, *inside]), None)


def _opened(path: Path, most: int) -> Fetched:
    stream = tempfile.TemporaryFile()  # noqa: SIM115 - who asked closes it
    with path.open("rb") as file:
        is_packed = file.read(2) == _GZIP
    with gzip.open(path) if is_packed else path.open("rb") as source:
        shutil.copyfileobj(source, stream)
    size = stream.tell()
    if size > most:
        raise FetchFailed(f"{path.name} has more than {most:,} bytes")
    stream.seek(0)
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    stream.seek(0)
    return Fetched(stream, None, None, digest, size)
