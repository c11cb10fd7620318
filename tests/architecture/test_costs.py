"""What docs/operations/cost.md says of the IOC API is what bench/results.md measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COSTS = (ROOT / "docs/operations/cost.md").read_text()
RESULTS = (ROOT / "bench/results.md").read_text()
SIZES = ("1,000 IOCs", "10,000 IOCs", "100,000 IOCs")

BASE = 6.25
"""Dollars of a million requests with a key, without what the answer itself costs."""


def rows(text: str, heading: str) -> dict[str, list[str]]:
    """Give the rows of the first table below a heading, by their first cells."""
    below = text.split(f"{heading}\n", 1)[1]
    table = below[below.index("\n|") :].strip().split("\n\n", 1)[0]
    cells = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    return {row[0].strip(): [cell.strip(" *") for cell in row[1:]] for row in cells}


def number(text: str) -> float:
    return float(text.replace(",", "").replace("$", ""))


ANSWERS = rows(COSTS, "## Answers of the IOC API")


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_units_of_an_answer_are_those_that_were_measured(answer: str):
    measured = rows(RESULTS, "### 100,000 IOCs")[answer]
    # Where a page begins in a segment depends on the run.
    assert number(ANSWERS[answer][0]) == pytest.approx(
        number(measured[2]), rel=0.1, abs=3
    )


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_price_of_an_answer_is_what_the_formula_gives(answer: str):
    units, cpu, dollars = map(number, ANSWERS[answer])
    seconds = 0.015 + cpu / 1_000 / 0.58
    priced = BASE + seconds * 13.3334 + units * 0.125
    assert dollars == pytest.approx(priced, abs=0.011)


def test_a_new_ioc_costs_what_was_measured():
    (told,) = re.findall(r"\| a new IOC \| ([\d.]+) write units", COSTS)
    measured = rows(RESULTS, "### feeds")["IOCs that are new"]
    assert number(told) == pytest.approx(number(measured[4]), abs=0.1)


@pytest.mark.parametrize("size", SIZES)
def test_each_endpoint_was_measured_at_each_size(size: str):
    there = rows(RESULTS, f"### {size}")
    for name in (
        "page of 100, newest first, ",
        "page of 1,000, newest first, ",
        "page of 1,000, oldest first, ",
        "csv of 1,000",
        "txt of 1,000",
        "ndjson of 1,000",
        "304",
        "STIX bundle of 1,000",
        "MISP event of 1,000",
        "CEF of 1,000",
        "syslog of 1,000",
        "OpenIOC 1.0 of 1,000",
        "OpenIOC 1.1 of 1,000",
        "Sigma by logsource of 1,000",
        "Sigma by IOC of 1,000",
        "block list ",
        "lookup, known",
        "lookup, not known",
        "POST of 1,000 lookups",
        "search, exact",
        "search, prefix",
        "search, fuzzy",
        "statistics",
        "articles, ",
        "one article",
        "feeds",
        "openapi.json",
        "MISP manifest",
    ):
        assert any(row.startswith(name) for row in there), name
