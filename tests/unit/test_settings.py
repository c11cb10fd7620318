"""What the environment says of the process."""

from __future__ import annotations

import pytest

from chalicelib.settings import Settings


@pytest.mark.parametrize(
    ("environ", "gateway"),
    [
        ({}, False),
        ({"TAXIWAY_GATEWAY": "on"}, True),
        ({"TAXIWAY_GATEWAY": " ON "}, True),
        ({"TAXIWAY_GATEWAY": "off"}, False),
        (
            {
                "TAXIWAY_GATEWAY": "on",
                "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1",
            },
            False,
        ),
    ],
)
def test_a_local_database_has_no_gateway(environ: dict[str, str], gateway: bool):  # noqa: FBT001
    assert Settings.from_env(environ).gateway is gateway


def test_tables_are_called_by_the_stage_unless_it_is_said_otherwise():
    usual = Settings.from_env({"TAXIWAY_STAGE": "prod"})
    assert usual.counters_table == "taxiway-prod-counters"
    other = Settings.from_env({"TAXIWAY_COUNTERS_TABLE": "mine"})
    assert (other.stage, other.counters_table) == ("dev", "mine")
