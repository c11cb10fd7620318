"""CEF, read back by pycef and held against the dictionary of format-cef."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pycef
import pytest

from chalicelib.core.iocs.ioc import IocType, Mention
from chalicelib.export import cef
from chalicelib.export.about import About
from tests.factories import make_row

with warnings.catch_warnings():
    # It opens its dictionary by a function that Python 3.11 calls old.
    warnings.simplefilter("ignore", DeprecationWarning)
    from format_cef.cef import format_cef, valid_extensions

PAGE = Path(__file__).parents[3] / "docs/formats/cef.md"
ABOUT = About(made_at=0)
VALUES = {
    IocType.IPV4: "198.51.100.7",
    IocType.IPV6: "2001:db8::1",
    IocType.DOMAIN: "bad.example",
    IocType.URL: "http://bad.example/a?b=c&d=%7C|e",
    IocType.EMAIL: "a=b+c@bad.example",
    IocType.MD5: "0123456789abcdef" * 2,
    IocType.SHA1: "01234567" * 5,
    IocType.SHA256: "0123456789abcdef" * 4,
    IocType.SHA512: "0123456789abcdef" * 8,
    IocType.CVE: "CVE-2024-3094",
    IocType.TECHNIQUE: "T1059.001",
}
KEYS = {
    IocType.IPV4: "src",
    IocType.IPV6: "Source IPv6 Address",
    IocType.DOMAIN: "destinationDnsDomain",
    IocType.URL: "request",
    IocType.EMAIL: "suser",
    IocType.CVE: "cve",
    IocType.TECHNIQUE: "mitre_attack",
}
ESCAPES = {"n": "\n", "r": "\r"}
FULL_NAMES = {one.key_name: name for name, one in valid_extensions.items()}
NOT_IN_ITS_DICTIONARY = {"c6a2", "c6a2Label"}
STORY = Mention("1", 'He said "= | \\"', "https://news.example/1")
EVERYTHING = {
    "article": STORY,
    "malware": ("Mirai", "a=b"),
    "techniques": ("T1071", "T1059.001"),
    "context": "one|two=three",
    "tlp": "amber+strict",
}


def read(text: str) -> dict[str, str]:
    """Read the one event of a text; custom keys have the names of their labels."""
    found = pycef.parse(text.removesuffix("\n"))
    assert found
    return {
        key: re.sub(r"\\(.)", lambda escape: ESCAPES.get(escape[1], escape[1]), value)
        for key, value in found.items()
    }


def event_of(
    value: str = "198.51.100.7", kind: IocType = IocType.IPV4, **said: Any
) -> dict[str, str]:
    return read(cef.render([make_row(value, kind, **said)], ABOUT))


def pairs(text: str) -> dict[str, str]:
    """Give keys and values as they stand in an event, escapes and all."""
    extension = re.split(r"(?<!\\)\|", text.removesuffix("\n"), maxsplit=7)[7]
    return dict(re.findall(r"(\w+)=((?:\\.|[^=\\])*)(?: (?=\w+=)|$)", extension))


@pytest.mark.parametrize("kind", IocType)
def test_the_value_stands_in_the_key_of_its_type(kind: IocType):
    assert event_of(VALUES[kind], kind)[KEYS.get(kind, "fileHash")] == VALUES[kind]


def test_the_header_says_who_what_and_how_bad():
    event = event_of("bad.example", IocType.DOMAIN, confidence="medium")
    assert event["CEFVersion"] == "0"
    assert event["DeviceVendor"] == "Taxiway"
    assert event["DeviceProduct"] == "Threat Intelligence"
    assert event["DeviceVersion"] == "1.0"
    assert event["DeviceEventClassID"] == "domain"
    assert event["Name"] == "Malicious Domain"


@pytest.mark.parametrize(
    ("confidence", "severity"), [("low", "3"), ("medium", "6"), ("high", "9")]
)
def test_severity_follows_confidence(confidence: str, severity: str):
    assert event_of(confidence=confidence)["Severity"] == severity


def test_everything_that_is_known_is_said():
    event = event_of(**EVERYTHING)
    assert event["confidence"] == "high"
    assert event["score"] == "85"
    assert event["source"] == "URLhaus, recent URLs"
    assert event["rt"] == "1763740800000"
    assert event["start"] == "1763654400000"
    assert event["externalId"] == "ba54f8b2-16e8-528a-8ead-4874059713a9"
    assert event["cat"] == "malware"
    assert event["tags"] == "botnet,mirai"
    assert event["malware"] == "Mirai,a=b"
    assert event["mitre_attack"] == "T1071,T1059.001"
    assert event["tlp"] == "amber+strict"
    assert event["msg"] == f'one|two=three "{STORY.title}"'


@pytest.mark.parametrize("kind", [IocType.CVE, IocType.TECHNIQUE])
def test_the_value_goes_before_techniques_in_their_key(kind: IocType):
    text = cef.render([make_row(VALUES[kind], kind, techniques=("T1071",))], ABOUT)
    assert pairs(text)["cs3"] == VALUES[kind]
    assert len(re.findall(r"\bcs3=", text)) == 1


def test_what_is_not_known_has_no_key():
    text = cef.render([make_row(tags=(), context=None)], ABOUT)
    assert {"msg", "cs3", "cs4", "cs5", "cs6", "cs6Label"} & pairs(text).keys() == set()


@pytest.mark.parametrize("kind", IocType)
def test_all_keys_are_in_the_dictionary(kind: IocType):
    keys = pairs(cef.render([make_row(VALUES[kind], kind, **EVERYTHING)], ABOUT)).keys()
    assert keys - FULL_NAMES.keys() <= NOT_IN_ITS_DICTIONARY
    custom = {key for key in keys if re.fullmatch(r"c6a\d|c[ns]\d|flexString\d", key)}
    assert {f"{key}Label" for key in custom} <= keys


@pytest.mark.parametrize("kind", [one for one in IocType if one is not IocType.IPV6])
def test_format_cef_writes_the_same(kind: IocType):
    row = make_row(
        VALUES[kind], kind, article=replace(STORY, title="a = b | c"), malware=("x=y",)
    )
    text = cef.render([row], ABOUT)
    ours = {
        key: text for key, text in pairs(text).items() if key not in {"rt", "start"}
    }
    known = {
        key: value.replace("\\=", "=").replace("\\\\", "\\")
        for key, value in ours.items()
    }
    theirs = format_cef(
        "Taxiway",
        "Threat Intelligence",
        "1.0",
        str(kind),
        text.split("|")[5],
        9,
        {
            FULL_NAMES[key]: int(value) if key == "cn1" else value
            for key, value in known.items()
        },
    )
    assert pairs(theirs.decode()) == ours
    assert theirs.decode().split("|")[:7] == text.split("|")[:7]


@pytest.mark.parametrize(
    ("value", "kind"),
    [("198.51.100.0/24", IocType.IPV4), ("2001:db8::/32", IocType.IPV6)],
)
def test_a_network_is_no_address(value: str, kind: IocType):
    event = event_of(value, kind)
    assert event[str(kind)] == value
    assert {"src", "Source IPv6 Address"} & event.keys() == set()


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("http://bad.example/".ljust(1_023, "a"), "request"),
        ("http://bad.example/".ljust(1_024, "a"), "url"),
        ("http://bad.example/".ljust(1_020, "=") + "a", "url"),
        ("http://bad.example/".ljust(2_048, "a"), "url"),
    ],
)
def test_a_long_url_is_whole_in_another_key(value: str, key: str):
    event = event_of(value, IocType.URL)
    assert event[key] == value
    assert len({"request", "url"} & event.keys()) == 1


@pytest.mark.parametrize(
    "value", ["http://bad.example/".ljust(4_001, "a"), "http://a.example/\nb"]
)
def test_a_value_that_would_not_be_the_same_is_skipped_and_counted(value: str):
    rows = [make_row(), make_row(value, IocType.URL)]
    assert cef.render(rows, ABOUT) == cef.render(rows[:1], ABOUT)
    assert cef.skipped(rows, ABOUT) == 1
    assert cef.skipped(rows[:1], ABOUT) == 0


@pytest.mark.parametrize(
    "text", ["=" * 900, "\\" * 900, "\n" * 900, "ä" * 900, "a=" * 900]
)
@pytest.mark.parametrize("before", ["", "a"])
def test_long_text_is_cut_between_escapes(text: str, before: str):
    row = make_row(context=before + text)
    written = pairs(cef.render([row], ABOUT))["msg"]
    assert 1_020 <= len(written.encode()) <= 1_023
    assert (before + text).startswith(read(cef.render([row], ABOUT))["msg"])


def test_the_header_is_escaped():
    about = replace(ABOUT, vendor="a|b\\c\r\nd", version="1|2")
    text = cef.render([make_row()], about)
    assert text.startswith("CEF:0|a\\|b\\\\c  d|Threat Intelligence|1\\|2|ipv4|")


def test_line_ends_in_text_are_escaped_and_other_controls_are_blanks():
    row = make_row(context="a\nb\r\nc\td\x1b[31me\u2028f\x85g")
    text = cef.render([row], ABOUT)
    assert pairs(text)["msg"] == "a\\nb\\r\\nc d [31me f g"
    assert len(text.splitlines()) == 1


def test_the_page_about_it_shows_what_is_written():
    rows = [
        make_row(),
        make_row("http://bad.example/a?b=c", IocType.URL, tags=(), context=None),
    ]
    assert f"\n{cef.render(rows, ABOUT)}" in PAGE.read_text()


def test_there_is_a_line_for_each_event():
    rows = [make_row(f"198.51.100.{number}") for number in range(3)]
    lines = cef.render(rows, ABOUT).split("\n")
    assert [read(line)["src"] for line in lines[:-1]] == [row.value for row in rows]
    assert lines[-1] == ""
    assert cef.render([], ABOUT) == ""
