"""The app in this process, over a DynamoDB in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from chalice.test import Client as ChaliceClient
from chalice.test import HTTPResponse

from app import app
from chalicelib import container as containers
from chalicelib.container import Container, Outside
from chalicelib.core.apikey import ApiKey
from chalicelib.core.collection import Collection
from chalicelib.ingest import source
from chalicelib.ingest.source import Source
from chalicelib.services.keys import NewKey
from chalicelib.settings import Settings
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.doubles.outside import FakePlans, FakeSecrets
from tests.publishing import World

TAXII = "application/taxii+json;version=2.1"


@dataclass
class Service:
    """The service under test and what it stands on."""

    client: ChaliceClient
    container: Container
    dynamo: FakeDynamo
    clock: FakeClock
    plans: FakePlans

    def key(self, **options: Any) -> str:
        """Make an API key."""
        return self.made_key(**options)[1]

    def made_key(self, **options: Any) -> tuple[ApiKey, str]:
        """Make an API key; gives what is kept of it too."""
        wanted = NewKey(**({"name": "test", "tier": "pro"} | options))
        return self.container.keys.create(wanted)

    def collection(self, title: str = "Ours", **options: Any) -> Collection:
        """Make a collection."""
        return self.container.collections.create(title=title, **options)

    def call(
        self, method: str, path: str, key: str | None = None, **options: Any
    ) -> HTTPResponse:
        """Send a request, with a key as Bearer."""
        headers = {"Accept": TAXII, "Host": "intel.example"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        headers |= options.pop("headers", {})
        return self.client.http.request(method, path, headers=headers, **options)

    def add(self, collection: Collection, key: str, *objects: Any) -> HTTPResponse:
        """Add objects as a client does."""
        return self.call(
            "POST",
            f"/taxii2/api/collections/{collection.id}/objects/",
            key,
            headers={"Content-Type": TAXII},
            body=json.dumps({"objects": objects}).encode(),
        )


def sources(*names: str) -> tuple[Source, ...]:
    """Give real sources by their ids: what they list is known to the service."""
    known = {one.id: one for one in source.load()}
    return tuple(known[name] for name in names)


@pytest.fixture
def world(service: Service) -> World:
    """Ingestion into the service under test."""
    return World(
        feeds=sources("urlhaus", "feodo", "openphish"),  # type: ignore[arg-type]
        clock=service.clock,
        dynamo=service.dynamo,
        name=service.container.settings.objects_table,
    )


@pytest.fixture
def service() -> Iterator[Service]:
    clock = FakeClock()
    dynamo = FakeDynamo(seconds=clock.seconds)
    client = client_of(dynamo)
    plans = FakePlans()
    world = Outside(clock, client, client, FakeSecrets(), plans)
    built = containers.build(Settings.from_env({}), world)
    containers.install(built)
    with ChaliceClient(app) as chalice:
        yield Service(chalice, built, dynamo, clock, plans)
    built.recorder.close()
    containers.uninstall()
