"""What an export says of itself, and what it was asked for with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.iocs.origin import Origin


@dataclass(frozen=True, slots=True)
class About:
    """What renderers know besides the rows.

    `made_at` (microseconds) is the newest `modified` of the rows and never the
    clock: the same rows give the same bytes. `options` are the arguments of the
    request, `origins` the sources by their ids, `techniques` the names of
    techniques by their ids.
    """

    made_at: int
    base_url: str = ""
    product: str = "Taxiway"
    vendor: str = "Taxiway"
    version: str = "1.0"
    options: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    techniques: Mapping[str, str] = field(default_factory=dict)
