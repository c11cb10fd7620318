"""`taxiway collections`: create, list, compact and delete TAXII collections."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taxiway.output import Json, console, print_json, print_table, progress
from taxiway.target import EndpointUrl, Stage, connect

if TYPE_CHECKING:
    from chalicelib.core.collection import Collection

app = typer.Typer(no_args_is_help=True, help="Create, list, compact and delete.")

_TO_THE_SECOND = len("2026-11-21T19:00:00")

Reference = Annotated[str, typer.Argument(metavar="COLLECTION", help="Id or alias.")]


@app.command()
def create(
    *,
    title: Annotated[str, typer.Option(help="What clients show; no '.' and no ','.")],
    collection_id: Annotated[
        str | None,
        typer.Option("--id", metavar="UUIDv4", help="The id; made up if not given."),
    ] = None,
    alias: Annotated[
        str | None, typer.Option(help="A short name that works in URLs too.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="A few sentences.")] = None,
    tier: Annotated[
        str | None,
        typer.Option(help="What a key without grants needs to read it; usually pro."),
    ] = None,
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Create a collection."""
    collection = connect(endpoint_url, stage).collections.create(
        title=title,
        id=collection_id,
        alias=alias,
        description=description,
        tier=tier,
    )
    if as_json:
        print_json(_told(collection))
    else:
        console().print(f"Created {collection.id} ({collection.title}).", markup=False)


@app.command("tier")
def set_tier(
    reference: Reference,
    tier: Annotated[str, typer.Argument(help="A tier, or `default` for the policy's.")],
    *,
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Say which tier a key without grants needs to read a collection."""
    wanted = None if tier == "default" else tier
    collections = connect(endpoint_url, stage).collections
    collection = collections.set_tier(reference, wanted)
    if as_json:
        print_json(_told(collection))
        return
    console().print(f"{collection.title} is for {tier} from now on.", markup=False)


@app.command("list")
def list_collections(
    *,
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """List the collections."""
    found = [_told(each) for each in connect(endpoint_url, stage).collections.all()]
    if as_json:
        print_json(found)
        return
    for each in found:
        each["tier"] = each["tier"] or "default"
        each["last"] = each["last"] and each["last"][:_TO_THE_SECOND]
    columns = ("id", "alias", "title", "tier", "entries", "last")
    print_table(columns, ([each[name] for name in columns] for each in found))


@app.command()
def delete(
    reference: Reference,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Delete a collection and every object in it."""
    collections = connect(endpoint_url, stage).collections
    collection = collections.named(reference)
    if not yes:
        question = f"Delete {collection.title} ({collection.entries} entries)?"
        typer.confirm(question, abort=True, err=True)
    with progress(quiet=as_json) as bar:
        task = bar.add_task(f"Deleting {collection.title}", total=None, note="")
        removed = collections.delete(
            collection.id, lambda done: bar.update(task, note=f"{done:,} items")
        )
    if as_json:
        print_json({"id": collection.id, "removed_items": removed})
    else:
        console().print(f"Deleted {collection.id} ({removed:,} items).", markup=False)


@app.command()
def compact(
    reference: Annotated[
        str | None,
        typer.Argument(metavar="[COLLECTION]", help="Id or alias; all if not given."),
    ] = None,
    *,
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Make logs dense now, as the scheduled upkeep does four times a day.

    What was added within the last minute is left for the next time.
    """
    services = connect(endpoint_url, stage)
    found = services.collections
    wanted = [found.find(reference)] if reference else found.all()
    rows = []
    for collection in wanted:
        tidied = services.log.compact(collection.id, math.inf)
        rows.append({"id": collection.id, **tidied._asdict()})
    if as_json:
        print_json(rows)
        return
    print_table(("id", "segments", "moved"), (tuple(row.values()) for row in rows))


def _told(collection: Collection) -> dict[str, Any]:
    from chalicelib.core.instants import to_text

    return asdict(collection) | {
        "created": to_text(collection.created),
        "last": to_text(collection.last) if collection.last else None,
    }
