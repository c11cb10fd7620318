"""What a source would bring, without saving it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from chalicelib.core.iocs.ioc import Raw, RawArticle, Rejected
from chalicelib.ingest import warninglists
from chalicelib.ingest.clean import clean
from chalicelib.ingest.formats import FormatError, is_remark, parse
from chalicelib.ingest.web.fetch import FetchFailed, Unchanged
from chalicelib.ingest.web.fetching import opened_by
from taxiway.trouble import Trouble

if TYPE_CHECKING:
    from chalicelib.container import Container
    from chalicelib.ingest.source import Source
    from chalicelib.ingest.warninglists import WarningLists
    from chalicelib.ingest.web.fetching import Fetches


@dataclass(frozen=True, slots=True)
class Asked:
    """Where to read from, what to let pass, how many rejections to show."""

    fetcher: Fetches | None
    allow: tuple[str, ...]
    most_shown: int


class _Tally:
    def __init__(self, most_shown: int) -> None:
        self.rows = 0
        self.types: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.shown: list[dict[str, str]] = []
        self._most_shown = most_shown

    def take(
        self,
        row: Raw | RawArticle | Rejected,
        source: Source,
        benign: WarningLists,
        now: int,
    ) -> None:
        self.rows += not (isinstance(row, Rejected) and is_remark(row))
        if isinstance(row, RawArticle):
            self.types["article"] += 1
            return
        found = clean(row, source.id, benign, now=now) if isinstance(row, Raw) else row
        if isinstance(found, Rejected):
            self.reject(found)
        else:
            self.types[str(found.type)] += 1

    def reject(self, rejected: Rejected) -> None:
        self.reasons[rejected.why] += 1
        if len(self.shown) < self._most_shown:
            self.shown.append({"place": rejected.place, "why": rejected.why})


def check_source(services: Container, source: Source, asked: Asked) -> dict[str, Any]:
    """Fetch and read; tell of rows, types and rejections. Raises Trouble."""
    from chalicelib.ingest.web.fetch import Fetcher

    fetcher = asked.fetcher or Fetcher(services.clock)
    benign = warninglists.load(asked.allow)
    headers = dict(source.headers)
    if source.secret and source.secret_header and asked.fetcher is None:
        headers[source.secret_header] = services.secrets.text(source.secret)
    how: dict[str, Any] = {
        "headers": headers,
        "max_bytes": source.max_bytes,
        "secure": source.secure,
    }
    tally = _Tally(asked.most_shown)
    try:
        fetched = fetcher.fetch(source.first_url, **how)
        if isinstance(fetched, Unchanged):
            raise Trouble(f"{source.id}: the server says that nothing has changed")
        opener = fetcher.opener(source.first_url, **how)
        with fetched.stream:
            stream = cast("BinaryIO", fetched.stream)
            for row in parse(stream, source, opened_by(opener)):
                tally.take(row, source, benign, services.clock.now())
    except (FetchFailed, FormatError) as error:
        raise Trouble(f"{source.id}: {error}") from error
    return {
        "id": source.id,
        "rows": tally.rows,
        "types": dict(tally.types.most_common()),
        "reasons": dict(tally.reasons.most_common()),
        "rejected": tally.shown,
    }
