"""One server with the demo data, as `make run` has it, and the keys of the pages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.pages import CLIENTS, HOST, LOCAL, Page
from tests.support.live import CommandLine, LiveServer, Ready


@dataclass(frozen=True)
class Site:
    """Where the server is, and the first key that each page makes."""

    ready: Ready
    keys: dict[str, str]
    folder: Path

    def key(self, page: Page) -> str:
        """Give the key that a page uses; the demo's where it makes none."""
        return self.keys.get(page.name) or self.ready.keys["read"]  # type: ignore[return-value]

    def filled(self, page: Page, text: str) -> str:
        """Put URL and key of this server where a page has its own."""
        for name in (HOST, LOCAL):
            text = text.replace(name, self.ready.base_url)
        return text.replace("twk_…", self.key(page))

    def run(
        self, page: Page, *command: str, cwd: Path, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as the page's reader does: with the two variables."""
        loopback = "127.0.0.1,localhost"
        environment = os.environ | {
            "API": self.ready.base_url,
            "KEY": self.key(page),
            "NO_PROXY": loopback,
            "no_proxy": loopback,
        }
        return subprocess.run(
            command,
            cwd=cwd,
            env=environment | more,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("clients")
    server = LiveServer(folder, "--demo")
    try:
        ready = server.start()
        yield Site(ready, _keys(CommandLine(ready.dynamodb_endpoint)), folder)
    finally:
        server.stop()


@pytest.fixture
def script(site: Site, tmp_path: Path) -> Callable[..., str]:
    """Give what runs a Python block of a page, and returns what it prints."""

    def run(page: Page, number: int = 0, *arguments: str, **more: str) -> str:
        path = tmp_path / f"block{number}.py"
        path.write_text(page.blocks("python")[number], encoding="utf-8")
        done = site.run(
            page, sys.executable, str(path), *arguments, cwd=tmp_path, **more
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def _keys(line: CommandLine) -> dict[str, str]:
    """Run what the pages tell to run, and keep the first key of each."""
    commands = [(page.name, words) for page in CLIENTS for words in page.taxiway()]
    answers = line.run_all([words for _, words in commands])
    keys: dict[str, str] = {}
    for (name, _), answer in zip(commands, answers, strict=True):
        if "key" in answer:
            keys.setdefault(name, answer["key"])
    return keys
