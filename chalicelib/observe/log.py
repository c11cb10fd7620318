"""One line in the log for each request, and one for each fault.

No query string is logged and no header: either may hold an API key.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from aws_lambda_powertools import Logger

from chalicelib.errors import AppError

logger = Logger(service="taxiway")


class Described(Protocol):
    """What of a request is logged."""

    @property
    def id(self) -> str:
        """Its name in error answers."""

    @property
    def method(self) -> str:
        """GET and so on."""

    @property
    def route(self) -> str:
        """The route with its placeholders."""


class Record:
    """What becomes of a request."""

    def __init__(self, request: Described) -> None:
        """Begin to count the time."""
        self._fields: dict[str, object] = {
            "request_id": request.id,
            "method": request.method,
            "route": request.route,
        }
        self._began = time.perf_counter()

    def caller(self, key_id: str) -> None:
        """Keep whose request it is, by the id of the key."""
        self._fields["key_id"] = key_id

    def note(self, error: AppError) -> None:
        """Keep which error it was."""
        self._fields["error"] = error.code

    def finish(self, status: int) -> None:
        """Keep the status."""
        self._fields["status"] = status

    def write(self) -> None:
        """Write the line."""
        took = round((time.perf_counter() - self._began) * 1000, 1)
        logger.info("request", extra={**self._fields, "milliseconds": took})


@contextmanager
def request(described: Described) -> Iterator[Record]:
    """Log a request once it is over."""
    record = Record(described)
    try:
        yield record
    finally:
        record.write()


def fault(request_id: str, error: Exception) -> None:
    """Log a fault of ours with its stack."""
    logger.error("fault", exc_info=error, extra={"request_id": request_id})
