"""Where a command works: a stage, in an account and region."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taxiway.deploy.aws import Aws
from taxiway.infra.names import Names

if TYPE_CHECKING:
    from chalicelib.access.tiers import Tiers
    from chalicelib.settings import Settings


@dataclass(frozen=True, slots=True)
class Place:
    """A stage, its tables and the services that it is made of."""

    names: Names
    settings: Settings
    aws: Aws
    tiers: Tiers
    topic: str | None = None
    tables: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        tables = (
            self.settings.objects_table,
            self.settings.keys_table,
            self.settings.counters_table,
        )
        object.__setattr__(self, "tables", tables)


@dataclass(frozen=True, slots=True)
class Api:
    """The deployed API of a stage."""

    id: str
    function_arn: str
    authorizer_arn: str

    @property
    def account(self) -> str:
        """The account that it is in."""
        return self.function_arn.split(":")[4]
