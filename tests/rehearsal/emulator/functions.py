"""Functions run with the packages of their zip, and as many at once as fit here.

AWS: "Building Lambda functions with Python": a function sees its zip and the SDK of
the runtime. "Lambda execution environment lifecycle": what runs while the code is
updated runs to its end. ministack runs functions with the emulator's own packages and
environment, ends them in the middle of a call, and starts a process more for every call
that finds the others busy.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable
from threading import Thread
from typing import Any

AT_ONCE = 6
_LOOK_EVERY = 0.05
# Read by now; a function that inherited LOG_LEVEL would keep its log to itself.
_OF_THE_EMULATOR = ("AUTH", "LOG_LEVEL", "PYTHONDONTWRITEBYTECODE")


def mend(runtime: Any, gateway: Any) -> None:
    """Choose the runtime's Python, and queue the gateway's calls."""
    detect = runtime._detect_runtime_binary
    python = os.environ.pop("REHEARSAL_RUNTIME")
    for name in _OF_THE_EMULATOR:
        os.environ.pop(name, None)

    def binary(name: str) -> tuple[str, str]:
        found, script = detect(name)
        return (python if name.startswith("python") else found), script

    runtime._detect_runtime_binary = binary
    runtime.kill_workers = _killing_the_idle(runtime.kill_workers)
    gateway._call_lambda_raw = _queued(gateway._call_lambda_raw)
    gateway._invoke_authorizer_lambda = _queued(gateway._invoke_authorizer_lambda)


def _killing_the_idle(kill: Any) -> Any:
    def kill_later(worker: Any) -> None:
        while worker.in_use:
            time.sleep(_LOOK_EVERY)
        kill([worker])

    def kill_workers(workers: Iterable[Any]) -> None:
        known = [worker for worker in workers if worker is not None]
        kill([worker for worker in known if not worker.in_use])
        for worker in known:
            if worker.in_use:
                Thread(target=kill_later, args=[worker], daemon=True).start()

    return kill_workers


def _queued(call: Any) -> Any:
    room = asyncio.Semaphore(AT_ONCE)

    async def queued(*arguments: Any, **more: Any) -> Any:
        async with room:
            return await call(*arguments, **more)

    return queued
