"""Tiers: how much a key may take. The numbers are policy: data/tiers.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.core import windows
from chalicelib.errors import InvalidRequest, TierRequired

ONE = 10
"""Tenths: what a request counts unless its operation says more."""

_FILE = Path(__file__).parents[1] / "data" / "tiers.toml"


@dataclass(frozen=True, slots=True)
class Tier:
    """One row: requests, days, items and keys; None is no limit."""

    name: str
    per_minute: int | None = None
    per_day: int | None = None
    burst: int | None = None
    lookback_days: int | None = None
    article_lookback_days: int | None = None
    results: int | None = None
    keys: int | None = None
    formats: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tiers:
    """All tiers, from the one that may least, and what operations count."""

    all: tuple[Tier, ...]
    taxii: str
    costs: Mapping[str, int]
    needs: Mapping[str, str] = field(default_factory=dict)

    def named(self, name: str) -> Tier:
        """Find the tier that a new key asks for. Raises InvalidRequest."""
        found = self._find(name)
        if found is None:
            names = ", ".join(one.name for one in self.all)
            raise InvalidRequest(
                f"a tier is one of {names}, not {name[:32]!r}",
                details={"field": "tier"},
            )
        return found

    def of(self, name: str) -> Tier:
        """Find the tier of a key that is there. Raises TierRequired.

        A row may have been taken out of the table since the key was made.
        """
        found = self._find(name)
        if found is None:
            raise TierRequired("the tier of this key is not offered any more")
        return found

    def reaches(self, name: str, required: str) -> bool:
        """Tell whether a tier may read what asks for another."""
        names = [one.name for one in self.all]
        # What asks for a tier that is gone is for the highest one only.
        needed = names.index(required) if required in names else len(names) - 1
        return name in names and names.index(name) >= needed

    def cost(self, operation: str | None) -> int:
        """Tell what a request counts, in tenths."""
        return self.costs.get(operation or "", ONE)

    def needed(self, operation: str | None) -> str | None:
        """Name the tier that an operation asks for, if it does."""
        return self.needs.get(operation or "")

    def _find(self, name: str) -> Tier | None:
        return next((one for one in self.all if one.name == name), None)


def earliest(tier: Tier, now: int) -> int:
    """Tell where the look-back of a tier begins (microseconds); 0 is everywhere."""
    return _back(tier.lookback_days, now)


def earliest_article(tier: Tier, now: int) -> int:
    """Tell where the look-back of a tier begins for articles; 0 is everywhere."""
    return _back(tier.article_lookback_days, now)


def _back(days: int | None, now: int) -> int:
    return 0 if days is None else now - days * windows.DAY


@cache
def load() -> Tiers:
    """Read the table that ships."""
    return read(tomllib.loads(_FILE.read_text()))


def read(table: Mapping[str, Any]) -> Tiers:
    """Read a table as data/tiers.toml has it."""
    rows = tuple(_tier(name, row) for name, row in table["tier"].items())
    return Tiers(
        rows, table["taxii"]["tier"], table.get("cost", {}), table.get("needs", {})
    )


def _tier(name: str, row: Mapping[str, Any]) -> Tier:
    lists = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    return Tier(name=name, **{**row, **lists})
