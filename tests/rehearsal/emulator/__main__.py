"""Run ministack as the AWS of the rehearsal: `python tests/rehearsal/emulator FD`.

It serves on the listening socket FD, and ends on SIGTERM or when standard input
closes, so that it never outlives the tests. `GATEWAY_PORT` is the port of FD, and
`REHEARSAL_RUNTIME` the Python that functions run with. Everything lives in memory.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

# Not PYTHONPATH: the functions would inherit it, and import what is not in their zip.
sys.path[0] = str(Path(__file__).parents[3])


async def _serve(descriptor: int) -> None:
    import ministack.app
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from taxiway.emulator_child import _stop_event

    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.loglevel = "WARNING"
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1.0
    await serve(ministack.app.app, config, shutdown_trigger=_stop_event().wait)


def main() -> None:
    """Mend ministack, then serve."""
    from tests.rehearsal.emulator.mending import mend

    mend()
    asyncio.run(_serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
