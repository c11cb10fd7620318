"""An emulator of our own that keeps nothing, and boto3 pointed at it."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from taxiway.target import prepare_environment

STAGE = "bench"
_HOST = "127.0.0.1"
_ROOT = Path(__file__).parent.parent
_NOT_OURS = ("AWS_", "TAXIWAY_")
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


@contextmanager
def running(folder: Path) -> Iterator[None]:
    """Run ministack in a process of its own; it ends with this one."""
    listener = socket.create_server((_HOST, 0), backlog=128)
    with listener, (folder / "dynamodb.log").open("wb") as log:
        port = listener.getsockname()[1]
        descriptor = str(listener.fileno())
        process = subprocess.Popen(
            [sys.executable, "-m", "taxiway.emulator_child", descriptor],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(folder, port),
            pass_fds=(listener.fileno(),),
            start_new_session=True,
        )
    try:
        _wait_until_ready(port)
        for name in [name for name in os.environ if name.startswith(_NOT_OURS)]:
            del os.environ[name]
        prepare_environment(f"http://{_HOST}:{port}", STAGE)
        yield
    finally:
        _stop(process)


def _wait_until_ready(port: int) -> None:
    # The socket listens already; the answer comes when everything is imported.
    connection = http.client.HTTPConnection(_HOST, port, timeout=_START_SECONDS)
    with closing(connection):
        connection.request("GET", "/_ministack/health")
        connection.getresponse().read()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _environment(folder: Path, port: int) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    return kept | {
        "PYTHONPATH": str(_ROOT),
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "0",
        "STATE_DIR": str(folder / "unused"),
        "SERVICES": "dynamodb",
        "LOG_LEVEL": "WARNING",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",
    }
