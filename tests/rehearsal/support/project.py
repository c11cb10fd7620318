"""A copy of the project with a stage of its own, as a stranger's clone would be."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.rehearsal.support.environments import ROOT

if TYPE_CHECKING:
    from tests.rehearsal.support.aws import Aws

STAGE = "rehearsal"
_PATIENCE = 300


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

    @property
    def all(self) -> str:
        """All that a person sees."""
        return self.out + self.err


@dataclass(frozen=True)
class Project:
    """The copy, and the AWS that its commands see."""

    folder: Path
    aws: Aws

    def run(self, *words: str | Path, check: bool = True, stdin: str = "") -> Said:
        """Run a command in the copy."""
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self.aws.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
        said = Said(done.returncode, done.stdout, done.stderr)
        if check:
            assert said.code == 0, f"{words}\n{said.all}\n{self._log_tail()}"
        return said

    def make(self, target: str, *more: str, check: bool = True) -> Said:
        """Run a target of the Makefile for the stage."""
        words = ("make", "--no-print-directory", target, f"STAGE={STAGE}", *more)
        return self.run(*words, check=check)

    def taxiway(self, *words: str, check: bool = True) -> Said:
        """Run a command of ours for the stage."""
        python = self.folder / ".venv/bin/python"
        return self.run(python, "-m", "taxiway", *words, "--stage", STAGE, check=check)

    def key(self, name: str, *flags: str) -> tuple[str, str]:
        """Create a key; return its id and its secret."""
        made = self.taxiway("keys", "create", name, "--json", *flags).json
        return made["id"], made["key"]

    def _log_tail(self) -> str:
        return self.aws.log.read_text(errors="replace")[-2000:]


def copy_of_project(folder: Path, aws: Aws) -> Project:
    """Copy what git knows or would, and add the stage for this machine."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    project = Project(folder, aws)
    project.run(folder / ".venv/bin/python", "-m", "taxiway", "stage", STAGE)
    change_config(project, _for_this_machine)
    return project


def change_config(project: Project, change: Any) -> None:
    """Edit the stage's part of `.chalice/config.json`."""
    path = project.folder / ".chalice/config.json"
    config = json.loads(path.read_text())
    change(config["stages"][STAGE])
    path.write_text(json.dumps(config, indent=2))


def _for_this_machine(stage: dict[str, Any]) -> None:
    """The emulator runs the zip here: with this machine's wheels.

    No feed is read: they are on the internet, and what they list is real.
    """
    stage["environment_variables"]["TAXIWAY_FEEDS"] = "none"
    arm = platform.machine() in {"aarch64", "arm64"}
    stage["lambda_architecture"] = "arm64" if arm else "x86_64"
