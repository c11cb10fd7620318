"""Builds the stores and services once per process. The only global."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass

from chalicelib.core.ports import Clock, ObjectLog, StatusStore
from chalicelib.services.adding import Adding
from chalicelib.services.collections import Collections
from chalicelib.services.keys import Keys
from chalicelib.settings import Settings
from chalicelib.store.dynamo.apikeys import DynamoKeys
from chalicelib.store.dynamo.collections import DynamoCollections
from chalicelib.store.dynamo.log import DynamoLog
from chalicelib.store.dynamo.statuses import DynamoStatuses
from chalicelib.store.dynamo.table import Client, Table


class SystemClock:
    """The machine's own time and chance."""

    def now(self) -> int:
        """Tell the time in microseconds since 1970, UTC."""
        return time.time_ns() // 1_000

    def monotonic(self) -> float:
        """Tell seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def chance(self) -> float:
        """Give a number from 0 to 1, for spreading retries."""
        return random.random()  # noqa: S311 - no secret hangs on it


@dataclass(frozen=True, slots=True)
class Container:
    """All that a request or a command works with."""

    settings: Settings
    clock: Clock
    log: ObjectLog
    statuses: StatusStore
    collections: Collections
    keys: Keys
    adding: Adding


def build(
    settings: Settings, *, client: Client | None = None, clock: Clock | None = None
) -> Container:
    """Put everything together. No call to AWS is made before the first use."""
    client = client or Client()
    clock = clock or SystemClock()
    objects = Table(client, settings.objects_table, clock)
    log = DynamoLog(objects, clock)
    collections = Collections(DynamoCollections(objects), log, clock)
    keys_table = Table(client, settings.keys_table, clock)
    keys = Keys(DynamoKeys(keys_table), collections, clock)
    return Container(
        settings=settings,
        clock=clock,
        log=log,
        statuses=DynamoStatuses(objects),
        collections=collections,
        keys=keys,
        adding=Adding(log, clock),
    )


_installed: list[Container] = []


def current() -> Container:
    """Give the container of this process, made from its environment at first."""
    if not _installed:
        install(build(Settings.from_env(os.environ)))
    return _installed[0]


def install(container: Container) -> None:
    """Make a container the one of this process."""
    _installed[:] = [container]


def uninstall() -> None:
    """Forget the container of this process."""
    _installed.clear()
