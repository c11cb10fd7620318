"""Reads feeds from files: for tests, and to write what a new sample is expected to say.

    python -m tests.support.feeds ID    # writes tests/samples/feeds/ID/expected.json

Read it before you believe it.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from chalicelib.core.iocs.ioc import Raw, RawArticle, Rejected, Said
from chalicelib.ingest.formats import FormatError, NotOpened, parse
from chalicelib.ingest.source import Source, load

SAMPLES = Path(__file__).parents[1] / "samples" / "feeds"
EXPECTED = "expected.json"


@dataclass
class Read:
    """What came of a feed."""

    raws: list[Raw] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    articles: list[RawArticle] = field(default_factory=list)
    error: str | None = None

    def kinds(self) -> dict[str, int]:
        return dict(sorted(Counter(str(raw.kind) for raw in self.raws).items()))

    def reasons(self) -> dict[str, int]:
        return dict(sorted(Counter(one.why for one in self.rejected).items()))

    def values(self) -> list[str]:
        return [raw.value for raw in self.raws]


def nothing_more(url: str) -> BinaryIO:
    raise NotOpened(f"nothing is there: {url}")


def read(stream: BinaryIO | bytes, source: Source, more=nothing_more) -> Read:
    found = Read()
    if isinstance(stream, bytes):
        stream = BytesIO(stream)
    try:
        for row in parse(stream, source, more):
            if isinstance(row, Raw):
                found.raws.append(row)
            elif isinstance(row, RawArticle):
                found.articles.append(row)
            else:
                found.rejected.append(row)
    except FormatError as error:
        found.error = error.why
    return found


def opener(folder: Path):
    """Open a further address by the last part of it, or by its `next`."""

    def more(url: str) -> BinaryIO:
        path = folder / url.rpartition("=")[2].rpartition("/")[2]
        candidates = [path, path.with_suffix(".json"), folder / f"{path.name}.json"]
        for one in candidates:
            if one.is_file():
                return one.open("rb")
        raise NotOpened("nothing is there")

    return more


def bytes_of(path: Path) -> bytes:
    return (
        gzip.decompress(path.read_bytes())
        if path.suffix == ".gz"
        else path.read_bytes()
    )


def first_file(source: Source) -> Path:
    return next(iter(sorted((SAMPLES / source.id).glob("sample.*"))))


def sample(source: Source) -> dict[str, Any]:
    """Read the sample of a source, as its expected.json has it."""
    folder = SAMPLES / source.id
    with first_file(source).open("rb") as stream:
        found = read(stream, source, opener(folder))
    return {
        "values": [_raw(raw) for raw in found.raws],
        "articles": [_article(one) for one in found.articles],
        "rejected": [[one.place, one.why] for one in found.rejected],
        "error": found.error,
    }


def _raw(raw: Raw) -> dict[str, Any]:
    plain = asdict(Said())
    said = {
        key: value for key, value in asdict(raw.said).items() if value != plain[key]
    }
    row = {"value": raw.value, "kind": raw.kind, "place": raw.place, **said}
    return json.loads(json.dumps(row))


def _article(one: RawArticle) -> dict[str, Any]:
    return json.loads(json.dumps({**asdict(one), "html": one.html[:60]}))


def main(ids: list[str]) -> None:
    for source in load():
        if source.id in ids or not ids:
            text = json.dumps(sample(source), indent=1, ensure_ascii=False)
            (SAMPLES / source.id / EXPECTED).write_text(text + "\n")
            sys.stdout.write(f"written: {source.id}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
