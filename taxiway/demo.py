"""The collections that a first `taxiway run` comes with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taxiway.loading import Loaded, load_file
from taxiway.output import console, progress
from taxiway.trouble import Trouble

if TYPE_CHECKING:
    from rich.progress import Progress

    from chalicelib.container import Container
    from chalicelib.core.collection import Collection

_FOLDER = Path(__file__).parent / "demo_data"


@dataclass(frozen=True, slots=True)
class DemoCollection:
    """A collection with a fixed id, and the file that fills it."""

    id: str
    alias: str
    title: str
    description: str
    file: str | None = None


DEMO = (
    DemoCollection(
        id="4c3a2f6e-9d1b-4e58-8a70-5b6c7d8e9f01",
        alias="tweetfeed",
        title="TweetFeed indicators",
        description="URLs, domains, addresses and hashes that researchers posted in "
        "the two weeks before 2026-08-05, from tweetfeed.live (CC0).",
        file="tweetfeed.json.gz",
    ),
    DemoCollection(
        id="7e2b9c14-3f60-4a8d-b5e1-0c9d8a7b6f52",
        alias="attack-ics",
        title="ATT&CK for ICS",
        description="MITRE ATT&CK for industrial control systems 18.1. "
        "© The MITRE Corporation; reproduced and distributed with its permission.",
        file="attack-ics.json.gz",
    ),
    DemoCollection(
        id="a91d5e37-6b24-4c0f-9e83-2d4f6a8c0b13",
        alias="inbox",
        title="Inbox",
        description="Empty: add your own objects here with the writing key.",
    ),
)


def load_demo(
    container: Container, done: AbstractSet[str], check: Callable[[], None]
) -> Iterator[str]:
    """Create and fill what is not done yet; yield each id when it is.

    `check` is called now and then, and may raise to stop.
    """
    missing = [demo for demo in DEMO if demo.id not in done]
    said = console(stderr=True)
    if missing and not said.is_terminal:
        said.print("Loading the demo data.")
    with progress(quiet=not missing) as bar:
        for demo in missing:
            collection = _collection(container, demo)
            if demo.file:
                _fill(container, collection, _FOLDER / demo.file, bar, check)
            yield demo.id


def _fill(
    container: Container,
    collection: Collection,
    path: Path,
    bar: Progress,
    check: Callable[[], None],
) -> None:
    task = bar.add_task(collection.title, total=path.stat().st_size, note="")

    def show(result: Loaded) -> None:
        note = f"{result.added + result.present:,} objects"
        bar.update(task, completed=result.bytes_read, note=note)
        check()

    def give_up(failure: dict[str, Any]) -> None:
        raise Trouble(f"{path}: {failure['id']}: {failure['message']}")

    result = load_file(
        container, collection, str(path), on_step=show, on_failure=give_up
    )
    show(result)
    if result.error:
        raise Trouble(f"{path}: {result.error}")


def _collection(container: Container, demo: DemoCollection) -> Collection:
    from chalicelib.errors import NotFound

    try:
        return container.collections.find(demo.id)
    except NotFound:
        return container.collections.create(
            title=demo.title,
            id=demo.id,
            alias=demo.alias,
            description=demo.description,
        )
