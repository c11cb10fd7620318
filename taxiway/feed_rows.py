"""Rows of IOCs that were published before there were any."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from taxiway.output import progress, without_logs

if TYPE_CHECKING:
    from chalicelib.container import Container
    from chalicelib.ingest.relist import Relisted


def relist_all(
    container: Container,
    *,
    quiet: bool,
    check: Callable[[], None] = lambda: None,
) -> Relisted:
    """Write the rows that are missing; tell how many.

    `check` is called now and then, and may raise to stop.
    """
    from chalicelib.core.log.head import ROWS
    from chalicelib.ingest import destinations
    from chalicelib.ingest.relist import Relisted, Relisting
    from chalicelib.store.dynamo.collections import DynamoCollections
    from chalicelib.store.dynamo.table import Table

    clock = container.clock
    table = Table(container.outside.client, container.settings.objects_table, clock)
    DynamoCollections(table).ensure_log(ROWS, clock.now())
    relisting = Relisting(
        container.log,
        container.iocs,
        container.statistics,
        container.origins,
        clock,
    )
    (everything,) = [one for one in destinations.load() if one.graph]
    done = Relisted()
    with progress(quiet=quiet) as bar, without_logs():
        task = bar.add_task("Listing", total=None, note="")
        for some in relisting.run(everything):
            check()
            done = done.plus(some)
            bar.update(task, note=f"{done.objects:,} objects")
    return done
