"""Whatever text an IOC has: one line each, and independent readers read it back."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

import pycef
from hypothesis import assume, example, given
from hypothesis import strategies as st
from lxml import etree
from syslog_rfc5424_parser import SyslogMessage

from chalicelib.core.iocs.ioc import IocType, Mention
from chalicelib.export import cef, openioc, syslog5424
from chalicelib.export.about import About
from chalicelib.export.one_line import flat, is_flat
from tests.factories import make_row

ABOUT = About(made_at=0, base_url="https://taxiway.example")
OPENIOC = {
    version: About(made_at=0, options={"version": version})
    for version in ("1.0", "1.1")
}
HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\\|=\"']<>&; ,#%-n\n\r\t\x00\x1b\x85\u2028\ufeff\ufffe"),
        st.characters(exclude_categories=["Cs"]),
    ),
    min_size=1,
    max_size=80,
)
PRINTABLE = HOSTILE.map(lambda text: "".join(filter(str.isprintable, text))).filter(
    bool
)
TEXTS = (
    "]]>",
    "a\\",
    "\\=",
    "\\\\n",
    "a b=c d\\=e|f",
    'x"] [y z="',
    " ",
    "&#13;",
    "<a/>",
)
ESCAPES = {"n": "\n", "r": "\r"}


def url(value: str, **said: Any) -> Any:
    return make_row(value, IocType.URL, **said)


def hostile(text: str) -> Any:
    """Make a row that has a text wherever a source may put one."""
    return url(
        text,
        feed=text,
        category=text,
        context=text,
        tags=(text, text),
        malware=(text,),
        article=Mention("1", text, "https://news.example/1"),
    )


def unescape(text: str) -> str:
    return re.sub(
        r"\\(.)",
        lambda escape: ESCAPES.get(escape[1], escape[1]),
        text,
        flags=re.DOTALL,
    )


def examples(test: Any) -> Any:
    for text in TEXTS:
        test = example(text)(test)
    return test


@examples
@given(PRINTABLE)
def test_pycef_reads_any_value_back(text: str):
    event = pycef.parse(cef.render([url(text)], ABOUT).removesuffix("\n"))
    assert event
    assert unescape(event["request"]) == text


@examples
@given(HOSTILE)
def test_pycef_reads_other_text_back_line_ends_too(text: str):
    row = make_row(feed=text, context=text)
    event = pycef.parse(cef.render([row], ABOUT).removesuffix("\n"))
    assert event
    kept = "".join(one if one in "\n\r" else flat(one) for one in text)
    assert unescape(event["source"]) == kept
    assert unescape(event["msg"]) == kept


@examples
@given(PRINTABLE)
def test_a_syslog_parser_reads_any_value_back(text: str):
    # This parser takes the quote behind a backslash that is escaped for escaped.
    assume(not text.endswith("\\"))
    line = syslog5424.render([url(text)], ABOUT).removesuffix("\n")
    element = SyslogMessage.parse(line).sd["ioc@32473"]
    assert re.sub(r"\\(.)", r"\1", element["value"]) == text


@examples
@given(HOSTILE)
def test_the_grammar_of_syslog_reads_everything_back(text: str):
    assume(is_flat(text))
    line = syslog5424.render([hostile(text)], ABOUT).removesuffix("\n")
    element = re.match(r'[^\[]+\[(\S+)((?: \w+="(?:\\["\\\]]|[^"\\\]])*")*)\] ', line)
    assert element
    assert element[1] == "ioc@32473"
    said = dict(re.findall(r' (\w+)="((?:\\.|[^"\\])*)"', element[2]))
    for name in ("value", "source", "category", "malware", "context", "article"):
        assert re.sub(r"\\(.)", r"\1", said[name]) == text


@examples
@given(HOSTILE)
def test_a_record_is_a_line_whatever_is_in_it(text: str):
    rows = [make_row(), hostile(text), make_row("198.51.100.8")]
    for room in (cef, syslog5424):
        written = room.render(rows, ABOUT)
        lines = written.split("\n")
        assert written.splitlines() == lines[:-1]
        assert len(lines) - 1 == 3 - room.skipped(rows, ABOUT)
        assert (room.skipped(rows, ABOUT) == 1) == (not is_flat(text))
        assert not any(flat(line) != line for line in lines)


@examples
@given(HOSTILE)
def test_xml_readers_read_any_value_back(text: str):
    row = hostile(text)
    for about in OPENIOC.values():
        written = openioc.render([row], about).encode()
        contents = [
            [node.text for node in root.iter() if node.tag.endswith("}Content")]
            for root in (etree.fromstring(written), ET.fromstring(written))
        ]
        wanted = [text] if is_flat(text) else []
        assert contents == [wanted, wanted]
        assert openioc.skipped([row], about) == 1 - len(wanted)
