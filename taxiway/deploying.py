"""`taxiway deploy` and `taxiway destroy`: a whole stage, there and away."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from taxiway.output import console
from taxiway.provision import AlarmTopic, DryRun
from taxiway.target import Stage, prepare_environment
from taxiway.trouble import EXIT_FAILED, Trouble

if TYPE_CHECKING:
    from taxiway.deploy.change import Change
    from taxiway.deploy.place import Place

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def deploy(
    *,
    dry_run: DryRun = False,
    alarm_topic: AlarmTopic = None,
    stage: Stage = "dev",
) -> None:
    """Deploy a stage, or what has changed of it: tables, functions, API, plans.

    Each part can be done again: after an interruption run the same command.
    """
    from taxiway.deploy import finding, project, steps
    from taxiway.deploy.telling import run

    prepare_environment(None, stage)
    place = finding.place_of(stage, topic=alarm_topic)
    _check_no_stack(place)
    _head(1, "provision")
    ready = (*steps.before_deploy(place), *steps.for_chalice(place))
    run(ready, dry_run=dry_run)
    _head(2, f"chalice deploy --stage {stage}")
    if dry_run:
        _foretell(place)
        return
    project.chalice("deploy", "--stage", stage)
    _head(3, "provision")
    run(steps.after_deploy(place))
    _head(4, "doctor")
    _look(place)


def _foretell(place: Place) -> None:
    from taxiway.deploy import finding, steps
    from taxiway.deploy.telling import run, tell

    stage = place.names.stage
    console().print(
        "would package the code, make or update functions, roles, schedule and API; "
        f"`chalice dev plan --stage {stage}` tells each call",
        markup=False,
    )
    _head(3, "provision")
    if finding.api_of(place) is None:
        for change in steps.first_time(place):
            tell(change)
        return
    run(steps.after_deploy(place), dry_run=True)
    console().print(
        "and would put the definition of the API in place again, since Chalice "
        "deploys its own",
        markup=False,
    )


def destroy(
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    with_data: Annotated[
        bool, typer.Option("--with-data", help="Delete tables that hold data, too.")
    ] = False,
    stage: Stage = "dev",
) -> None:
    """Take a stage away, all but its tables with data.

    After an interruption run the same command.
    """
    from taxiway.deploy import destroying, finding
    from taxiway.deploy.telling import run

    prepare_environment(None, stage)
    place = finding.place_of(stage)
    if not yes and not dry_run:
        planned = run(destroying.steps(place, with_data=with_data), dry_run=True)
        if not any(each.is_work for each in planned):
            return
        _ask(stage, planned)
    run(destroying.steps(place, with_data=with_data), dry_run=dry_run)


def _ask(stage: str, planned: list[Change]) -> None:
    if not sys.stdin.isatty():
        raise Trouble("nobody is there to ask: say --yes to take this stage away")
    count = sum(each.is_work for each in planned)
    said = typer.prompt(f"Type {stage} to make these {count} removals", err=True)
    if said.strip() != stage:
        raise Trouble("nothing was removed")


def _check_no_stack(place: Place) -> None:
    from taxiway.deploy import finding

    if finding.is_of_a_stack(place):
        raise Trouble(
            "CloudFormation made this stage: update its stack, or choose another "
            "--stage"
        )


def _look(place: Place) -> None:
    from taxiway.deploy import finding
    from taxiway.doctor import examine

    healthy = examine(place)
    api = finding.api_of(place)
    if api is not None:
        url = f"{finding.base_url(place, api)}taxii2/"
        console().print(f"\nDiscovery URL: {url}", markup=False)
    if not healthy:
        raise typer.Exit(EXIT_FAILED)


def _head(number: int, title: str) -> None:
    console().print(f"\n[bold]{number}/4 {title}[/]")
