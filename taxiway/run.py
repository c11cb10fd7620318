"""`taxiway run`: the whole server on one machine, its state in one directory."""

from __future__ import annotations

import contextlib
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taxiway.emulator import Emulator, running_emulator
from taxiway.output import Json, console, print_json
from taxiway.state import StateDirectory, read_json, write_json
from taxiway.stopping import Stopping, stoppable
from taxiway.target import prepare_environment
from taxiway.trouble import Trouble
from taxiway.welcome import Served, welcome

if TYPE_CHECKING:
    from chalicelib.container import Container
    from taxiway.local_server import LocalServer

_STAGE = "dev"
_FEEDS, _ROWS = "feeds", "rows"
"""Written down beside the collections of the demo that are done."""

_GRANTS = {"read": {"*": "r"}, "write": {"*": "rw"}}
_NOT_OURS = ("AWS_", "TAXIWAY_STAGE", "TAXIWAY_OBJECTS_TABLE", "TAXIWAY_KEYS_TABLE")


def run(
    *,
    host: Annotated[str, typer.Option(help="Address to serve at.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to serve at; 0 is a free one.")
    ] = 8000,
    state: Annotated[
        Path, typer.Option(metavar="DIR", help="Where everything is kept.")
    ] = Path(".taxiway"),
    demo: Annotated[
        bool, typer.Option("--demo/--no-demo", help="Load demo data at first start.")
    ] = True,
    ready_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Written when serving: URLs and keys, JSON."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Serve on this machine, with an embedded DynamoDB, until Ctrl-C or SIGTERM.

    The first start loads demo data; later ones find everything as it was left.
    """
    with stoppable() as stopping, ExitStack() as stack:
        directory = StateDirectory(state)
        lock = stack.enter_context(directory.locked(stopping))
        ready_files = [directory.ready, *([ready_file] if ready_file else [])]
        _forget(ready_files)
        server = _bound(host, port)
        stack.callback(server.server_close)
        emulator = stack.enter_context(running_emulator(directory, lock, stopping))
        keys = _prepare(directory, emulator, stopping, demo=demo)
        served = Served(server.url, emulator.endpoint, keys)
        screen = sys.stdout
        _start_serving(stack, server, directory)
        for path in ready_files:
            stack.callback(path.unlink, missing_ok=True)
            write_json(path, served.told())
        if as_json:
            print_json(served.told(), screen)
        else:
            welcome(console(file=screen), served, directory.root, demo=demo)
        emulator.wait(stopping)
    if not as_json:
        console().print(f"Stopped; everything is kept in {state}.", markup=False)


def _forget(ready_files: list[Path]) -> None:
    for path in ready_files:
        if not path.parent.is_dir():
            raise Trouble(f"{path.parent} is no directory to write {path.name} to")
        path.unlink(missing_ok=True)


def _bound(host: str, port: int) -> LocalServer:
    from taxiway.local_server import LocalServer

    try:
        return LocalServer(host, port)
    except OSError as error:
        raise Trouble(
            f"cannot serve at {host}:{port}: {error.strerror}; choose another --port "
            "(0 is a free one)"
        ) from error


def _prepare(
    directory: StateDirectory, emulator: Emulator, stopping: Stopping, *, demo: bool
) -> dict[str, str]:
    """Make tables, demo data and keys where they are missing; return the keys."""
    from chalicelib import container
    from chalicelib.services.sessions import SECRET
    from taxiway import tables
    from taxiway.feed_rows import relist_all

    for name in [name for name in os.environ if name.startswith(_NOT_OURS)]:
        del os.environ[name]
    prepare_environment(emulator.endpoint, _STAGE)
    services = container.current()
    created = tables.ensure(tables.client(), services.settings)
    services.secrets.ensure(SECRET)
    done = [_ROWS] if created else read_json(directory.demo).get("done", [])
    if _ROWS not in done:
        # A release from before there were lists of IOCs may have kept some.
        relist_all(services, quiet=True, check=stopping.check)
        emulator.save()
        done.append(_ROWS)
        write_json(directory.demo, {"done": done})
    if demo:
        _load(services, directory, emulator, stopping, done)
    keys = _keys(services, directory.keys)
    emulator.save()
    stopping.check()
    return keys


def _load(
    services: Container,
    directory: StateDirectory,
    emulator: Emulator,
    stopping: Stopping,
    done: list[str],
) -> None:
    """Load what of the demo is not there yet, and write down what is."""
    from taxiway.demo import load_demo
    from taxiway.demo_feeds import read_demo_feeds

    for collection in load_demo(services, frozenset(done), stopping.check):
        emulator.save()
        done.append(collection)
        write_json(directory.demo, {"done": done})
    if _FEEDS not in done:
        read_demo_feeds(services, stopping.check)
        write_json(directory.demo, {"done": [*done, _FEEDS]})


def _keys(services: Container, path: Path) -> dict[str, str]:
    """Return the keys of this state directory, the same ones at every start."""
    from chalicelib.services.keys import NewKey

    kept = read_json(path)
    usable = {key.id for key in services.keys.all() if key.revoked is None}
    for name, grants in _GRANTS.items():
        if kept.get(name, {}).get("id") not in usable:
            wanted = NewKey(f"local {name}", tier="internal", grants=grants)
            key, secret = services.keys.create(wanted)
            kept[name] = {"id": key.id, "key": secret}
            write_json(path, kept)
    return {name: kept[name]["key"] for name in _GRANTS}


def _start_serving(
    stack: ExitStack, server: LocalServer, directory: StateDirectory
) -> None:
    from taxiway import access_log

    access_log.write_to(directory.log)
    log = stack.enter_context(directory.log.open("a", buffering=1, encoding="utf-8"))
    # The application logs to standard output, as Lambda wants it.
    stack.enter_context(contextlib.redirect_stdout(log))
    from app import app as application
    from chalicelib import container

    server.start(application)
    # Behind the last request, before the database stops.
    stack.callback(container.current().recorder.close)
    stack.callback(server.stop)
