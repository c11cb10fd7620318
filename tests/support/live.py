"""A Taxiway server of our own, in its own process, for tests that speak HTTP to it.

Here live starting, stopping and the command line beside it. No HTTP and no STIX.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0
STOP_SECONDS = 60.0
COMMAND_SECONDS = 120.0


@dataclass(frozen=True)
class Ready:
    """What the server writes into its ready file."""

    base_url: str
    discovery: str
    api_root: str
    dynamodb_endpoint: str
    keys: dict[str, str | None] = field(default_factory=dict)


class ServerDied(Exception):
    """The server ended, or never got ready; carries what it printed."""


class LiveServer:
    """`python -m taxiway run` on a free port of the loopback interface."""

    def __init__(self, folder: Path, *flags: str) -> None:
        """Keep state, ready file and output under `folder`."""
        self.state = folder / "state"
        self._flags = flags or ("--no-demo",)
        self._ready_file = folder / "ready.json"
        self._output_file = folder / "output.txt"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Ready:
        """Start the process and wait until it says that it serves."""
        self._ready_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "taxiway", "run"]
        command += ["--host", "127.0.0.1", "--port", "0", *self._flags]
        command += ["--state", str(self.state)]
        command += ["--ready-file", str(self._ready_file)]
        with self._output_file.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            return self._wait_until_ready(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the process with SIGTERM, as an operator would; fail if it lingers."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            message = f"no end within {STOP_SECONDS} s of SIGTERM\n{self.output()}"
            raise ServerDied(message) from None

    def output(self) -> str:
        """Return all that the server has printed."""
        return self._output_file.read_text(errors="replace")

    def kept(self) -> Iterator[str]:
        """Yield the text of every file in the state directory, logs among them."""
        for file in sorted(self.state.rglob("*")):
            if file.is_file():
                yield file.read_text(errors="replace")

    def __enter__(self) -> Ready:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> Ready:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            ready = self._read_ready_file()
            if ready is not None:
                return ready
            try:
                code = process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
            raise ServerDied(f"ended with code {code}\n{self.output()}")
        raise ServerDied(f"not ready within {START_SECONDS} s\n{self.output()}")

    def _read_ready_file(self) -> Ready | None:
        try:
            found = json.loads(self._ready_file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        known = {name: found[name] for name in Ready.__dataclass_fields__}
        return Ready(**known)


@dataclass(frozen=True)
class CommandLine:
    """The `taxiway` commands, told where the server's DynamoDB is."""

    endpoint: str

    def run(self, *words: str) -> dict[str, Any]:
        """Run one command and return what it printed as JSON."""
        command = [sys.executable, "-m", "taxiway", *self._told(words)]
        answer: dict[str, Any] = json.loads(_output_of(command))
        return answer

    def run_all(self, commands: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
        """Run many commands in one process, which saves starting Python for each."""
        lines = json.dumps([self._told(words) for words in commands])
        output = _output_of([sys.executable, "-c", _ONE_BY_ONE], lines)
        return [json.loads(json.loads(line)) for line in output.splitlines()]

    def _told(self, words: Sequence[str]) -> list[str]:
        return [*words, "--json", "--endpoint-url", self.endpoint]


_ONE_BY_ONE = """
import contextlib, io, json, runpy, sys

for words in json.load(sys.stdin):
    sys.argv = ["taxiway", *words]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            runpy.run_module("taxiway", run_name="__main__")
        except SystemExit as end:
            if end.code:
                raise
    print(json.dumps(printed.getvalue()))
"""


def _output_of(command: list[str], said: str = "") -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=_environment(),
        input=said,
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_SECONDS,
    )
    if done.returncode:
        raise AssertionError(f"{command} {said}\n{done.stdout}{done.stderr}")
    return done.stdout


def _environment() -> dict[str, str]:
    """Return our environment, less what would send loopback through a proxy."""
    loopback = "127.0.0.1,localhost"
    plain = {"NO_PROXY": loopback, "no_proxy": loopback, "NO_COLOR": "1"}
    return {**os.environ, **plain}
