"""One live server for the whole session, with collections and keys on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.register_assert_rewrite("tests.taxii.checks", "tests.taxii.world")

from tests.support.live import CommandLine, LiveServer  # noqa: E402
from tests.taxii import checks, samples  # noqa: E402
from tests.taxii.client import Client, Collection, Stix  # noqa: E402
from tests.taxii.official import official_server  # noqa: E402
from tests.taxii.world import World, build  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taxii2client import v21

MARKERS = (
    "clause(*ids): the requirements of clauses.txt that a test covers",
    "rule(number): the rule for real clients that a test covers",
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the two marks known."""
    for line in MARKERS:
        config.addinivalue_line("markers", line)


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Give the server that every test talks to, as a process."""
    server = LiveServer(tmp_path_factory.mktemp("taxiway"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def world(live: LiveServer) -> World:
    """Give collections and keys on the running server."""
    ready = live.start()
    return build(ready, CommandLine(ready.dynamodb_endpoint))


@pytest.fixture(scope="session")
def owner(world: World) -> Client:
    """Give a client that may read and write everything."""
    return world.owner


@pytest.fixture(scope="session")
def visitor(world: World) -> Client:
    """Give a client with read-write, read-only and write-only collections."""
    return world.visitor


@pytest.fixture(scope="session")
def shelf(world: World) -> Collection:
    """Give the collection that most tests share; each brings ids of its own."""
    return Collection(world.owner, world.rw)


@pytest.fixture
def fresh(world: World) -> Collection:
    """Give an empty collection that no other test uses."""
    return world.fresh()


@pytest.fixture(scope="session")
def trio(shelf: Collection) -> tuple[Stix, Stix, Stix]:
    """Give three objects, added one after another against the order of `modified`."""
    objects = (
        samples.indicator(modified=samples.V3),
        samples.malware(modified=samples.V2),
        samples.identity(modified=samples.V1),
    )
    checks.add_apart(shelf, *objects)
    return objects


@pytest.fixture(scope="session")
def aged(shelf: Collection) -> tuple[Stix, Stix, Stix]:
    """Give versions 1, 2 and 3 of one object, which were added as 2, 3, 1."""
    one, two, three = samples.three_versions()
    checks.add_apart(shelf, two, three, one)
    return one, two, three


@pytest.fixture(scope="session")
def several(world: World) -> tuple[Collection, list[Stix]]:
    """Give a collection with 30 objects, indicators and malware by turns."""
    collection = world.fresh()
    objects = [samples.malware() if n % 2 else samples.indicator() for n in range(30)]
    checks.add(collection, *objects)
    return collection, objects


@pytest.fixture(scope="session")
def stocked(world: World) -> tuple[Collection, list[Stix]]:
    """Give a collection with 130 objects of all kinds, to be read only."""
    collection = world.fresh()
    return collection, _stock(collection)


@pytest.fixture
def filled(fresh: Collection) -> tuple[Collection, list[Stix]]:
    """Give a collection with 130 objects of all kinds, to be added to."""
    return fresh, _stock(fresh)


def _stock(collection: Collection) -> list[Stix]:
    objects = [samples.identity(), samples.marking(), samples.relationship()]
    objects += [samples.indicator() if n % 5 else samples.malware() for n in range(120)]
    objects += [samples.address() for _ in range(7)]
    for part in (objects[:3], objects[3:90], objects[90:]):
        checks.add(collection, *part)
    return objects


@pytest.fixture
def server(world: World) -> Iterator[v21.Server]:
    """Give discovery as taxii2-client sees it, with every API root closed again."""
    with official_server(world) as found:
        yield found
        for root in found.api_roots:
            root.close()
