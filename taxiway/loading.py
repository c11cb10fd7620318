"""Read a file of STIX objects as a stream, and add what it holds."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from chalicelib.container import Container
    from chalicelib.core.collection import Collection
    from chalicelib.core.log.stix_text import StixText
    from chalicelib.services.adding import Outcome

STDIN = "-"
_GZIP = b"\x1f\x8b"
_KEPT_FAILURES = 1000
_STEP = 100


@dataclass(slots=True)
class Loaded:
    """What became of one file's objects, so far."""

    file: str
    added: int = 0
    present: int = 0
    failed: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    bytes_read: int = 0

    @property
    def is_whole(self) -> bool:
        """Tell whether every object of the file is in the collection."""
        return not self.failed and self.error is None

    @property
    def is_begun(self) -> bool:
        """Tell whether anything of the file is in the collection."""
        return self.added + self.present > 0

    def told(self) -> dict[str, Any]:
        """Return it for JSON; of very many failures only the first."""
        return asdict(self) | {"failures_left_out": self.failed - len(self.failures)}


def load_file(
    container: Container,
    collection: Collection,
    name: str,
    *,
    on_step: Callable[[Loaded], None],
    on_failure: Callable[[dict[str, Any]], None],
) -> Loaded:
    """Load one file as far as it can be read; what was added stays added."""
    result = Loaded(name)
    texts = _readable_part(name, result)
    for index, outcome in enumerate(container.adding.add(collection, texts)):
        failure = _count(result, index, outcome)
        if failure:
            on_failure(failure)
        if index % _STEP == 0:
            on_step(result)
    return result


def _readable_part(name: str, result: Loaded) -> Iterator[StixText]:
    """Yield objects until the file ends or cannot be read; note why it cannot."""
    from chalicelib.core.log.stix_text import objects_in
    from chalicelib.errors import InvalidRequest

    try:
        with _opened(name) as raw, _as_text(raw) as text:
            for one in objects_in(text.read):
                result.bytes_read = raw.count
                yield one
            result.bytes_read = raw.count
    except InvalidRequest as error:
        result.error = error.message
    except (OSError, EOFError, zlib.error) as error:
        result.error = getattr(error, "strerror", None) or str(error)
    except UnicodeDecodeError as error:
        result.error = f"it is not UTF-8: {error.reason}"


def _count(result: Loaded, index: int, outcome: Outcome) -> dict[str, Any] | None:
    if outcome.state == "added":
        result.added += 1
        return None
    if outcome.state == "present":
        result.present += 1
        return None
    failure = {"index": index, "id": outcome.id, "message": outcome.message}
    result.failed += 1
    if len(result.failures) < _KEPT_FAILURES:
        result.failures.append(failure)
    return failure


class _Counted(io.RawIOBase):
    """Counts what is read of a stream, so that a bar can follow."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        piece = self._source.read(len(view))
        view[: len(piece)] = piece
        self.count += len(piece)
        return len(piece)


@contextmanager
def _opened(name: str) -> Iterator[_Counted]:
    if name == STDIN:
        yield _Counted(sys.stdin.buffer)
        return
    with Path(name).open("rb") as file:
        yield _Counted(file)


@contextmanager
def _as_text(raw: _Counted) -> Iterator[IO[str]]:
    """Decode a stream, unpacked when its first bytes say that it is packed."""
    buffered = io.BufferedReader(raw)
    packed = buffered.peek(2)[:2] == _GZIP
    source: Any = gzip.GzipFile(fileobj=buffered) if packed else buffered
    with io.TextIOWrapper(source, encoding="utf-8") as text:
        yield text
