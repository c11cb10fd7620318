"""`taxiway feeds`: how the sources do; run, check and add them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taxiway.output import (
    Json,
    console,
    print_json,
    print_table,
    progress,
    without_logs,
)
from taxiway.target import EndpointUrl, Stage, connect
from taxiway.trouble import EXIT_FAILED, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chalicelib.ingest.report import Report
    from chalicelib.ingest.source import Source

app = typer.Typer(no_args_is_help=True, help="List, run, check and add feeds.")

_WITH_COLUMNS = frozenset({"csv_columns", "json_records"})
_TO_THE_SECOND = len("2026-11-21T19:00:00")
_SECONDS = 6 * 60 * 60.0
"""A run from the command line has all the time that a lease should last."""

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="ID...", help="Which sources.")
]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="PATH",
        help="Read this file, or the files of this folder that are called by the "
        "source (ID.*, ID/*), instead of the network.",
    ),
]

Allow = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NETWORK|HOST",
        help="Let this pass though the warning lists have it. Repeatable.",
    ),
]


@app.command("list")
def list_feeds(
    *,
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Tell how each source does."""
    from chalicelib.ingest import source
    from chalicelib.ingest.overview import overview

    services = connect(endpoint_url, stage)
    found = overview(source.load(), services.feeds.states(), services.clock.now())
    if as_json:
        print_json(found)
        return
    columns = ("id", "health", "last run", "new", "updated", "rejected", "next due")
    print_table((*columns, "error"), map(_row, found))


