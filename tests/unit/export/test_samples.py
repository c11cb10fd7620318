"""Samples of the pages of formats are what is written, to the letter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from chalicelib.core.assess import hunting
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists.row import Row
from chalicelib.export import EXPORTERS
from chalicelib.export.about import About
from tests.factories import START, make_row

FORMATS = Path(__file__).parents[3] / "docs/formats"

ADDRESSES = (
    make_row("198.51.100.7", IocType.IPV4, techniques=("T1071",)),
    make_row("2001:db8::7", IocType.IPV6),
    make_row("203.0.113.0/24", IocType.IPV4),
)
HOSTS = (make_row("evil.example", IocType.DOMAIN), *ADDRESSES[:2])


@pytest.mark.parametrize(
    ("page", "exporter", "options", "rows", "lines"),
    [
        ("sigma", "sigma", {"grouping": "logsource"}, ADDRESSES, None),
        ("blocklists", "blocklist", {"format": "rpz"}, HOSTS, None),
        ("blocklists", "blocklist", {"format": "suricata"}, HOSTS[:1], 1),
        ("blocklists", "blocklist", {"format": "guardduty"}, ADDRESSES, None),
    ],
)
def test_the_sample_of_a_page_is_what_is_written(
    page: str,
    exporter: str,
    options: dict[str, str],
    rows: Sequence[Row],
    lines: int | None,
):
    text = EXPORTERS[exporter].render(rows, About(made_at=START, options=options))
    shown = "\n".join(text.splitlines()[:lines])
    assert f"\n{shown}\n```" in (FORMATS / f"{page}.md").read_text()


def test_the_queries_of_the_page_are_those_of_a_lookup():
    page = (FORMATS / "hunting.md").read_text()
    queries = hunting.queries(IocType.DOMAIN, "evil.example")
    for query in (queries.splunk_query, queries.kql_query, queries.esql_query):
        assert f"```\n{query}\n```" in page
