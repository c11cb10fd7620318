"""An emulator of DynamoDB as a process of its own, for the whole session."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.client import Client
from chalicelib.store.dynamo.table import Table
from tests.doubles.clock import FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.factories import TABLE

DEADLINE = 60.0


class Names:
    """What the tables are called."""

    objects_table = TABLE
    keys_table = "keys"
    counters_table = "counters"


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start ministack on a free port and give its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    folder = tmp_path_factory.mktemp("ministack")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "GATEWAY_PORT": str(port),
                "BIND_HOST": "127.0.0.1",
                "SERVICES": "dynamodb",
                "LOG_LEVEL": "WARNING",
                "DOCKER_HOST": "unix:///nonexistent",
            },
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url, folder / "log")
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def emulator(endpoint: str) -> Client:
    """Give a client of the emulator, with the tables made."""
    raw: Any = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False, max_pool_connections=20),
    )
    for definition in schema.table_definitions(Names()):
        raw.create_table(**definition)
    client = Client()
    client.__dict__["raw"] = raw
    return client


@pytest.fixture(params=["double", "emulator"])
def table(request: pytest.FixtureRequest) -> Table:
    """Give a table of one test alone: the day we looked at last is one for all."""
    name = f"objects-{uuid.uuid4().hex}"
    client = client_of(FakeDynamo())
    if request.param == "emulator":
        client = request.getfixturevalue("emulator")
        client.raw.create_table(
            **{**schema.table_definitions(Names())[0], "TableName": name}
        )
    return Table(client, name, FakeClock())


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_ministack/health", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"ministack did not start: {log.read_text(errors='replace')[-2_000:]}")
