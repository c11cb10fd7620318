"""`taxiway provision`: what a stage needs beside what Chalice deploys."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from taxiway.output import Json, console, print_json
from taxiway.target import (
    EndpointUrl,
    Stage,
    check_reachable,
    is_loopback,
    prepare_environment,
)

if TYPE_CHECKING:
    from chalicelib.settings import Settings

AlarmTopic = Annotated[
    str | None,
    typer.Option(
        "--alarm-topic",
        envvar="TAXIWAY_ALARM_TOPIC",
        metavar="ARN",
        help="SNS topic that hears of alarms. Without it they keep what they have.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
]


def provision(
    *,
    dry_run: DryRun = False,
    alarm_topic: AlarmTopic = None,
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Make a stage what it should be: tables, plans, authorizer, logs, alarms.

    Before the first `chalice deploy` that is tables and a secret. A second run
    does nothing, unless somebody changed something by hand: that is mended.
    With the DynamoDB of a local server, its tables are made and nothing else.
    """
    prepare_environment(endpoint_url, stage)
    if endpoint_url and is_loopback(endpoint_url):
        _provision_local(endpoint_url, dry_run=dry_run, as_json=as_json)
        return
    from taxiway.deploy import finding, steps
    from taxiway.deploy.telling import run

    place = finding.place_of(stage, topic=alarm_topic)
    run(steps.steps(place), dry_run=dry_run, as_json=as_json)


def _provision_local(endpoint_url: str, *, dry_run: bool, as_json: bool) -> None:
    from chalicelib.settings import Settings
    from chalicelib.store.dynamo.schema import table_definitions

    check_reachable(endpoint_url)
    settings = Settings.from_env(os.environ)
    missing = _make_tables(settings, dry_run=dry_run)
    names = [each["TableName"] for each in table_definitions(settings)]
    if as_json:
        print_json([{"table": name, "created": name in missing} for name in names])
        return
    would = "would be created" if dry_run else "created"
    for name in names:
        done = would if name in missing else "already there"
        console().print(f"{name}: {done}", markup=False)


def _make_tables(settings: Settings, *, dry_run: bool) -> list[str]:
    from taxiway import tables

    client = tables.client()
    if dry_run:
        return tables.missing(client, settings)
    return tables.ensure(client, settings)
