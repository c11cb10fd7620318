"""`taxiway provision`: the tables of a stage, before `chalice deploy`."""

from __future__ import annotations

import os

from taxiway.output import Json, console, print_json
from taxiway.target import EndpointUrl, Stage, check_reachable, prepare_environment


def provision(
    *,
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Create the tables of a stage where they are missing; changes nothing else.

    On-demand billing; expired statuses are removed by time to live.
    """
    from chalicelib.settings import Settings
    from chalicelib.store.dynamo.schema import table_definitions
    from taxiway import tables

    prepare_environment(endpoint_url, stage)
    check_reachable(endpoint_url)
    settings = Settings.from_env(os.environ)
    created = tables.ensure(tables.client(), settings)
    names = [each["TableName"] for each in table_definitions(settings)]
    told = [{"table": name, "created": name in created} for name in names]
    if as_json:
        print_json(told)
        return
    for name in names:
        done = "created" if name in created else "already there"
        console().print(f"{name}: {done}", markup=False)
