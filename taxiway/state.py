"""The directory that `taxiway run` keeps: who uses it, its keys, its ready file."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from taxiway.stopping import Stopping
from taxiway.trouble import Trouble

_WAIT_FOR_A_DYING_RUN = 60.0


class StateDirectory:
    """Paths inside the state directory, and the lock on it."""

    def __init__(self, root: Path) -> None:
        """Make the directory when it is not there."""
        self.root = root.resolve()
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Trouble(f"cannot use {root}: {error.strerror}") from error
        self.database = self.root / "dynamodb"
        self.database_log = self.root / "dynamodb.log"
        self.log = self.root / "taxiway.log"
        self.keys = self.root / "keys.json"
        self.demo = self.root / "demo.json"
        self.ready = self.root / "ready.json"

    @contextmanager
    def locked(self, stopping: Stopping) -> Iterator[int]:
        """Hold the directory; yield the lock's descriptor for the child to hold too."""
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._lock(descriptor, stopping)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield descriptor
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int, stopping: Stopping) -> None:
        deadline = time.monotonic() + _WAIT_FOR_A_DYING_RUN
        while not _try_lock(descriptor):
            holder = os.pread(descriptor, 32, 0).decode().strip()
            if _is_running(holder) or time.monotonic() > deadline:
                raise Trouble(
                    f"{self.root} is in use by process {holder or '(unknown)'}; "
                    "stop it, or choose another directory with --state"
                )
            stopping.check()
            time.sleep(0.05)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_running(process: str) -> bool:
    """Tell whether that run lives; if not, its database still saves."""
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write the file whole or not at all, readable by its owner only."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def read_json(path: Path) -> dict[str, Any]:
    """Return what the file holds; nothing when it is absent or damaged."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
