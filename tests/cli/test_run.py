from __future__ import annotations

import fcntl
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from taxiway.demo import DEMO
from tests.cli.conftest import bare, in_a_process, taxiway
from tests.support.live import ROOT

SECONDS = 60.0
HOW_MANY = {"tweetfeed": 6259, "attack-ics": 1826, "inbox": 0}
READ = {"all", "network", "hashes", "urls-domains", "cves", "articles"}
"""Collections that the demo's feeds are published into."""


def eventually(holds, what):
    """Wait until something is so; fail when it takes too long."""
    deadline = time.monotonic() + SECONDS
    while not (found := holds()):
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)
    return found


class Run:
    """`taxiway run` as a process, in a folder of its own."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.state = folder / "state"
        self.ready_file = folder / "ready.json"
        self.ready_file.unlink(missing_ok=True)
        self._output = folder / "output"
        command = [sys.executable, "-m", "taxiway", "run", "--port", "0"]
        command += ["--state", str(self.state), "--ready-file", str(self.ready_file)]
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, *flags],
                cwd=ROOT,
                env=bare(dict(os.environ)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def ready(self) -> dict:
        def told():
            assert self.process.poll() is None, self.output
            return self.ready_file.exists() and json.loads(self.ready_file.read_text())

        return eventually(told, "ready")

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(SECONDS)

    def is_over(self) -> bool:
        """Tell whether the run and its database have both let go of the lock."""
        lock = self.state / "lock"
        if not lock.exists():
            return self.process.poll() is not None
        with lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True


@contextmanager
def running(folder: Path, *flags: str):
    run = Run(folder, *flags)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()
        eventually(run.is_over, "the database has ended")


def entries(ready):
    flags = ("--json", "--endpoint-url", ready["dynamodb_endpoint"])
    listed = taxiway("collections", "list", *flags).json
    return {each["alias"]: each["entries"] for each in listed}


def get(url, key):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        path = f"{parts.path}?{parts.query}"
        connection.request("GET", path, headers={"X-API-Key": key, "Accept": "*/*"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def looked_up(output, key):
    """Follow the lookup that was printed."""
    (url,) = re.findall(r"'(http\S+/v1/lookup\S+)'", output)
    return json.loads(get(url, key)[1])["data"]


def add_to_inbox(ready, value):
    parts = urlsplit(f"{ready['api_root']}collections/inbox/objects/")
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    note = {"type": "domain-name", "spec_version": "2.1", "value": value}
    note["id"] = "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"
    try:
        connection.request(
            "POST",
            parts.path,
            body=json.dumps({"objects": [note]}),
            headers={
                "Authorization": f"Bearer {ready['keys']['write']}",
                "Accept": "application/taxii+json;version=2.1",
                "Content-Type": "application/taxii+json;version=2.1",
            },
        )
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def children_of(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


@pytest.mark.slow
def test_second_start_finds_everything_as_it_was_left(tmp_path):
    with running(tmp_path) as run:
        first = run.ready()
        there = entries(first)
        assert there.items() >= HOW_MANY.items()
        assert there.keys() == HOW_MANY.keys() | READ
        assert min(there[name] for name in READ) > 0
        assert "Read TweetFeed" in run.output
        assert add_to_inbox(first, "example.com") == 202
        for line in run.output.splitlines():
            assert line == line.rstrip()
        assert run.output.count("curl ") == 4
        assert looked_up(run.output, first["keys"]["read"])["found"]
        for told in (first["discovery"], first["api_root"], *first["keys"].values()):
            assert told in run.output
        assert run.end() == 0
        assert not run.ready_file.exists()
        assert run.is_over()
    with running(tmp_path) as run:
        second = run.ready()
        assert second["keys"] == first["keys"]
        assert entries(second) == {**there, "inbox": 1}
        assert "Loading" not in run.output
        assert "Read TweetFeed" not in run.output
        url = f"{second['api_root']}collections/tweetfeed/objects/?limit=1"
        assert get(url, first["keys"]["read"])[0] == 200
        assert run.end(signal.SIGINT) == 0


@pytest.mark.slow
def test_interrupted_first_start_is_resumed(tmp_path):
    with running(tmp_path) as run:
        eventually((run.state / "demo.json").exists, "one collection is loaded")
        run.process.kill()
        run.process.wait()
        eventually(run.is_over, "the database has saved")
    with running(tmp_path) as run:
        assert entries(run.ready()).items() >= HOW_MANY.items()
        assert "Read TweetFeed" in run.output
        assert run.end() == 0


def test_killed_run_loses_nothing_and_leaves_no_database_behind(tmp_path):
    with running(tmp_path, "--no-demo") as run:
        ready = run.ready()
        at = ("--json", "--endpoint-url", ready["dynamodb_endpoint"])
        taxiway("collections", "create", "--title", "Kept", "--alias", "kept", *at)
        run.end(signal.SIGKILL)
        eventually(run.is_over, "the database has ended")
    with running(tmp_path, "--no-demo") as run:
        again = run.ready()
        assert entries(again) == {"kept": 0}
        assert again["keys"] == ready["keys"]
        assert run.end() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_database_that_dies_ends_the_run(tmp_path):
    with running(tmp_path, "--no-demo") as run:
        ready = run.ready()
        (database,) = children_of(run.process.pid)
        os.kill(database, signal.SIGKILL)
        assert run.process.wait(SECONDS) == 1
        assert "the embedded DynamoDB ended" in run.output
        assert not run.ready_file.exists()
    with running(tmp_path, "--no-demo") as run:
        assert run.ready()["keys"] == ready["keys"]


def test_stop_while_starting_leaves_nothing_behind(tmp_path):
    with running(tmp_path, "--no-demo") as run:
        eventually((run.state / "lock").exists, "it has begun")
        assert run.end() == 0
        eventually(run.is_over, "the database has ended")
        assert not run.ready_file.exists()
        assert "Traceback" not in run.output


def test_state_and_port_that_are_in_use(tmp_path):
    with running(tmp_path, "--no-demo", "--json") as run:
        ready = run.ready()
        assert (
            eventually(lambda: run.output, "it says so") == run.ready_file.read_text()
        )
        said = in_a_process("run", "--port", "0", "--state", str(run.state))
        assert said.code == 1
        assert f"in use by process {run.process.pid}" in said.err
        assert run.ready_file.exists()

        port = str(urlsplit(ready["base_url"]).port)
        flags = ("--port", port, "--state", str(tmp_path / "other"))
        said = in_a_process("run", *flags)
        assert said.code == 1
        assert f"cannot serve at 127.0.0.1:{port}" in said.err
        assert said.err.count("\n") == 1


def test_damaged_state_is_neither_used_nor_overwritten(tmp_path):
    folder = tmp_path / "state" / "dynamodb"
    folder.mkdir(parents=True)
    saved = folder / "dynamodb.json"
    saved.write_text('{"tables": ')
    said = in_a_process("run", "--port", "0", "--state", str(tmp_path / "state"))
    assert said.code == 1
    assert "move it away" in said.err
    assert saved.read_text() == '{"tables": '


def test_secrets_are_readable_by_their_owner_only(tmp_path):
    with running(tmp_path, "--no-demo") as run:
        run.ready()
        for file in (run.ready_file, run.state / "keys.json", run.state / "ready.json"):
            assert file.stat().st_mode & 0o077 == 0


def test_doctor_looks_at_the_run_of_the_state_directory(tmp_path):
    with running(tmp_path, "--no-demo") as run:
        ready = run.ready()
        said = taxiway("doctor", "--state", str(run.state), "--json")
        assert said.code == 0, said.out
        assert any(ready["api_root"] in finding["what"] for finding in said.json)


def test_no_key_reaches_a_file_of_the_state_directory_but_the_two_for_keys(tmp_path):
    with running(tmp_path, "--no-demo") as run:
        ready = run.ready()
        key = ready["keys"]["read"]
        for name in ("api_key", "api%5Fkey", "apikey"):
            get(f"{ready['api_root']}collections/?{name}={key}", "nothing")
        assert run.end() == 0
        for file in run.state.rglob("*"):
            if file.is_file() and file.name not in {"keys.json", "ready.json"}:
                assert key not in file.read_text(), file


def test_address_of_every_interface_is_told_as_one_to_use(tmp_path):
    with running(tmp_path, "--no-demo", "--host", "0.0.0.0") as run:
        ready = run.ready()
        assert ready["base_url"].startswith("http://127.0.0.1:")
        assert get(ready["discovery"], "none")[0] == 200


def test_demo_collections_have_fixed_ids_and_names_that_clients_can_take():
    assert [demo.alias for demo in DEMO] == list(HOW_MANY)
    for demo in DEMO:
        assert demo.id[14] == "4"
        assert not set(demo.title) & {".", ","}
    files = (ROOT / "taxiway" / "demo_data").glob("*.gz")
    assert sum(file.stat().st_size for file in files) < 1_000_000


def test_port_is_told_apart_from_a_wrong_address(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = in_a_process("run", "--port", port, "--state", str(tmp_path))
    assert said.code == 1
    assert "--port" in said.err
