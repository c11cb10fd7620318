"""Feeds of the demo: real lists, kept here, served on this machine and read from it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taxiway.output import console, progress, without_logs

if TYPE_CHECKING:
    from chalicelib.container import Container
    from chalicelib.ingest.source import Source

FOLDER = Path(__file__).parent / "demo_data" / "feeds"
ORDER = (
    "cisa-advisories",
    "cisa-kev",
    "oalabs",
    "tweetfeed",
    "ipsum",
    "maltrail-lokibot",
)
"""By age, so that the newest changes are of what still holds."""

_LOOPBACK = "127.0.0.1"
_SECONDS = 600.0


def read_demo_feeds(container: Container, check: Callable[[], None]) -> None:
    """Read what the demo has of the sources, as the scheduled function does.

    `check` is called now and then, and may raise to stop.
    """
    from chalicelib.container import ingestion

    said = console(stderr=True)
    with _serving(FOLDER) as base, progress() as bar, without_logs():
        pipeline = ingestion(container, allow=(f"{_LOOPBACK}/32",))
        sources = demo_sources(base)
        task = bar.add_task("Reading feeds", total=len(sources), note="")
        for source in sources:
            check()
            report = pipeline.run(source, container.clock.monotonic() + _SECONDS)
            counts = report.counts
            bar.update(task, advance=1, note=source.id)
            said.print(
                f"Read {source.name}: {counts.new:,} new, {counts.updated:,} updated, "
                f"{sum(counts.rejected.values()):,} rejected ({report.ending}).",
                markup=False,
            )


def demo_sources(base: str) -> list[Source]:
    """Give the sources that the demo has files of, read from a server of ours."""
    from chalicelib.ingest import source

    known = {each.id: each for each in source.load()}
    return [
        replace(known[one], url=f"{base}/{one}/{file.name}", secure=False)
        for one in ORDER
        for file in sorted((FOLDER / one).glob("*"))
    ]


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer((_LOOPBACK, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://{_LOOPBACK}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files with Last-Modified, and says nothing of it."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
