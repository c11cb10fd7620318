"""An article of a news feed, and what could be read out of it."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.iocs.ioc import Sighting


@dataclass(frozen=True, slots=True)
class Article:
    """One article; `id` stays the same when it is read again.

    `published` is in microseconds, severity goes from 0 to 10 and `label` is its name,
    `industries` are those that it is about.
    """

    id: str
    url: str
    title: str
    summary: str
    source: str
    published: int | None = None
    iocs: tuple[Sighting, ...] = ()
    cves: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    malware: tuple[str, ...] = ()
    severity: float = 0.0
    label: str = "none"
    category: str = "news"
    tags: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
