"""The two small environments of the rehearsal, made once under `.rehearsal/`.

One has the emulator. The other is what a Lambda runtime has: Python and boto3.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / ".rehearsal"


@dataclass(frozen=True)
class Environments:
    """The Python of each."""

    emulator: Path
    runtime: Path


def environments() -> Environments:
    """Give both, made or renewed where their requirements say otherwise."""
    wanted = (ROOT / "tests/rehearsal/emulator/requirements.txt").read_text()
    boto3 = re.search(
        r"^boto3==\S+$", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE
    )
    assert boto3, "requirements-dev.txt pins boto3"
    return Environments(
        emulator=_environment("emulator", wanted),
        runtime=_environment("runtime", boto3[0]),
    )


def _environment(name: str, requirements: str) -> Path:
    folder = FOLDER / name
    python, stamp = folder / "bin/python", folder / "installed.txt"
    told = f"{sys.version}\n{requirements}"
    if stamp.exists() and stamp.read_text() == told:
        return python
    subprocess.run(
        [sys.executable, "-m", "venv", "--clear", "--without-pip", folder], check=True
    )
    listed = folder / "requirements.txt"
    listed.write_text(requirements)
    pip = (sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet")
    subprocess.run(
        [*pip, "--disable-pip-version-check", "-r", str(listed)],
        check=True,
        timeout=300,
    )
    stamp.write_text(told)
    return python
