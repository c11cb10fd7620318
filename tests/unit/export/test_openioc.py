"""OpenIOC, read back by ioc-writer, PyMISP and lxml, and judged by Mandiant's schema."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ioc_writer.ioc_api import IOC
from ioc_writer.managers.upgrade_10 import UpgradeManager
from lxml import etree
from pymisp.tools.openioc import load_openioc

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists.row import Row
from chalicelib.export import openioc
from chalicelib.export.about import About
from tests.doubles.clock import START
from tests.factories import make_row
from tests.publishing import ALPHA, BETA, value_of

PAGE = Path(__file__).parents[3] / "docs/formats/openioc.md"
SCHEMA = Path(__file__).parents[2] / "samples/schemas/openioc/openioc-1.1-ioc.xsd"
OLD = About(
    made_at=START,
    base_url="https://taxiway.example/api?a=1&b=<2>",
    options={"version": "1.0"},
    origins={
        "alpha": replace(ALPHA, attribution="Alpha & <Co>"),
        "beta": replace(BETA, attribution=None),
    },
)
NEW = replace(OLD, options={"version": "1.1"})
SEARCHES = {
    IocType.IPV4: "PortItem/remoteIP",
    IocType.IPV6: "PortItem/remoteIP",
    IocType.DOMAIN: "Network/DNS",
    IocType.URL: "Network/URI",
    IocType.EMAIL: "Email/From",
    IocType.MD5: "FileItem/Md5sum",
    IocType.SHA1: "FileItem/Sha1sum",
    IocType.SHA256: "FileItem/Sha256sum",
    IocType.SHA512: "FileItem/Sha512sum",
}
MISP_TYPES = {
    IocType.IPV4: "ip-dst",
    IocType.IPV6: "ip-dst",
    IocType.DOMAIN: "domain",
    IocType.URL: "uri",
    IocType.EMAIL: "email-dst",
    IocType.MD5: "md5",
    IocType.SHA1: "sha1",
    IocType.SHA256: "sha256",
    IocType.SHA512: "other",
}
ROWS = [make_row(value_of(kind, 7), kind) for kind in SEARCHES]
HOSTILE = "http://a.example/]]><x a='1' b=\"2\">&amp;&#13;<!-- \\ %0a -->"


def parse(rows: list[Row], about: About) -> Any:
    """Parse a document, names without their namespace."""
    root = etree.fromstring(openioc.render(rows, about).encode())
    for node in root.iter():
        node.tag = etree.QName(node).localname
    return root


def items_of(root: Any) -> list[tuple[str, str]]:
    return [
        (item.find("Context").get("search"), item.findtext("Content"))
        for item in root.iter("IndicatorItem")
    ]


@pytest.mark.parametrize("about", [OLD, NEW], ids=["1.0", "1.1"])
def test_each_type_is_searched_for_in_its_place(about: About):
    root = parse(ROWS, about)
    assert items_of(root) == [(SEARCHES[row.type], row.value) for row in ROWS]
    assert {item.get("condition") for item in root.iter("IndicatorItem")} == {"is"}


def test_1_0_is_as_documented():
    root = parse([make_row("bad.example", IocType.DOMAIN)], replace(OLD, options={}))
    assert root.tag == "ioc"
    assert [node.tag for node in root] == ["metadata", "criteria"]
    (indicator,) = root.find("criteria")
    assert (indicator.tag, indicator.get("operator")) == ("Indicator", "OR")
    (item,) = indicator
    assert (item.tag, item.get("condition")) == ("IndicatorItem", "is")
    context, content, comment = item
    assert dict(context.attrib) == {
        "document": "Network",
        "search": "Network/DNS",
        "type": "mir",
    }
    assert (content.tag, content.get("type")) == ("Content", "string")
    assert content.text == "bad.example"
    assert comment.tag == "Comment"


@pytest.mark.filterwarnings("ignore::bs4.XMLParsedAsHTMLWarning")
@pytest.mark.parametrize("about", [OLD, NEW], ids=["1.0", "1.1"])
def test_pymisp_imports_it(about: About):
    rows = [*ROWS, make_row(HOSTILE, IocType.URL)]
    event = load_openioc(openioc.render(rows, about))
    assert event.info == "Taxiway: 10 indicators"
    # The description and the author come first, as comments.
    assert [(one.type, one.value) for one in event.attributes[2:]] == [
        (MISP_TYPES[row.type], row.value) for row in rows
    ]


def test_ioc_writer_upgrades_1_0_to_1_1(tmp_path: Path):
    rows = [*ROWS, make_row(HOSTILE, IocType.URL)]
    # Mandiant's own 1.0 calls the criteria a definition: docs/formats/openioc.md.
    text = openioc.render(rows, OLD).replace("criteria>", "definition>")
    (tmp_path / "a.ioc").write_text(text)
    manager = UpgradeManager()
    assert manager.insert(str(tmp_path / "a.ioc")) == []
    assert manager.convert_to_11() == []
    (upgraded,) = manager.iocs_11.values()
    assert items_of(upgraded.root) == [(SEARCHES[row.type], row.value) for row in rows]
    assert upgraded.metadata.findtext("authored_date") == "2025-11-21T16:00:00"


@pytest.mark.parametrize(
    "rows", [[], ROWS, [make_row(HOSTILE, IocType.URL)]], ids=["none", "all", "hostile"]
)
def test_1_1_is_valid(rows: list[Row]):
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    schema.assertValid(etree.fromstring(openioc.render(rows, NEW).encode()))


def test_ioc_writer_reads_1_1():
    rows = [*ROWS, make_row(HOSTILE, IocType.URL)]
    document = IOC(fn=openioc.render(rows, NEW).encode())
    assert items_of(document.root) == [(SEARCHES[row.type], row.value) for row in rows]
    types = [one.get("type") for one in document.root.iter("Content")]
    assert types[:3] == ["IP", "IP", "string"]
    assert types[5:9] == ["md5", "sha1", "sha256", "sha512"]
    comments = {one.get("ref-id"): one.findtext("value") for one in document.parameters}
    assert set(comments) == {row.id for row in rows}


@pytest.mark.parametrize("about", [OLD, NEW], ids=["1.0", "1.1"])
def test_who_made_it_when_and_from_what(about: About):
    row = make_row(sources=("beta", "alpha", "gone"), malware=("b & c", "a"))
    metadata = parse([row], about).find("metadata")
    assert metadata.findtext("short_description") == "Taxiway: 1 indicator"
    assert metadata.findtext("authored_by") == "Taxiway"
    assert metadata.findtext("authored_date") == "2025-11-21T16:00:00Z"
    assert metadata.findtext("keywords") == "a, b & c"
    links = [
        (one.get("rel"), one.text or f"{one.get('title')}: {one.get('href')}")
        for one in metadata.find("links")
    ]
    assert links == [
        ("generator", "Taxiway: https://taxiway.example/api?a=1&b=<2>"),
        ("source", f"Alpha & <Co>: {ALPHA.url}"),
        ("source", f"{BETA.name}: {BETA.url}"),
    ]


def test_a_comment_tells_how_sure_it_is():
    row = make_row(context="a <b>\nc", tlp="amber+strict", confidence="low", score=20)
    (comment,) = parse([row], OLD).iter("Comment")
    assert comment.text == (
        "confidence low (20); source URLhaus, recent URLs; TLP:AMBER+STRICT; a <b> c"
    )
    assert parse([row], NEW).findtext("parameters/param/value") == comment.text


@pytest.mark.parametrize("about", [OLD, NEW], ids=["1.0", "1.1"])
def test_the_same_rows_give_the_same_ids(about: About):
    assert openioc.render(ROWS, about) == openioc.render(ROWS, about)
    root, other = parse(ROWS, about), parse(ROWS[1:], about)
    changed = parse([replace(ROWS[0], modified=START + 1), *ROWS[1:]], about)
    assert len({root.get("id"), other.get("id"), changed.get("id")}) == 3
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    assert [one.get("id") for one in root.iter("IndicatorItem")] == [
        row.id for row in ROWS
    ]


def test_what_cannot_be_searched_for_is_skipped_and_counted():
    lost = [
        make_row("CVE-2024-3094", IocType.CVE),
        make_row("T1059", IocType.TECHNIQUE),
        make_row("http://a.example/\x00", IocType.URL),
        make_row("http://a.example/\uffff", IocType.URL),
        make_row("http://a.example/\r", IocType.URL),
    ]
    assert openioc.skipped([*ROWS, *lost], NEW) == 5
    assert openioc.render([*ROWS, *lost], NEW) == openioc.render(ROWS, NEW)


def test_networks_are_written_as_they_are():
    rows = [
        make_row("198.51.100.0/24", IocType.IPV4),
        make_row("2001:db8::/32", IocType.IPV6),
    ]
    assert [value for _, value in items_of(parse(rows, OLD))] == [
        "198.51.100.0/24",
        "2001:db8::/32",
    ]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_the_page_about_it_shows_what_is_written(version: str):
    about = About(made_at=START, options={"version": version})
    row = make_row("bad.example", IocType.DOMAIN)
    assert f"\n{openioc.render([row], about)}" in PAGE.read_text()


def test_what_xml_has_no_form_for_becomes_a_blank():
    row = make_row(context="a\x00b\x1fc\ufffed\ue000e\U0001f600", malware=("\x0b",))
    (comment,) = parse([row], OLD).iter("Comment")
    assert comment.text.endswith("; a b c d\ue000e\U0001f600")
