"""`taxiway load`: put STIX files into a collection, however long they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taxiway.loading import STDIN, Loaded, load_file
from taxiway.output import Json, complain, console, print_json, progress
from taxiway.target import EndpointUrl, Stage, connect
from taxiway.trouble import EXIT_FAILED

if TYPE_CHECKING:
    from rich.progress import Progress

    from chalicelib.container import Container
    from chalicelib.core.collection import Collection


def load(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Bundle, envelope or list; plain or gzip; `-` is standard input.",
        ),
    ],
    *,
    collection: Annotated[str, typer.Option("--collection", "-c", help="Id or alias.")],
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Load STIX objects; what is there already stays as it is.

    Exits with 1 when an object failed or a file could not be read to its end.
    What was loaded until then stays: the same command again adds the rest.
    """
    container = connect(endpoint_url, stage)
    target = container.collections.find(collection)
    with progress(quiet=as_json) as bar:
        results = [_load(container, target, name, bar) for name in files]
    if as_json:
        print_json(_told(results))
    else:
        for result in results:
            console().print(f"{result.file}: {counts(result)}", markup=False)
    if not all(result.is_whole for result in results):
        raise typer.Exit(EXIT_FAILED)


def _load(
    container: Container, collection: Collection, name: str, bar: Progress
) -> Loaded:
    path = Path(name)
    size = path.stat().st_size if name != STDIN and path.is_file() else None
    task = bar.add_task(path.name, total=size, note="")

    def show(result: Loaded) -> None:
        bar.update(task, completed=result.bytes_read, note=counts(result))

    def name_failure(failure: dict[str, Any]) -> None:
        which = failure["id"] or f"object {failure['index']}"
        complain(f"{name}: {which}: {failure['message']}")

    result = load_file(
        container, collection, name, on_step=show, on_failure=name_failure
    )
    show(result)
    if result.error:
        until = "; what came before stays loaded" if result.is_begun else ""
        complain(f"{name}: {result.error}{until}")
    return result


def counts(result: Loaded) -> str:
    """Say in one line what became of a file."""
    return (
        f"{result.added:,} added, {result.present:,} already there, "
        f"{result.failed:,} failed"
    )


def _told(results: list[Loaded]) -> dict[str, Any]:
    names = ("added", "present", "failed")
    totals = {name: sum(getattr(each, name) for each in results) for name in names}
    return totals | {"files": [each.told() for each in results]}
