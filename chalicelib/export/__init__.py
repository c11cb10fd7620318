"""Renderers: rows of IOCs to the text of one format. Pure; one module each.

The table below is the registry: a module is imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from chalicelib.core.lists.row import Row
from chalicelib.export.about import About


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format: its module here, its media type, the ending of its files."""

    module: str
    media_type: str
    extension: str

    def render(self, rows: Sequence[Row], about: About) -> str:
        """Write rows; the same rows give the same text."""
        text: str = self._module().render(rows, about)
        return text

    def skipped(self, rows: Sequence[Row], about: About) -> int:
        """Tell how many rows have no form there."""
        count: Callable[[Sequence[Row], About], int] | None
        count = getattr(self._module(), "skipped", None)
        return count(rows, about) if count else 0

    def _module(self) -> ModuleType:
        return import_module(f"chalicelib.export.{self.module}")


_TEXT = "text/plain; charset=utf-8"

EXPORTERS = {
    "csv": Exporter("csv_table", "text/csv; charset=utf-8", "csv"),
    "txt": Exporter("plain_text", _TEXT, "txt"),
    "ndjson": Exporter("ndjson", "application/x-ndjson", "ndjson"),
    "stix": Exporter("stix_bundle", "application/stix+json;version=2.1", "json"),
    "misp": Exporter("misp_event", "application/json", "json"),
    "cef": Exporter("cef", _TEXT, "cef"),
    "syslog": Exporter("syslog5424", _TEXT, "log"),
    "openioc": Exporter("openioc", "application/xml", "ioc"),
    "sigma": Exporter("blocking.sigma_rules", "text/yaml; charset=utf-8", "yml"),
    "blocklist": Exporter("blocking.blocklist", _TEXT, "txt"),
}
