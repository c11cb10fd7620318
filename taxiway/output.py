"""What commands print: tables for people, JSON for machines, trouble on stderr."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

_WHOLE = frozenset({"id", "alias", "prefix"})
_WIDE = 200

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def print_json(content: object, file: IO[str] | None = None) -> None:
    """Print one JSON value, on standard output if nothing else is said."""
    print(json.dumps(content, indent=2, ensure_ascii=False), file=file, flush=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows under a heading."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for name in columns:
        table.add_column(name, no_wrap=name in _WHOLE, overflow="fold")
    for row in rows:
        table.add_row(*(escape("" if cell is None else str(cell)) for cell in row))
    screen = console()
    if not screen.is_terminal:
        screen.width = _WIDE
    screen.print(table)


def console(*, stderr: bool = False, file: IO[str] | None = None) -> Console:
    """Return where to print, without guessing what to highlight."""
    from rich.console import Console

    return Console(stderr=stderr, file=file, highlight=False, soft_wrap=True)


@contextmanager
def without_logs() -> Iterator[None]:
    """Keep metrics off the output, and of logs all but warnings, for a while.

    The functions write both to standard output, where Lambda reads them.
    """
    from chalicelib.observe import metrics

    logger = logging.getLogger("taxiway")
    level = logger.level
    logger.setLevel("WARNING")
    try:
        with metrics.silent():
            yield
    finally:
        logger.setLevel(level)


def complain(line: str) -> None:
    """Say on standard error what went wrong."""
    print(f"taxiway: {line}", file=sys.stderr)


def progress(*, quiet: bool = False) -> Progress:
    """Return a progress bar on standard error; it shows itself on terminals only."""
    from rich import progress as bar

    screen = console(stderr=True)
    return bar.Progress(
        bar.TextColumn("{task.description}"),
        bar.BarColumn(),
        bar.TaskProgressColumn(),
        bar.TextColumn("{task.fields[note]}"),
        bar.TimeElapsedColumn(),
        console=screen,
        disable=quiet or not screen.is_terminal,
    )
