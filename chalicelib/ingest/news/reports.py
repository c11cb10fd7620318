"""Publishing articles as reports, once and again when they have changed."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core import instants
from chalicelib.core.iocs import stix, stix_report
from chalicelib.core.iocs.article import Article
from chalicelib.core.iocs.origin import Origin
from chalicelib.core.iocs.stix import Stix
from chalicelib.ingest.destinations import Destination
from chalicelib.ingest.shelf import Shelf

_MILLISECOND = 1_000
_VERSION = ("created", "modified")


class Reports:
    """The reports in those collections that hold articles."""

    def __init__(self, shelf: Shelf, destinations: Sequence[Destination]) -> None:
        """Read nothing yet."""
        self._shelf = shelf
        self._ids = [one.id for one in destinations if one.articles]

    def publish(
        self,
        article: Article,
        source: Origin,
        refs: Sequence[str],
        run_at: int,
        deadline: float,
    ) -> bool:
        """Publish an article's report; tell whether it is its first version.

        What is there with the same content stays as it is. No record is kept of
        articles: the collections themselves tell. Raises Unavailable.
        """
        things = stix_report.things_in(article)
        published = min(article.published or run_at, run_at)
        report = stix_report.report_of(
            article, source, [*refs, *(one["id"] for one in things)], published
        )
        there = {one: self._shelf.latest(one, report["id"]) for one in self._ids}
        known = [one for one in there.values() if one is not None]
        newest = max(known, key=lambda one: str(one["modified"]), default=None)
        if newest is not None:
            report = _next_version(newest, report, run_at)
        for collection, found in there.items():
            if found is None or found["modified"] != report["modified"]:
                self._shelf.put(collection, things, [report], deadline)
        return newest is None


def _next_version(newest: Stix, report: Stix, run_at: int) -> Stix:
    """Give a report the version that is there, or a later one if it differs."""
    version = newest["modified"]
    if _content(newest) != _content(report):
        after = instants.to_microseconds(version) + _MILLISECOND
        version = stix.time_text(max(run_at, after))
    return {**report, "created": newest["created"], "modified": version}


def _content(report: Stix) -> Stix:
    # An article without a date is dated by its first run.
    left_out = (*_VERSION, "published")
    return {name: value for name, value in report.items() if name not in left_out}
