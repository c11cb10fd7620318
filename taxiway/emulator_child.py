"""The embedded DynamoDB: ministack in a process of its own.

`python -m taxiway.emulator_child FD` serves on the listening socket FD. It ends, and
saves its tables, on SIGTERM, and when standard input closes: the parent holds the
other end, so that happens however the parent dies. Between start and end it saves
what has changed every half minute, and at once when asked (POST /_taxiway/save).
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from types import ModuleType
from typing import Any

from taxiway import emulator_patch

SAVE_PATH = "/_taxiway/save"
SAVE_EVERY = 30.0
_READS = ("Get", "BatchGet", "Query", "Scan", "Describe", "List", "TransactGet")
_CREDENTIAL = re.compile(rb"Credential=[^/]*/(\d+)/[^/]*/")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("taxiway.emulator")


class Keeper:
    """Saves the tables when something has changed since the last time."""

    def __init__(self, dynamodb: ModuleType, save: Callable[[str, Any], None]) -> None:
        """Keep the module whose state is saved, and ministack's way to save it."""
        self._dynamodb = dynamodb
        self._save = save
        self._changed = False
        self._saving = asyncio.Lock()

    def note(self, scope: Scope) -> None:
        """Remember whether this request may change a table."""
        action = dict(scope["headers"]).get(b"x-amz-target", b"").decode("latin-1")
        if action and not action.rpartition(".")[2].startswith(_READS):
            self._changed = True

    async def save(self) -> None:
        """Write a snapshot that was taken between two requests."""
        async with self._saving:
            if self._changed:
                self._changed = False
                state = self._dynamodb.get_state()
                await asyncio.to_thread(self._save, "dynamodb", state)

    async def save_until(self, stop: asyncio.Event) -> None:
        """Save every half minute, less often when one save takes long."""
        pause = SAVE_EVERY
        while not await _happens(stop, within=pause):
            began = time.monotonic()
            await self.save()
            pause = max(SAVE_EVERY, 20 * (time.monotonic() - began))


async def _happens(event: asyncio.Event, *, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            return await event.wait()
    except TimeoutError:
        return False


def watched(application: Application, keeper: Keeper) -> Application:
    """Wrap ministack: one region and account for all, a path to save, changes noted."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        if (scope["method"], scope["path"]) == ("POST", SAVE_PATH):
            await keeper.save()
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        keeper.note(scope)
        scope["headers"] = [
            (name, _in_one_place(value)) for name, value in scope["headers"]
        ]
        await application(scope, receive, send)

    return serve


def _in_one_place(value: bytes) -> bytes:
    return _CREDENTIAL.sub(rb"Credential=taxiway/\1/us-east-1/", value)


def guard_saved_state(application_module: ModuleType, folder: Path) -> None:
    """Refuse a damaged file: ministack would start empty, and save that."""
    load = application_module.load_state

    def load_state(service: str) -> Any:
        data = load(service)
        saved = folder / f"{service}.json"
        if data is None and saved.exists():
            print(f"{saved} cannot be read; move it away to start empty")
            sys.stdout.flush()
            os._exit(3)
        return data

    application_module.load_state = load_state  # type: ignore[attr-defined]


async def serve(descriptor: int) -> None:
    """Serve until SIGTERM, or until the parent is gone."""
    import ministack.app
    from hypercorn.asyncio import serve as serve_with_hypercorn
    from hypercorn.config import Config
    from ministack.core import persistence
    from ministack.services import dynamodb

    if not emulator_patch.apply(dynamodb):
        log.warning("unknown ministack: Query is slow on large partitions")
    guard_saved_state(ministack.app, Path(persistence.STATE_DIR))
    keeper = Keeper(dynamodb, persistence.save_state)
    stop = _stop_event()
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.loglevel = "WARNING"
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1.0
    config.shutdown_timeout = 600.0
    config.startup_timeout = 600.0
    saving = asyncio.create_task(keeper.save_until(stop))

    async def stopped() -> None:
        await stop.wait()
        await saving

    await serve_with_hypercorn(
        watched(ministack.app.app, keeper),  # type: ignore[arg-type]
        config,
        shutdown_trigger=stopped,
    )


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)

    def parent_is_gone() -> None:
        if not os.read(sys.stdin.fileno(), 1):
            loop.remove_reader(sys.stdin.fileno())
            stop.set()

    loop.add_reader(sys.stdin.fileno(), parent_is_gone)
    return stop


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
