"""What stretches of a log some segments cover."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chalicelib.store.dynamo.items.codec import Segment


def ranges(batch: Sequence[Segment]) -> Iterator[tuple[int, int]]:
    """Join those of neighbours; segments in order, ranges without their beginning."""
    start = end = None
    for one in batch:
        if end is None or start is None:
            start = one.previous
        elif one.previous > end:
            yield start, end
            start = one.previous
        # One that was merged since may lie inside of the next.
        start, end = min(start, one.previous), one.last
    if start is not None and end is not None:
        yield start, end
