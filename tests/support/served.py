"""The whole service on a port of loopback, in this process, over a double of DynamoDB.

For judges that speak HTTP and ask hundreds of times: it needs no start of a second or
more, and its clock goes on fast enough that no minute's requests are used up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chalice.app import Chalice

from app import ROUTES
from chalicelib import container as containers
from chalicelib.container import Container, Outside
from chalicelib.services.keys import NewKey
from chalicelib.settings import Settings
from taxiway.local_server import LocalServer
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.doubles.outside import FakePlans, FakeSecrets


class HurriedClock(FakeClock):
    """Goes on by half a second whenever it is asked."""

    def now(self) -> int:
        self.advance(0.5)
        return super().now()


@dataclass(frozen=True)
class Served:
    """Where it is, and keys: of a pro caller and of an operator."""

    url: str
    container: Container
    key: str
    admin: str


@contextmanager
def served() -> Iterator[Served]:
    """Serve."""
    clock = HurriedClock()
    client = client_of(FakeDynamo(seconds=clock.seconds))
    outside = Outside(clock, client, client, FakeSecrets(), FakePlans())
    built = containers.build(Settings.from_env({}), outside)
    containers.install(built)
    # An application of its own: the gateway changes the class of the one it serves.
    application = Chalice(app_name="taxiway")
    for router, prefix in ROUTES:
        router.register(application, prefix)
    server = LocalServer("127.0.0.1", 0)
    server.start(application)
    make = built.keys.create
    try:
        yield Served(
            server.url,
            built,
            make(NewKey("judge", tier="pro", grants={"*": "rw"}))[1],
            make(NewKey("operator", admin=True))[1],
        )
    finally:
        server.stop()
        built.recorder.close()
        containers.uninstall()
