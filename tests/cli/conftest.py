"""A local server for the commands, and a way to run them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from taxiway.__main__ import main
from tests.support.live import ROOT, LiveServer, Ready

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed for machines."""
        return json.loads(self.out)


def taxiway(*words: str, stdin: bytes = b"", **environment: str) -> Said:
    """Run a command in this process, without any AWS configuration around."""
    out, err = io.StringIO(), io.StringIO()
    before = dict(os.environ)
    streams = sys.stdin, sys.argv
    try:
        os.environ.clear()
        os.environ.update(bare(before) | environment)
        sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
        sys.argv = ["taxiway", *words]
        with redirect_stdout(out), redirect_stderr(err):
            code = _ended()
    finally:
        sys.stdin, sys.argv = streams
        os.environ.clear()
        os.environ.update(before)
    return Said(code, out.getvalue(), err.getvalue())


def in_a_process(*words: str, **environment: str) -> Said:
    """Run a command as a stranger does."""
    done = subprocess.run(
        [sys.executable, "-m", "taxiway", *words],
        cwd=ROOT,
        env=bare(dict(os.environ)) | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def bare(environment: dict[str, str]) -> dict[str, str]:
    """Leave out what would lead boto3 to anything but the flags."""
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(("AWS_", "TAXIWAY_"))
    }
    return kept | {"NO_COLOR": "1", "AWS_EC2_METADATA_DISABLED": "true"}


def _ended() -> int:
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    """Give a running server without demo data."""
    with LiveServer(tmp_path_factory.mktemp("cli"), "--no-demo") as ready:
        yield ready


@pytest.fixture
def at(ready: Ready) -> tuple[str, str]:
    """Give the flags that lead a command to that server."""
    return ("--endpoint-url", ready.dynamodb_endpoint)
