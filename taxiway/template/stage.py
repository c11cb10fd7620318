"""What the template of one stage is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.access.tiers import Tiers, load
from chalicelib.settings import Settings
from taxiway.infra.definition import Metered, metered_methods
from taxiway.infra.names import CLOUDFORMATION, Names

if TYPE_CHECKING:
    from chalice.app import Chalice

API_FUNCTION = "APIHandler"
"""What Chalice calls the function behind the API in its template."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: what it is called, and what the application asks for."""

    settings: Settings
    names: Names
    tiers: Tiers
    metered: Metered

    @property
    def tables(self) -> tuple[str, str, str]:
        """Names of the tables."""
        settings = self.settings
        return (settings.objects_table, settings.keys_table, settings.counters_table)

    @property
    def tags(self) -> list[dict[str, str]]:
        """Tags, as most resources take them."""
        return [
            {"Key": name, "Value": value}
            for name, value in sorted(self.tag_map.items())
        ]

    @property
    def tag_map(self) -> dict[str, str]:
        """Tags, as SAM takes them."""
        return self.names.tags(CLOUDFORMATION)


def of(sam: Mapping[str, Any], app: Chalice) -> Stage:
    """Read the stage from Chalice's template: the function's own environment."""
    function = sam["Resources"][API_FUNCTION]["Properties"]
    settings = Settings.from_env(function["Environment"]["Variables"])
    return Stage(settings, Names(settings.stage), load(), metered_methods(app))
