"""Says what is done while it is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from taxiway.deploy.change import Action, Change, Step, carry_out
from taxiway.output import console, print_json

_COLOURS = {
    Action.CREATE: "green",
    Action.CHANGE: "cyan",
    Action.REPAIR: "yellow",
    Action.REMOVE: "red",
    Action.KEEP: "dim",
}


def run(
    steps: Iterable[Step], *, dry_run: bool = False, as_json: bool = False
) -> list[Change]:
    """Carry out steps and print what they do."""
    if as_json:
        done = carry_out(steps, lambda _: None, dry_run=dry_run)
        print_json([told(each) for each in done])
        return done
    done = carry_out(_announced(steps), tell, dry_run=dry_run)
    work = sum(each.is_work for each in done)
    if not work:
        line = "Nothing to do."
    elif dry_run:
        line = f"{work} changes would be made; nothing was done."
    else:
        line = f"{work} changes made."
    console().print(line, markup=False)
    return done


def tell(change: Change) -> None:
    """Print one change."""
    from rich.markup import escape

    colour = _COLOURS[change.action]
    why = f": {change.why}" if change.why else ""
    text = escape(f"{change.thing}{why}")
    console().print(f"[{colour}]{change.action:<7}[/] {text}")


def told(change: Change) -> dict[str, Any]:
    """Give a change for machines."""
    return {
        "action": str(change.action),
        "thing": change.thing,
        "why": change.why or None,
    }


def _announced(steps: Iterable[Step]) -> Iterator[Step]:
    """Say on terminals which step is being looked at: reading takes its time too."""
    screen = console(stderr=True)
    for step in steps:
        if screen.is_terminal:
            screen.print(f"[dim]… {step.title}[/]")
        yield step
