"""Invariants 1 and 7 where a transaction is seen item by item."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.concurrency.scenario import LONGEST, Scenario


@settings(
    max_examples=settings().max_examples * 3 // 5,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32))
def test_no_poller_ever_passes_an_entry_that_it_does_not_see(seed: int) -> None:
    Scenario(random.Random(seed)).run(LONGEST)
