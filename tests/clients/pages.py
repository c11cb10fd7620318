"""What stands on a page of the documents: its blocks, its commands, its URLs."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/clients"
LOCAL = "http://127.0.0.1:8000/api"
HOST = "https://HOST/api"

_BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_URL = re.compile(r"https://HOST(/api[^\s`\"'|)<>}]*)")
_TAXIWAY = ".venv/bin/python -m taxiway "
_AT_THE_FIREWALL = "192.0.2.10"


@dataclass(frozen=True)
class Command:
    """A command of a console, and what the page says that it prints."""

    line: str
    printed: str


@dataclass(frozen=True)
class Page:
    """A document."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def blocks(self, kind: str) -> list[str]:
        """Give the blocks of a kind, such as `python`."""
        return [body for found, body in _BLOCK.findall(self.text) if found == kind]

    def consoles(self) -> list[list[Command]]:
        """Give the commands of each console."""
        return [_commands(block) for block in self.blocks("console")]

    def taxiway(self) -> list[list[str]]:
        """Give the commands of ours that make keys and collections."""
        return [
            shlex.split(
                line.removeprefix(_TAXIWAY).replace(_AT_THE_FIREWALL, "127.0.0.1")
            )
            for block in self.blocks("sh")
            for line in block.splitlines()
            if line.startswith(_TAXIWAY) and " create " in line
        ]

    def addresses(self) -> list[str]:
        """Give the paths of all URLs of ours, from `/api` on."""
        found = {match[1].rstrip(",.;:") for match in _URL.finditer(self.text)}
        return sorted(one for one in found if "…" not in one.replace("twk_…", ""))


CLIENTS = [Page(path) for path in sorted(FOLDER.glob("*.md"))]
PRODUCTS = [page for page in CLIENTS if page.path.stem != "README"]
RUN = [*CLIENTS, Page(ROOT / "README.md"), Page(ROOT / "docs/api/iocs.md")]


def page(stem: str) -> Page:
    """Give the page of a product."""
    return Page(FOLDER / f"{stem}.md")


def _commands(block: str) -> list[Command]:
    """Read a console: `$ ` begins a command, all else is what it prints."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert not parts[0], "a console begins with a command"
    commands = []
    for part in parts[1:]:
        line, _, printed = re.sub(r" *\\\n *", " ", part).partition("\n")
        commands.append(Command(line, printed))
    return commands
