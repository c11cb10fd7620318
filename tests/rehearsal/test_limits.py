"""Nobody takes more than its tier: the plan in front, the exact counter behind."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.support.deployment import TAXII

if TYPE_CHECKING:
    from tests.rehearsal.support.deployment import Deployment, Key
    from tests.rehearsal.support.http import Answer

pytestmark = pytest.mark.rehearsal

AT_ONCE = 200
A_MINUTE = 10


def by_the_handler(answer: Answer) -> bool:
    return "x-request-id" in answer.headers


def check_429(answer: Answer, window: str) -> None:
    assert answer.status == 429
    assert answer.headers["content-type"] == TAXII
    assert answer.headers["access-control-allow-origin"] == "*"
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert int(answer.headers["x-ratelimit-limit"]) > 0
    assert int(answer.headers["x-ratelimit-reset"]) > 1_700_000_000
    assert {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"} <= set(
        answer.headers
    )
    assert answer.json["error"]["code"] == "rate_limit_exceeded"
    assert answer.json["error"]["details"]["window"] == window


def all_at_once(deployed: Deployment, key: Key) -> list[Answer]:
    gate = threading.Barrier(AT_ONCE)

    def one(_: int) -> Answer:
        gate.wait()
        return deployed.collections(key)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_of_200_requests_at_once_with_a_free_key_exactly_10_are_answered(
    deployed: Deployment,
):
    for _ in range(3):
        answers = all_at_once(deployed, deployed.new_key("free"))
        # A minute that ends meanwhile begins a second allowance: then again.
        if len({one.headers["x-ratelimit-reset"] for one in answers}) == 1:
            break
    else:
        pytest.fail("no run fitted into one minute")
    assert Counter(one.status for one in answers) == {200: 10, 429: AT_ONCE - 10}
    refused = [one for one in answers if one.status == 429]
    # Most never reach the handler: the plan's burst is two minutes' allowance,
    # and what refills it meanwhile.
    assert 0 < sum(map(by_the_handler, refused)) < 3 * A_MINUTE
    for one in refused:
        check_429(one, "minute")


def test_the_counter_refuses_the_eleventh(deployed: Deployment):
    for _ in range(3):
        key = deployed.new_key("free")
        answers = [deployed.collections(key) for _ in range(A_MINUTE + 1)]
        if len({one.headers["x-ratelimit-reset"] for one in answers}) == 1:
            break
    left = [int(one.headers["x-ratelimit-remaining"]) for one in answers]
    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert by_the_handler(answers[-1])
    check_429(answers[-1], "minute")
    assert int(answers[-1].headers["retry-after"]) <= 60


def test_errors_carry_what_is_left_too(deployed: Deployment):
    key = deployed.new_key("free")
    answer = deployed.ask(
        f"/taxii2/api/collections/{deployed.collection}/objects/", **key.bearer
    )
    assert (answer.status, answer.json["error"]["code"]) == (403, "tier_required")
    # TAXII objects count two and a half.
    assert answer.headers["x-ratelimit-remaining"] == "7"


def test_a_system_of_the_operator_has_no_limits(deployed: Deployment):
    key = deployed.new_key("internal")
    answers = [deployed.collections(key) for _ in range(30)]
    assert {one.status for one in answers} == {200}
    assert "x-ratelimit-limit" not in answers[0].headers
