"""CSV, JSON lines and plain text."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.iocs.ioc import IocType, Mention
from chalicelib.core.lists.row import Row, from_json, to_document
from chalicelib.export import EXPORTERS
from chalicelib.export.about import About
from tests.doubles.clock import START
from tests.factories import make_row
from tests.publishing import value_of

EVERY_TYPE = [make_row(value_of(kind, 7), kind) for kind in IocType]
ABOUT = About(made_at=START)


def rendered(name: str, rows: list[Row]) -> str:
    return EXPORTERS[name].render(rows, ABOUT)


def cells(rows: list[Row]) -> list[list[str]]:
    return list(csv.reader(StringIO(rendered("csv", rows), newline=""), strict=True))


def test_csv_has_the_documented_columns():
    story = Mention("story-1", "What happened", "https://news.example/1")
    header, line = cells([make_row(id="some-id", article=story)])
    assert header == [
        "id", "type", "value", "confidence", "first_seen", "last_seen",
        "source_article", "source_feed", "category", "tags",
    ]  # fmt: skip
    assert line == [
        "some-id", "ipv4", "198.51.100.7", "high", "2025-11-20T16:00:00.000000Z",
        "2025-11-21T16:00:00.000000Z", "https://news.example/1",
        "URLhaus, recent URLs", "malware", "botnet;mirai",
    ]  # fmt: skip


def test_the_sample_in_the_documents_is_what_is_written():
    one = make_row(id="5f1c2b6a-0000-5000-8000-000000000001")
    page = Path(__file__).resolve().parents[3] / "docs/formats/tables.md"
    assert rendered("csv", [one]).replace("\r\n", "\n") in page.read_text()


def test_csv_of_every_type_reads_back():
    _, *lines = cells(EVERY_TYPE)
    assert [line[1:3] for line in lines] == [
        [one.type, one.value] for one in EVERY_TYPE
    ]
    assert {line[6] for line in lines} == {""}


def test_csv_ends_lines_as_the_standard_says():
    text = rendered("csv", [make_row(tags=("a\nb",))])
    assert text.endswith("\r\n")
    assert text.count("\r\n") == 2


@pytest.mark.parametrize("start", "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
def test_no_cell_is_a_formula(start: str):
    bad = f"{start}cmd|' /C calc'!A1"
    said: dict[str, Any] = {"feed": bad, "category": bad, "tags": (bad, "good", bad)}
    _, line = cells([make_row(bad, **said)])
    assert [line[2], *line[7:]] == [
        f"'{bad}",
        f"'{bad}",
        f"'{bad}",
        f"'{bad};good;'{bad}",
    ]


def test_a_tag_never_becomes_two():
    _, line = cells([make_row(tags=("one;=two", 'th"ree', "a,b"))])
    assert line[-1].split(";") == ["one,=two", 'th"ree', "a,b"]


def test_json_lines_are_the_rows_of_the_list():
    text = rendered("ndjson", EVERY_TYPE)
    assert text.endswith("}\n")
    lines = text.removesuffix("\n").split("\n")
    assert [json.loads(line) for line in lines] == list(map(to_document, EVERY_TYPE))
    assert [from_json(line.encode()) for line in lines] == EVERY_TYPE


def test_plain_text_is_values_each_once_in_order():
    values = ["b.example", "a.example", "b.example", "c.example"]
    rows = [make_row(value, IocType.DOMAIN) for value in values]
    assert rendered("txt", rows) == "b.example\na.example\nc.example\n"
    assert EXPORTERS["txt"].skipped(rows, ABOUT) == 0


@pytest.mark.parametrize("value", ["a\nb", "a\r", "\u2028", "a\x0b", ""])
def test_plain_text_leaves_out_what_is_no_line(value: str):
    rows = [make_row(value), make_row("192.0.2.1")]
    assert rendered("txt", rows) == "192.0.2.1\n"
    assert EXPORTERS["txt"].skipped(rows, ABOUT) == 1


def test_of_no_rows_there_is_a_header_at_the_most():
    assert cells([]) == [list(cells([])[0])]
    assert rendered("csv", []).startswith("id,type,value")
    assert rendered("ndjson", []) == ""
    assert rendered("txt", []) == ""
