"""`python -m taxiway`: composes the commands, and turns errors into one line."""

from __future__ import annotations

import sys

import typer

from taxiway import collections, feeds, keys
from taxiway.deploying import deploy, destroy
from taxiway.doctor import doctor
from taxiway.load import load
from taxiway.output import complain
from taxiway.provision import provision
from taxiway.run import run
from taxiway.stages import add_stage
from taxiway.template.command import package
from taxiway.trouble import EXIT_FAILED, explain

app = typer.Typer(
    name="taxiway",
    help="Taxiway: a serverless TAXII 2.1 server.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(run)
app.add_typer(collections.app, name="collections")
app.add_typer(keys.app, name="keys")
app.add_typer(feeds.app, name="feeds")
app.command()(load)
app.command()(doctor)
app.command()(provision)
app.command()(deploy)
app.command()(destroy)
app.command("stage")(add_stage)
app.command()(package)


def main() -> None:
    """Run a command; an expected error is one line on standard error."""
    try:
        app(prog_name="python -m taxiway")
    except Exception as error:
        line = explain(error)
        if line is None:
            raise
        complain(line)
        sys.exit(EXIT_FAILED)


if __name__ == "__main__":
    main()
