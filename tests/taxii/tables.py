"""Tables of cases: each row is a small frozen value with an id and its clauses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _pytest.mark import ParameterSet


class Row(Protocol):
    """What a table needs of a case."""

    @property
    def id(self) -> str:
        """Return what the test report calls it."""

    @property
    def clauses(self) -> tuple[str, ...]:
        """Return the requirement ids it covers, maybe none."""


@dataclass(frozen=True)
class Case:
    """A value that something is tried with."""

    id: str
    value: Any
    clauses: tuple[str, ...] = ()


def rows(cases: Iterable[Row]) -> list[ParameterSet]:
    """Return parameters for pytest, each marked with the clauses it covers."""
    return [
        pytest.param(case, id=case.id, marks=pytest.mark.clause(*case.clauses))
        for case in cases
    ]
