"""What it costs to hold a key to its tier, and to know what it is used for."""

from __future__ import annotations

from collections.abc import Callable

from bench.figures import Figures
from bench.meter import Tally
from bench.rig import RUNS, Rig, to_row
from chalicelib.core.usage import Outcome, count
from chalicelib.services.keys import NewKey
from chalicelib.store.dynamo.client import Client
from chalicelib.store.dynamo.table import Table
from chalicelib.store.dynamo.usage import DynamoUsage

GROUP = "counting, beside any request of a key"


def measure_counting(rig: Rig, figures: Figures) -> None:
    """Count a request as the router does, and write its usage as the thread does."""
    container = rig.container
    key = container.keys.create(NewKey("bench", tier="pro"))[0]
    clock = container.clock
    table = Table(Client(), container.settings.counters_table, clock)
    usage = DynamoUsage(table)
    route = "GET /taxii2/api/collections/{collection}/objects"
    outcome = count(Outcome(key.id, clock.now(), route, 200, 12.5, 25, 25))
    for name, work in (
        ("rate counter of a limited key", lambda: container.limits.take(key, None)),
        ("usage, once a second and process", lambda: usage.add(outcome)),
    ):
        tally = _last(rig, work)
        figures.rows.append(to_row((GROUP, name), 1, tally, 0))


def _last(rig: Rig, work: Callable[[], object]) -> Tally:
    for _ in range(RUNS):
        with rig.meter.counting() as tally:
            work()
    return tally
