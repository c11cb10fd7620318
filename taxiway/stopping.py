"""End on SIGTERM, Ctrl-C and a closed terminal, at points that are safe.

A handler that raises is no way: the exception is lost when it comes up in a callback of
the garbage collector. A handler that waits dead-locks. So a signal is only noted; the
main thread asks between its steps, and sleeps on a pipe that the signal writes to.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked the process to end."""


class Stopping:
    """Whether the process was asked to end."""

    def __init__(self) -> None:
        """Make the pipe that wakes the main thread."""
        self._asked = False
        self.bell, self._rope = os.pipe()
        os.set_blocking(self._rope, False)

    def note(self, *_: object) -> None:
        """Handle a signal; more of them change nothing."""
        self._asked = True

    def check(self) -> None:
        """Raise Stopped when the process was asked to end."""
        if self._asked:
            raise Stopped

    def ring(self) -> None:
        """Wake the main thread for another reason than a signal."""
        os.write(self._rope, b"\0")

    def wait(self) -> None:
        """Sleep until the bell rings. Raises Stopped when it was a signal."""
        while not self._asked and os.read(self.bell, 1) != b"\0":
            pass
        self.check()

    @contextmanager
    def handling(self) -> Iterator[None]:
        """Take the signals while the body runs."""
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        bell_before = signal.set_wakeup_fd(self._rope, warn_on_full_buffer=False)
        for number, handler in before.items():
            # Whoever started us with `nohup` wants no end with the terminal.
            if not (number == signal.SIGHUP and handler is signal.SIG_IGN):
                signal.signal(number, self.note)
        try:
            yield
        finally:
            signal.set_wakeup_fd(bell_before)
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def stoppable() -> Iterator[Stopping]:
    """Give the body a Stopping to ask; end it quietly when it was stopped."""
    stopping = Stopping()
    with stopping.handling(), suppress(Stopped):
        yield stopping