@app.command()
def run(
    ids: Ids = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All that are enabled.")] = False,
    path: From = None,
    allow: Allow = None,
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Read sources now, due or not, and publish what is new.

    With --from also those that are off: what you have a file of, you may read.
    """
    from chalicelib.container import ingestion
    from taxiway.feed_files import Files

    services = connect(endpoint_url, stage)
    chosen = _chosen(ids, every=every, off_too=path is not None)
    fetcher = Files(path, chosen) if path else None
    chosen = [one for one in chosen if fetcher is None or fetcher.has(one)]
    if not chosen:
        raise Trouble(f"{path} has no file for any of these sources")
    pipeline = ingestion(
        services,
        fetcher=fetcher,
        keyless=fetcher is not None,
        allow=tuple(allow or ()),
    )
    reports: list[Report] = []
    with progress(quiet=as_json) as bar, without_logs():
        task = bar.add_task("Reading", total=len(chosen), note="")
        for source in chosen:
            bar.update(task, description=source.id)
            deadline = services.clock.monotonic() + _SECONDS
            reports.append(pipeline.run(source, deadline))
            bar.advance(task)
    _tell(reports, as_json=as_json)


@app.command()
def check(
    source_id: Annotated[str, typer.Argument(metavar="ID", help="Which source.")],
    *,
    path: From = None,
    rejected: Annotated[
        int, typer.Option(help="How many rejected rows to show.", min=0)
    ] = 10,
    allow: Allow = None,
    stage: Stage = "dev",
    endpoint_url: EndpointUrl = None,
    as_json: Json = False,
) -> None:
    """Fetch and read a source, and save nothing."""
    from taxiway.feed_check import Asked, check_source
    from taxiway.feed_files import Files

    (source,) = _chosen([source_id], every=False, off_too=True)
    services = connect(endpoint_url, stage)
    fetcher = Files(path, [source]) if path else None
    asked = Asked(fetcher, tuple(allow or ()), rejected)
    checked = check_source(services, source, asked)
    if as_json:
        print_json(checked)
        return
    said = console()
    said.print(f"{checked['rows']:,} rows", markup=False)
    for name in ("types", "reasons"):
        for what, number in checked[name].items():
            said.print(f"  {number:>8,}  {what}", markup=False)
    for one in checked["rejected"]:
        said.print(f"  {one['place']}: {one['why']}", markup=False)


@app.command()
def add(
    source_id: Annotated[str, typer.Argument(metavar="ID", help="lower-case-words")],
    url: Annotated[str, typer.Argument(help="Where it is, https://…")],
    *,
    feed_format: Annotated[str, typer.Option("--format", help="How it is written.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    licence: Annotated[str, typer.Option(help="Its terms, as its publisher says.")],
    attribution: Annotated[str, typer.Option(help="Whom to name.")],
    category: Annotated[str, typer.Option(help="Such as malware, phishing.")] = "other",
    every: Annotated[int, typer.Option(metavar="MINUTES", min=5)] = 60,
    reliability: Annotated[int, typer.Option(min=0, max=100)] = 50,
    kind: Annotated[
        str | None, typer.Option(help="What its values are; found out if not given.")
    ] = None,
    authoritative: Annotated[
        bool, typer.Option(help="A complete list: what vanishes from it is over.")
    ] = False,
    redistribute: Annotated[
        bool, typer.Option(help="May it be passed on? If not, the source is off.")
    ] = True,
) -> None:
    """Add a source of a known format to chalicelib/data/sources.toml.

    Columns and other options are written into the file by hand.
    """
    from taxiway.feed_table import append

    row: dict[str, Any] = {
        "id": source_id,
        "name": name,
        "url": url,
        "format": feed_format,
        "every": every,
        "category": category,
        "reliability": reliability,
        "licence": licence,
        "attribution": attribution,
        "redistribute": redistribute,
        "authoritative": authoritative,
    }
    written = append(row | ({"kind": kind} if kind else {}))
    console().print(f"Added {source_id} to {written}.", markup=False)
    if feed_format in _WITH_COLUMNS:
        told = "Write its [source.columns] below the row: which column is the value."
        console().print(told, markup=False)
    console().print(
        f"Next: python -m taxiway feeds check {source_id}; then its sample and its "
        "line in docs/feeds.md (docs/contributing/adding-a-feed.md).",
        markup=False,
    )


@app.command()
def relist(
    *,
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """List IOCs from before there was the IOC API. Repeating it changes nothing."""
    from taxiway.feed_rows import relist_all

    done = relist_all(connect(endpoint_url, stage), quiet=as_json)
    if as_json:
        print_json(done._asdict())
        return
    console().print(
        f"{done.rows:,} of {done.records:,} active IOCs were not listed, and are now.",
        markup=False,
    )


def _chosen(ids: Iterable[str] | None, *, every: bool, off_too: bool) -> list[Source]:
    from chalicelib.ingest import source

    known = {one.id: one for one in source.load()}
    wanted = list(ids or [])
    if bool(wanted) == every:
        raise Trouble("name sources, or say --all")
    for one in wanted:
        if one not in known:
            raise Trouble(f"there is no source {one}; `feeds list` names them")
        if not (known[one].enabled or off_too):
            raise Trouble(f"{one} is off: {known[one].licence}; see sources.toml")
    if wanted:
        return [known[one] for one in wanted]
    return [one for one in known.values() if one.enabled or off_too]


def _tell(reports: Sequence[Report], *, as_json: bool) -> None:
    from chalicelib.ingest.overview import counted

    if as_json:
        print_json(
            [
                {
                    "id": one.source.id,
                    "ending": one.ending,
                    **counted(one.counts),
                    "error": one.state.last_error,
                }
                for one in reports
            ]
        )
    else:
        columns = ("id", "ending", "rows", "new", "updated", "same", "vanished")
        rows = [
            (
                one.source.id,
                one.ending,
                *(getattr(one.counts, name) for name in columns[2:]),
                "; ".join(f"{why}: {n:,}" for why, n in one.counts.rejected.items()),
                one.state.last_error,
            )
            for one in reports
        ]
        print_table((*columns, "rejected", "error"), rows)
    if any(one.ending == "failed" for one in reports):
        raise typer.Exit(EXIT_FAILED)


def _row(told: dict[str, Any]) -> tuple[Any, ...]:
    last = told["last"]
    return (
        told["id"],
        told["health"],
        (told["last_run"] or "")[:_TO_THE_SECOND],
        last["new"],
        last["updated"],
        sum(last["rejected"].values()),
        (told["next_due"] or "")[:_TO_THE_SECOND],
        told["last_error"] or told["warning"],
    )
