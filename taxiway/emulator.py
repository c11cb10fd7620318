"""Start and stop the embedded DynamoDB that `taxiway run` owns."""

from __future__ import annotations

import http.client
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from taxiway.emulator_child import SAVE_PATH
from taxiway.state import StateDirectory
from taxiway.stopping import Stopping
from taxiway.trouble import Trouble

HOST = "127.0.0.1"
_START_TIMEOUT = 120.0
_STOP_TIMEOUT = 300.0
_INHERITED = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR")


class Emulator:
    """A running ministack: where it listens, and how to end it."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        """Keep the process and its port."""
        self._process = process
        self._port = port
        self._log = log
        self.endpoint = f"http://{HOST}:{port}"

    def wait_until_ready(self, stopping: Stopping) -> None:
        """Ask once: the socket listens already, and answers when all is loaded."""
        connection = self._connection()
        with closing(connection):
            connection.request("GET", "/_ministack/health")
            select.select([connection.sock, stopping.bell], [], [], _START_TIMEOUT)
            stopping.check()
            try:
                connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                raise self._trouble("did not start") from error

    def save(self) -> None:
        """Have the tables written to disk now."""
        connection = self._connection()
        with closing(connection):
            connection.request("POST", SAVE_PATH)
            connection.getresponse()

    def wait(self, stopping: Stopping) -> None:
        """Wait until the process is stopped; that the database ends is a failure."""

        def watch() -> None:
            self._process.wait()
            stopping.ring()

        threading.Thread(target=watch, daemon=True).start()
        stopping.wait()
        raise self._trouble("ended")

    def stop(self) -> None:
        """End the process and wait until it has saved its tables."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise Trouble("the embedded DynamoDB did not save in time") from None

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(HOST, self._port, timeout=_START_TIMEOUT)

    def _trouble(self, what: str) -> Trouble:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        said = lines[-1] if lines else "it said nothing"
        return Trouble(f"the embedded DynamoDB {what}: {said} (see {self._log})")


@contextmanager
def running_emulator(
    state: StateDirectory, lock: int, stopping: Stopping
) -> Iterator[Emulator]:
    """Run an emulator on a free port; it holds the lock for as long as it lives."""
    listener = socket.create_server((HOST, 0), backlog=128)
    with listener, state.database_log.open("wb") as log:
        port = listener.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "taxiway.emulator_child", str(listener.fileno())],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(state.database, port),
            pass_fds=(listener.fileno(), lock),
            start_new_session=True,
        )
    emulator = Emulator(process, port, state.database_log)
    try:
        emulator.wait_until_ready(stopping)
        yield emulator
    finally:
        emulator.stop()


def _environment(folder: Path, port: int) -> dict[str, str]:
    """Return a small environment: nothing the caller has set may steer ministack."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return inherited | {
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder),
        "SERVICES": "dynamodb,ssm",
        "LOG_LEVEL": "WARNING",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",
    }
