"""One line for each request to the local server; never a key."""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path
from urllib.parse import parse_qsl

_SHOWN = frozenset({"added_after", "limit", "next"})
_KEY = re.compile(r"(twk_[A-Za-z0-9]{8})[A-Za-z0-9]+", re.IGNORECASE)
_LONGEST_LOG = 20 * 1024 * 1024

log = logging.getLogger("taxiway.access")


def write_to(path: Path) -> None:
    """Send the lines, and what goes wrong in the server, to a file."""
    if path.exists() and path.stat().st_size > _LONGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    handler = logging.FileHandler(path, encoding="utf-8")
    formatter = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    log.handlers[:] = [handler]
    log.propagate = False
    log.setLevel(logging.INFO)


def shown(target: str) -> str:
    """Return a request's target with only those values that cannot be a key.

    Of a key in any other place, such as the path, only the start is left.
    """
    path, mark, query = target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    told = "&".join(
        f"{name}={value if _is_shown(name) else '…'}" for name, value in pairs
    )
    line = _KEY.sub(r"\1…", path + mark + told)
    return line.encode("unicode_escape").decode("ascii")


def _is_shown(name: str) -> bool:
    return name in _SHOWN or name.startswith("match[")
