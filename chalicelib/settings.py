"""Where the process is: one row for each environment variable it reads.

`docs/operations/configuration.md` has the same table; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

VARIABLES = {
    "TAXIWAY_STAGE": "the stage, part of the tables' names (default: dev)",
    "TAXIWAY_OBJECTS_TABLE": "table of objects (default: taxiway-STAGE-objects)",
    "TAXIWAY_KEYS_TABLE": "table of API keys (default: taxiway-STAGE-keys)",
    "TAXIWAY_COUNTERS_TABLE": "table of rate counters and usage "
    "(default: taxiway-STAGE-counters)",
    "TAXIWAY_GATEWAY": "`on` where keys have twins in the usage plans of API Gateway "
    "(default: off; off where AWS_ENDPOINT_URL_DYNAMODB is set)",
    "TAXIWAY_FEEDS": "which sources are read: their ids with commas, or `none` "
    "(default: those that are enabled in sources.toml)",
    "TAXIWAY_PUBLIC_URL": "what clients see before /taxii2/, where the request "
    "can't tell it, such as https://intel.example.com/api (default: from the request)",
    "TAXIWAY_TITLE": "title of the discovery resource (default: Taxiway)",
    "TAXIWAY_DESCRIPTION": "description of the discovery resource (default: none)",
    "TAXIWAY_CONTACT": "contact of the discovery resource (default: none)",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment, read once.

    `on_lambda` tells that the process is frozen when it has answered.
    """

    stage: str
    objects_table: str
    keys_table: str
    counters_table: str
    gateway: bool
    on_lambda: bool
    feeds: frozenset[str] | None
    public_url: str | None
    title: str
    description: str | None
    contact: str | None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the variables; an empty one counts as unset."""

        def read(name: str) -> str | None:
            return environ.get(name, "").strip() or None

        stage = read("TAXIWAY_STAGE") or "dev"
        public_url = read("TAXIWAY_PUBLIC_URL")
        return cls(
            stage=stage,
            objects_table=read("TAXIWAY_OBJECTS_TABLE") or f"taxiway-{stage}-objects",
            keys_table=read("TAXIWAY_KEYS_TABLE") or f"taxiway-{stage}-keys",
            counters_table=read("TAXIWAY_COUNTERS_TABLE")
            or f"taxiway-{stage}-counters",
            # A database of this machine has no gateway, whatever a stage says.
            gateway=(read("TAXIWAY_GATEWAY") or "off").lower() == "on"
            and read("AWS_ENDPOINT_URL_DYNAMODB") is None,
            feeds=_ids(read("TAXIWAY_FEEDS")),
            on_lambda="AWS_LAMBDA_FUNCTION_NAME" in environ,
            public_url=public_url.rstrip("/") if public_url else None,
            title=read("TAXIWAY_TITLE") or "Taxiway",
            description=read("TAXIWAY_DESCRIPTION"),
            contact=read("TAXIWAY_CONTACT"),
        )


def _ids(text: str | None) -> frozenset[str] | None:
    if text is None:
        return None
    return frozenset(part.strip() for part in text.split(",")) - {"", "none"}
