from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.core.iocs.ioc import IocType, RawArticle
from chalicelib.ingest import warninglists
from chalicelib.ingest.news import names, severity
from chalicelib.ingest.news.articles import read_article, summary_of
from chalicelib.ingest.news.severity import Facts
from chalicelib.ingest.source import Source

LISTS = warninglists.load(allow=("192.0.2.0/24", "example"))
SOURCE = Source(
    id="some-news",
    name="Some news",
    url="https://www.news.example/feed",
    format="news",
    every=60,
    category="",
    reliability=60,
    licence="CC0-1.0",
    attribution="Some news",
    redistribute=True,
    tags=("news",),
)
RAW = RawArticle(
    url="https://www.news.example/2026/apt28",
    title="APT28 drops <b>X-Agent</b> &amp; more",
    html=(
        "<h1>APT28 drops X-Agent</h1>"
        "<p>The group, known as Fancy Bear, used CVE-2023-23397 (CVSS score of 9.8). "
        "It ran T1059.001. We found no more.</p>"
        "<p>See <a href='https://www.news.example/other'>our other story</a>.</p>"
        "<h2>Indicators of compromise</h2><ul><li>evil[.]example</li>"
        "<li>8.8.8[.]8</li><li>www.virustotal.com</li><li>blog.news.example</li>"
        "<li>https://github.com/someone/tool</li><li>bad[.]virustotal[.]com</li>"
        "<li>192.0.2.1</li></ul>"
    ),
    place="entry 1",
    guid="apt28",
    published=1_790_000_000_000_000,
    categories=("Espionage", "news"),
)


def test_an_article_is_read():
    got = read_article(RAW, SOURCE, LISTS)
    assert got.title == "APT28 drops X-Agent & more"
    assert got.cves == ("CVE-2023-23397",)
    assert got.techniques == ("T1059.001",)
    assert got.actors == ("APT28",)
    assert got.tags == ("news", "espionage")
    assert got.source == "some-news"
    assert got.published == RAW.published
    assert (got.severity, got.label) == (9.8, "critical")
    assert got.category == "threat-intelligence"
    assert got.summary.startswith("APT28 drops X-Agent The group, known as Fancy Bear")


def test_its_iocs_are_those_that_are_meant():
    got = read_article(RAW, SOURCE, LISTS)
    assert [(one.type, one.value) for one in got.iocs] == [
        (IocType.DOMAIN, "evil.example"),
        (IocType.DOMAIN, "bad.virustotal.com"),
        (IocType.IPV4, "192.0.2.1"),
    ]
    said = got.iocs[0].said
    assert said.first_seen == RAW.published
    assert said.references == (RAW.url,)
    assert said.context == got.title


def test_the_one_family_of_an_article_is_that_of_its_iocs():
    one = replace(RAW, title="Emotet", html="<p>Emotet calls evil[.]example</p>")
    two = replace(one, html="<p>Emotet and TrickBot call evil[.]example</p>")
    assert read_article(one, SOURCE, LISTS).iocs[0].said.malware == "Emotet"
    assert read_article(two, SOURCE, LISTS).iocs[0].said.malware is None


def test_the_industries_of_an_article_are_in_its_title_tags_or_often_in_its_text():
    assert read_article(RAW, SOURCE, LISTS).industries == ()
    for changes in (
        {"title": "APT28 drops X-Agent in hospitals"},
        {"categories": ("Healthcare",)},
        {"html": "<p>A hospital, a clinic and then another hospital was hit.</p>"},
    ):
        got = read_article(replace(RAW, **changes), SOURCE, LISTS)
        assert got.industries == ("healthcare",)


def test_the_same_entry_is_the_same_article():
    again = replace(RAW, title="Changed", html="")
    assert read_article(again, SOURCE, LISTS).id == read_article(RAW, SOURCE, LISTS).id
    other = replace(RAW, guid=None)
    assert read_article(other, SOURCE, LISTS).id != read_article(RAW, SOURCE, LISTS).id


def test_an_empty_article_is_read():
    got = read_article(RawArticle("", "", "", "entry 1"), SOURCE, LISTS)
    assert (got.title, got.iocs, got.label, got.category) == ("", (), "none", "news")


def test_a_summary_is_whole_sentences():
    text = "# Title\n" + "A sentence of words. " * 60
    assert summary_of(text).endswith("words.")
    assert 400 < len(summary_of(text)) <= 500
    assert len(summary_of("word " * 999)) <= 500


@pytest.mark.parametrize(
    ("text", "actors", "malware"),
    [
        ("by Lazarus Group and LAZARUS GROUP", ("Lazarus Group",), ()),
        ("by the lazarus group", (), ()),
        ("Fancy Bear's COBALT STRIKE", ("APT28",), ("Cobalt Strike",)),
        ("LockBit 3.0 was used", (), ("LockBit 3.0",)),
        ("njRAT and certutil and cmd and Empire", (), ("njRAT",)),
        ("He will play at home and ping them. Page 5, Net, Play", (), ()),
        ("Volt Typhoon, again", ("Volt Typhoon",), ()),
        ("", (), ()),
    ],
)
def test_names_are_found_as_attack_writes_them(text: str, actors, malware):
    got = names.find(text)
    assert (got.actors, got.malware) == (actors, malware)


def test_techniques_are_found_by_their_names():
    assert names.find("by OS Credential Dumping").techniques == ("T1003",)
    assert names.find("by os credential dumping, Phishing").techniques == ()


@pytest.mark.parametrize(
    ("facts", "rate"),
    [
        (Facts("Nothing", ""), 0.0),
        (Facts("x", "It has a CVSS v3.1 base score of 7.5 and CVSS 9.1"), 9.1),
        (Facts("x", "CVSS: 10.0"), 10.0),
        (Facts("x", "version 9.8"), 0.0),
        (Facts("x", "", cves=1), 2.0),
        (Facts("x", "exploited in the wild", cves=1), 5.0),
        (Facts("x", "", iocs=30, actors=1, malware=1), 6.5),
        (Facts("Critical zero-day flaw, ransomware", "", 30, 1, 1, 5, 1, 1), 10.0),
    ],
)
def test_severity_follows_its_rules(facts: Facts, rate: float):
    assert severity.severity_of(facts) == rate


@pytest.mark.parametrize(
    ("rate", "label"),
    [
        (0, "none"),
        (0.1, "low"),
        (4, "medium"),
        (6.9, "medium"),
        (7, "high"),
        (9, "critical"),
    ],
)
def test_a_severity_has_the_name_that_cvss_gives(rate: float, label: str):
    assert severity.label_of(rate) == label


@pytest.mark.parametrize(
    ("facts", "category"),
    [
        (Facts("New ransomware hits hospitals", ""), "ransomware"),
        (Facts("x", "ransom ransom ransom"), "ransomware"),
        (Facts("x", "ransom ransom ransom " + "word " * 999), "news"),
        (Facts("Data breach at a bank", ""), "data-breaches"),
        (Facts("Critical flaw in a VPN", "", cves=1), "vulnerabilities"),
        (Facts("A new stealer", ""), "malware"),
        (Facts("x", "", actors=1), "threat-intelligence"),
        (Facts("x", "", cves=1), "vulnerabilities"),
        (Facts("Hackers were there", ""), "attacks-breaches"),
        (Facts("x", ""), "news"),
    ],
)
def test_the_category_follows_its_rules(facts: Facts, category: str):
    assert severity.category_of(facts, "news") == category
