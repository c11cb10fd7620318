"""`make bench`: measure, show, write bench/results.md, judge."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench import indicators, report
from bench.attack import GROUP as ATTACK
from bench.attack import OBJECTS, files, measure_attack
from bench.bounds import judge
from bench.counting import measure_counting
from bench.extraction import is_possible, measure_extraction, to_table
from bench.feeds import formats_table, measure_formats
from bench.figures import Bound, Figures
from bench.ingesting import measure_ingesting
from bench.iocs import measure_iocs, to_sizes
from bench.reading import measure_filters, measure_rare, measure_size
from bench.rig import RUNS, Rig, assembled
from bench.tidying import measure_renewed, measure_singles
from bench.writing import measure_writing

SIZES = (1_000, 10_000, 100_000)
FILTERED = 10_000
_SAMPLE = 5_000

Step = Callable[[int], None]


class Steps:
    """Says what is being done; draws nothing while anything is timed."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def begin(self, what: str, total: int | None = None) -> Step:
        """Begin a step; gives what tells how far it is."""
        if not self._progress.console.is_terminal:
            self._progress.console.print(what)
        task = self._progress.add_task(what, total=total)
        self._progress.refresh()

        def show(done: int) -> None:
            self._progress.update(task, completed=done)
            self._progress.refresh()

        return show


def main() -> int:
    """Measure everything; 1 when a bound is broken."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="leave out the largest data, and leave bench/results.md as it is",
    )
    quick = parser.parse_args().quick
    screen = Console(highlight=False, file=sys.stdout)
    began = time.monotonic()
    figures = Figures()
    with _progress() as progress, assembled() as rig:
        measure(rig, figures, Steps(progress), quick=quick)
    bounds = judge(figures)
    report.print_figures(screen, figures, bounds)
    took = time.monotonic() - began
    screen.print(f"Measured in {took:.0f} seconds.")
    if not quick:
        _write(figures, bounds, took)
        screen.print(f"Written to {report.RESULTS}.", soft_wrap=True)
    return int(any(bound.gates and not bound.is_met for bound in bounds))


def measure(rig: Rig, figures: Figures, steps: Steps, *, quick: bool) -> None:
    """Do all there is to do."""
    sizes = SIZES[:2] if quick else SIZES
    _measure_taxii(rig, figures, steps, sizes)
    measure_iocs(rig, figures, sizes, steps.begin("IOCs", max(sizes)))
    figures.tables["IOCs, by how many there are"] = to_sizes(figures, sizes)
    # Behind the IOCs: new ones then come into a log that has them already.
    steps.begin("feeds")
    measure_ingesting(rig, figures)
    figures.tables["Formats of feeds"] = formats_table(measure_formats())
    if is_possible():
        figures.tables["IOCs found in texts"] = to_table(measure_extraction())
    if quick or not files():
        why = "left out" if quick else "its files are not beside the repository"
        figures.notes.append(f"{ATTACK}: skipped, {why}")
    else:
        measure_attack(rig, figures, steps.begin(ATTACK, OBJECTS))


def _measure_taxii(
    rig: Rig, figures: Figures, steps: Steps, sizes: Sequence[int]
) -> None:
    filtered = ""
    for size in sizes:
        step = steps.begin(f"{size:,} indicators", size)
        collection = measure_size(rig, figures, size, step)
        filtered = collection if size == FILTERED else filtered
    steps.begin("filters")
    measure_filters(rig, figures, filtered)
    rare = measure_rare(rig, figures, steps.begin("rare types", FILTERED))
    steps.begin("writing")
    measure_writing(rig, figures, rare)
    measure_counting(rig, figures)
    measure_singles(rig, figures, steps.begin("compaction", 1_000))
    measure_renewed(rig, figures, steps.begin("replaced objects", 8))


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        # A thread that draws would count as CPU of what is timed.
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _write(figures: Figures, bounds: list[Bound], took: float) -> None:
    facts = report.facts_of_machine()
    facts["took"] = f"{took:.0f} seconds"
    sizes = [len(text.encode()) for text in indicators.texts(_SAMPLE)]
    facts["method"] = report.method(RUNS, sum(sizes) / len(sizes))
    report.RESULTS.write_text(report.to_markdown(figures, bounds, facts))


if __name__ == "__main__":
    sys.exit(main())
