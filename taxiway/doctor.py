"""`taxiway doctor`: look at everything, and say what to do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taxiway.findings import Finding, State, broken, ok
from taxiway.output import Json, console, print_json
from taxiway.state import read_json
from taxiway.target import EndpointUrl, Stage, check_reachable, prepare_environment
from taxiway.trouble import EXIT_FAILED, explain

if TYPE_CHECKING:
    from taxiway.deploy.place import Place

_COLOURS = {State.OK: "green", State.WARN: "yellow", State.BROKEN: "red"}


def doctor(
    *,
    url: Annotated[
        str | None,
        typer.Option(help="Discovery URL to follow; the running `run`'s if not given."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(envvar="TAXIWAY_API_KEY", help="API key to ask the URLs with."),
    ] = None,
    state: Annotated[
        Path, typer.Option(metavar="DIR", help="State directory of `run`.")
    ] = Path(".taxiway"),
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Check configuration, tables, keys and served URLs; exit with 1 when broken.

    While a local `run` serves from the state directory, and nothing else is said,
    it is the one that is looked at. Of a stage on AWS, all that `provision` makes is.
    """
    ready = read_json(state / "ready.json") if not (endpoint_url or url) else {}
    if ready:
        endpoint_url = ready.get("dynamodb_endpoint")
        url = ready.get("discovery")
        key = key or ready.get("keys", {}).get("read")
    findings = [*_store(endpoint_url, stage), *(_urls(url, key) if url else [])]
    if not endpoint_url:
        findings += _deployed(stage, key if url is None else None)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    if any(finding.state is State.BROKEN for finding in findings):
        raise typer.Exit(EXIT_FAILED)


def examine(place: Place) -> bool:
    """Print what is found of a deployed stage; tell whether it is well."""
    stage = place.names.stage
    findings = [*_store(None, stage), *_deployed(stage, None, place)]
    _print(findings)
    return all(finding.state is not State.BROKEN for finding in findings)


def _deployed(
    stage: str, key: str | None, place: Place | None = None
) -> Iterator[Finding]:
    from taxiway import stage_checks
    from taxiway.deploy import finding

    try:
        yield from stage_checks.check(place or finding.place_of(stage), key)
    except Exception as error:
        line = explain(error)
        if line is None:
            raise
        yield broken("what is deployed cannot be read", line)


def _store(endpoint_url: str | None, stage: str) -> Iterator[Finding]:
    from chalicelib import container
    from chalicelib.settings import Settings
    from taxiway import store_checks, tables

    prepare_environment(endpoint_url, stage)
    try:
        check_reachable(endpoint_url)
        settings = Settings.from_env(os.environ)
        client = tables.client()
    except Exception as error:
        line = explain(error)
        if line is None:
            raise
        yield broken("the configuration cannot be used", line)
        return
    place = endpoint_url or f"AWS, region {client.meta.region_name}"
    yield ok(f"stage {stage} at {place}")
    found = list(store_checks.check_tables(client, settings))
    yield from found
    if not any(finding.state is State.BROKEN for finding in found):
        yield from store_checks.check_content(container.build(settings))


def _urls(url: str, key: str | None) -> Iterable[Finding]:
    from taxiway.url_checks import check_urls

    return check_urls(url, key)


def _print(findings: Iterable[Finding]) -> None:
    from rich.markup import escape

    screen = console()
    for finding in findings:
        colour = _COLOURS[finding.state]
        screen.print(f"[{colour}]{finding.state:<7}[/] {escape(finding.what)}")
        if finding.advice:
            screen.print(f"        {escape(finding.advice)}")
