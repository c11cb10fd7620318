"""What a client likes best of what is offered."""

from __future__ import annotations

import pytest

from chalicelib.edge.negotiate import preferred

STIX = "application/stix+json;version=2.1"
JSON = "application/json"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", STIX),
        ("*/*", STIX),
        ("application/*", STIX),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/stix+json", STIX),
        ("application/json, application/stix+json", STIX),
        ("application/json, application/stix+json;q=0.5", JSON),
        ("application/json;q=0.1, */*;q=0.9", STIX),
        ("application/json, application/stix+json;q=0", JSON),
        ("text/html", STIX),
        ("application/json;q=x", JSON),
        (";;,,", STIX),
    ],
)  # fmt: skip
def test_the_best_liked_is_chosen_and_the_first_of_equals(accept: str, chosen: str):
    assert preferred(accept, (STIX, JSON)) == chosen
