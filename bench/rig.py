"""The application on an emulator, with a meter on its DynamoDB client."""

from __future__ import annotations

import contextlib
import gc
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import boto3

from bench import embedded
from bench.figures import Row
from bench.handler import Answer, Application, Request, to_answer, to_event
from bench.meter import Meter, Tally
from chalicelib.container import Container, current
from chalicelib.services.keys import NewKey
from chalicelib.store.dynamo.client import Client
from chalicelib.store.dynamo.table import Table
from taxiway import tables

RUNS = 7
_FINE = (200, 201, 202, 304)


@dataclass(frozen=True, slots=True)
class Measured:
    """An answer, and what it took."""

    answer: Answer
    tally: Tally

    def row(self, group: str, name: str, objects: int, note: str = "") -> Row:
        """Write it down."""
        return to_row(
            (group, name), objects, self.tally, len(self.answer.body.encode()), note
        )


class Rig:
    """What operations are measured on."""

    def __init__(
        self, application: Application, container: Container, meter: Meter
    ) -> None:
        self._application = application
        self.container = container
        self.meter = meter
        self.table = Table(Client(), container.settings.objects_table, container.clock)
        grants = {"*": "rw"}
        key = container.keys.create(NewKey("bench", tier="internal", grants=grants))
        self._key = key[1]
        # Usage is written by a thread, whenever that is: bench.counting measures it.
        container.recorder.close()

    def new_collection(self, title: str) -> str:
        """Make an empty collection; gives its id."""
        plain = title.replace(",", "")
        return self.container.collections.create(title=plain).id

    def once(self, request: Request) -> Measured:
        """Call the function once."""
        event = to_event(request, self._key)
        with self.meter.counting() as tally:
            given = self._application(event, None)
        answer = to_answer(given)
        if answer.status not in _FINE:
            msg = f"{request.method} {request.route}: {answer.status} {answer.body}"
            raise RuntimeError(msg)
        return Measured(answer, tally)

    def often(self, make: Callable[[int], Request], runs: int = RUNS) -> Measured:
        """Call it several times; gives the last, with the medians of its CPU."""
        settle()
        self.once(make(-1))
        all_of_them = [self.once(make(number)) for number in range(runs)]
        tallies = [one.tally for one in all_of_them]
        last = all_of_them[-1]
        medians = replace(
            last.tally,
            cpu=statistics.median(one.cpu for one in tallies),
            botocore=statistics.median(one.botocore for one in tallies),
        )
        return Measured(last.answer, medians)

    def read(self, request: Request) -> Measured:
        """Call it several times with the same request."""
        return self.often(lambda _: request)


def settle() -> None:
    """Take the memory of what was loaded out of the collector's way.

    A Lambda function never holds it, so its collections must not be timed.
    """
    gc.collect()
    gc.freeze()


def to_row(
    name: tuple[str, str], objects: int, tally: Tally, bytes_out: int, note: str = ""
) -> Row:
    """Write down what some work took."""
    return Row(
        group=name[0],
        name=name[1],
        objects=objects,
        calls=tally.sent,
        reads=tally.reads,
        writes=tally.written,
        status_writes=tally.status,
        cpu=tally.cpu * 1000,
        own=(tally.cpu - tally.botocore) * 1000,
        bytes_out=bytes_out,
        note=note,
    )


@contextmanager
def assembled() -> Iterator[Rig]:
    """Start the emulator, make the tables, import the application as Lambda does."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(embedded.running(folder))
        log = stack.enter_context((folder / "taxiway.log").open("w"))
        # It logs to standard output; Lambda pays for that as well.
        stack.enter_context(contextlib.redirect_stdout(log))
        from app import app as application

        container = current()
        tables.ensure(tables.client(), container.settings)
        boto3.setup_default_session()
        session = boto3.DEFAULT_SESSION
        if session is None:
            raise RuntimeError("boto3 has no session")
        yield Rig(application, container, Meter(session.events))
