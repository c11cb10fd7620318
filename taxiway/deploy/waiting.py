"""Ask again where AWS needs a moment to know what it was told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from taxiway.deploy.aws import error_code

_LONGEST = 8.0
T = TypeVar("T")


def patiently(
    call: Callable[[], T],
    codes: frozenset[str],
    *,
    attempts: int = 10,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Call again, after 1, 2, 4, 8, 8, ... seconds, while one of the codes comes."""
    pause = 1.0
    for _ in range(attempts - 1):
        try:
            return call()
        except ClientError as error:
            if error_code(error) not in codes:
                raise
        sleep(pause)
        pause = min(pause * 2, _LONGEST)
    return call()
