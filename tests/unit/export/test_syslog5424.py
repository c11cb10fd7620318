"""Syslog messages, read back by syslog-rfc5424-parser and by the grammar of the RFC."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from syslog_rfc5424_parser import SyslogMessage

from chalicelib.core.iocs.ioc import IocType, Mention
from chalicelib.export import syslog5424
from chalicelib.export.about import About
from tests.factories import make_row
from tests.publishing import value_of

PAGE = Path(__file__).parents[3] / "docs/formats/syslog.md"
ABOUT = About(made_at=0, base_url="https://taxiway.example:8443/api")
GRAMMAR = re.compile(
    r"<134>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
    r" [!-~]{1,255} [!-~]{1,48} - [!-~]{1,32}"
    r' \[ioc@32473((?: [!-<>-\\^-~]{1,32}="(?:\\["\\\]]|[^"\\\]])*")+)\] [ -~]+'
)
PARAMETER = re.compile(r' ([^="]+)="((?:\\.|[^"\\])*)"')
EVERYTHING = {
    "malware": ("Mirai",),
    "techniques": ("T1059.001", "T1071"),
    "article": Mention("1", 'He said "[x]" \\o/', "https://news.example/1"),
    "context": "über",
}


def unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def lines_of(*rows: Any, about: About = ABOUT) -> list[str]:
    return syslog5424.render(rows, about).splitlines()


def message_of(row: Any, about: About = ABOUT) -> SyslogMessage:
    (line,) = lines_of(row, about=about)
    return SyslogMessage.parse(line)


def element_of(row: Any) -> dict[str, str]:
    """Read the structured data by the grammar of RFC 5424, section 6."""
    (line,) = lines_of(row)
    match = GRAMMAR.fullmatch(line)
    assert match, line
    return {name: unescape(value) for name, value in PARAMETER.findall(match[1])}


@pytest.mark.parametrize("kind", IocType)
def test_every_type_has_a_message(kind: IocType):
    row = make_row(value_of(kind, 7), kind)
    message = message_of(row)
    # The parser leaves escapes as they are.
    element = {name: unescape(value) for name, value in message.sd["ioc@32473"].items()}
    assert message.msgid == str(kind)
    assert element["type"] == str(kind)
    assert element["value"] == row.value
    assert element == element_of(row)


def test_the_header_says_who_and_when():
    message = message_of(make_row())
    assert (message.facility.name, message.severity.name) == ("local0", "info")
    assert message.version == 1
    assert message.timestamp == "2025-11-21T16:00:00.000000Z"
    assert message.hostname == "taxiway.example"
    assert message.appname == "taxiway"
    assert message.procid is None
    assert message.msg == "Malicious IPv4 Address 198.51.100.7"


def test_everything_that_is_known_is_said():
    element = element_of(make_row(**EVERYTHING))
    assert list(element)[:4] == ["type", "value", "confidence", "source"]
    assert element == {
        "type": "ipv4",
        "value": "198.51.100.7",
        "confidence": "high",
        "source": "URLhaus, recent URLs",
        "score": "85",
        "first_seen": "2025-11-20T16:00:00.000000Z",
        "last_seen": "2025-11-21T16:00:00.000000Z",
        "id": "ba54f8b2-16e8-528a-8ead-4874059713a9",
        "category": "malware",
        "tlp": "clear",
        "tags": "botnet,mirai",
        "malware": "Mirai",
        "techniques": "T1059.001,T1071",
        "context": "über",
        "article": 'He said "[x]" \\o/',
    }


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("", "-"),
        ("/api", "-"),
        ("http://[broken", "-"),
        ("http://127.0.0.1:8000", "127.0.0.1"),
        ("https://[2001:db8::1]/", "2001:db8::1"),
        (f"https://{'a' * 256}/", "-"),
        ("https://a b.example/", "-"),
        ("https://b\u00fccher.example/", "-"),
    ],
)
def test_the_host_is_ours_or_nil(url: str, host: str):
    (line,) = lines_of(make_row(), about=replace(ABOUT, base_url=url))
    assert line.split(" ")[2] == host
    assert GRAMMAR.fullmatch(line)


@pytest.mark.parametrize(
    ("product", "name"),
    [("My Product", "myproduct"), ("\u00fc", "-"), ("x" * 60, "x" * 48)],
)
def test_the_product_becomes_a_name(product: str, name: str):
    (line,) = lines_of(make_row(), about=replace(ABOUT, product=product))
    assert line.split(" ")[3] == name
    assert GRAMMAR.fullmatch(line)


def test_what_would_end_a_value_is_escaped():
    row = make_row('http://a.example/"]\\[=', IocType.URL)
    (line,) = lines_of(row)
    assert 'value="http://a.example/\\"\\]\\\\[="' in line
    assert element_of(row)["value"] == row.value


def test_nothing_ends_the_line():
    row = make_row(context="a\nb\r\nc\td\x1b[31me\u2028f\x85g\x00")
    assert element_of(row)["context"] == "a b  c d [31me f g "


def test_the_message_is_ascii_and_needs_no_byte_order_mark():
    row = make_row("http://b\u00fccher.example/", IocType.URL)
    (line,) = lines_of(row)
    assert "\ufeff" not in line
    assert line.endswith("] Malicious URL")
    assert element_of(row)["value"] == row.value


def test_a_value_with_a_line_end_is_skipped_and_counted():
    rows = [make_row(), make_row("a\n<134>1 - - - - - -", IocType.URL)]
    assert len(lines_of(*rows)) == 1
    assert syslog5424.skipped(rows, ABOUT) == 1


def test_the_page_about_it_shows_what_is_written():
    text = syslog5424.render([make_row()], ABOUT)
    assert f"\n{text}" in PAGE.read_text()


def test_there_is_a_line_for_each_message():
    rows = [make_row(f"198.51.100.{number}") for number in range(3)]
    text = syslog5424.render(rows, ABOUT)
    assert text.endswith("\n")
    assert [line.count("198.51.100.") for line in text.splitlines()] == [2, 2, 2]
    assert syslog5424.render([], ABOUT) == ""
