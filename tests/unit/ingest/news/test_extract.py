from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.core.iocs.ioc import IocType
from chalicelib.ingest.news import extract, page_text
from chalicelib.ingest.news.extract import Found

ARTICLES = Path(__file__).resolve().parents[5] / "shared/data/articles"
MD5 = "d41d8cd98f00b204e9800998ecf8427f"
SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd8070a"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def values(text: str) -> list[str]:
    return [one.value for one in extract.find(text)]


def test_what_is_defanged_counts_wherever_it_stands():
    text = (
        "It calls hxxps[:]//evil[.]example/a?b=1, then 192.0.2[.]1:8080 (by way of\n"
        "c2[.]evil[.]example) and writes to a[@]evil[.]example."
    )
    assert extract.find(text) == (
        Found(IocType.URL, "https://evil.example/a?b=1", defanged=True),
        Found(IocType.IPV4, "192.0.2.1", defanged=True),
        Found(IocType.DOMAIN, "c2.evil.example", defanged=True),
        Found(IocType.EMAIL, "a@evil.example", defanged=True),
    )


def test_a_host_with_a_path_is_a_url():
    text = "from evil[.]example/gate.php and 192.0.2[.]1/x and evil[.]example:80:/y"
    assert values(text) == [
        "http://evil.example/gate.php",
        "http://192.0.2.1/x",
        "http://evil.example/y",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Read more at https://news.example/story or on www.news.example today.",
        "It opens setup.example in the ASP.NET process of System.Web.",
        "Fixed in 16.0.1.1, 15.1.2.1 and 14.1.4; see chapter 1.2.3.4 of it.",
        "Mozilla/5.0 (Windows NT 10.0) Chrome/96.0.4664.45 Safari/537.36",
        "C:\\Windows\\evil.example and /usr/lib/python3.example/x.py",
        "at 12:30:45 on 2001-02-03, std::string a::b dead::beef",
        "00:1A:2B:3C:4D:5E is its MAC, 4111111111111111 its card",
    ],
)
def test_running_text_has_none(text: str):
    assert values(text) == []


def test_hashes_count_in_running_text():
    text = f"The dropper ({MD5}, {SHA1}) loads /tmp/samples/{SHA256.upper()}.bin"
    assert values(text) == [MD5, SHA1, SHA256]


@pytest.mark.parametrize(
    "before",
    ["key: ", "iv = ", '"uuid":"', "token=", "imphash ", "commit ", "JA3: ", "rustc/"],
)
def test_a_hash_that_is_said_to_be_something_else_is_none(before: str):
    assert values(f"with {before}{MD5} inside") == []


def test_hex_that_is_longer_or_plain_digits_is_no_hash():
    text = f"a{MD5} {MD5}b 0x{SHA1} {'1' * 32} {'a' * 40} {SHA256}{MD5}"
    assert values(text) == []


@pytest.mark.parametrize(
    "heading",
    [
        "## Indicators of Compromise",
        "== C&C servers",
        "INDICATORS:",
        "### IoCs",
        "C2:",
        "Indicators of compromise",
        "Indicateurs de compromission",
        "IoCs",
    ],
)
def test_a_section_of_iocs_has_plain_ones(heading: str):
    text = f"# A report\nIt is on www.news.example.\n{heading}\nevil.example\nmore"
    assert values(text) == ["evil.example"]


def test_a_section_ends_with_the_next_heading():
    text = (
        "## IOCs\nevil.example\n### Payloads\nbad.example\n## Conclusion\ngood.example"
    )
    assert values(text) == ["evil.example", "bad.example"]


def test_sentences_in_a_section_of_iocs_are_read_as_text():
    words = "see the long list that we have put for all of you to take from "
    assert values(f"## IOCs\n{words} www.news.example\nevil.example") == [
        "evil.example"
    ]


def test_three_in_a_row_are_a_list_and_two_are_none():
    two = "Text.\n- a.example\n- b.example\nMore text that is about other things."
    three = "Text.\n- a.example\n\n- b.example\n- 192.0.2.1\nMore text about it."
    assert values(two) == []
    assert values(three) == ["a.example", "b.example", "192.0.2.1"]


def test_cells_of_a_table_are_a_list():
    rows = "".join(f"\nused by the loader\t{n}.example\tsince May" for n in "abc")
    assert values(f"Text.{rows}\nMore.") == ["a.example", "b.example", "c.example"]


def test_a_list_of_sources_is_none():
    urls = "\n".join(f"- https://{n}.example/report" for n in "abcd")
    assert values(f"A text of some words here.\nREFERENCES:\n{urls}") == []


def test_a_text_that_is_nothing_but_values_is_a_list():
    assert values("192.0.2.1\nevil.example") == ["192.0.2.1", "evil.example"]


def test_files_in_a_list_are_no_hosts():
    names = ("setup.py", "a.zip", "run.sh", "README.md", "lib.so", "x-1.2.zip", "A.COM")
    assert values("\n".join(names)) == []


def test_a_plain_address_counts_where_the_line_says_so():
    assert values("It talked to the C2 server at 192.0.2.1 for long.") == ["192.0.2.1"]
    assert values('b\'{"host":"evil.example","port":80}\'') == ["evil.example"]


def test_the_links_of_a_page_are_not_its_iocs():
    page = "".join(
        f'<li><a href="https://{n}.example/">https://{n}.example/</a></li>'
        for n in "abc"
    )
    assert values(page_text.to_text(f"<p>News.</p><ul>{page}</ul>")) == []


def test_a_defanged_link_is_one_and_its_target_makes_it_whole():
    page = (
        '<p>See <a href="https://evil.example/long/path">hxxps://evil[.]example/lo…</a>'
        ' and <a href="http://other.example/">bad[.]example</a>.</p>'
    )
    assert values(page_text.to_text(page)) == [
        "https://evil.example/long/path",
        "bad.example",
    ]


def test_markup_behind_urls_is_not_theirs():
    text = (
        "## IOCs\n++http://a.example/x++\nhttp://b.example/y[here]\n`http://c.example/`"
    )
    assert values(text) == [
        "http://a.example/x",
        "http://b.example/y",
        "http://c.example/",
    ]


def test_cves_are_found_and_written_one_way():
    text = "cve-2021-44228, CVE\u20112024\u20111234 CVE 2023-1 CVE-1990-1234 XCVE-2022-1111"
    assert extract.find_cves(text) == ("CVE-2021-44228", "CVE-2024-1234")


@pytest.mark.parametrize(
    "text",
    [
        "a." * 200_000,
        "[" * 100_000,
        "<" * 100_000,
        "1." * 100_000,
        "a:" * 100_000,
        "hxxp" * 50_000,
        "a@" * 100_000,
        "f" * 500_000,
        "[.]" * 50_000,
        ("evil[.]example " * 30_000),
        "\n".join(["-"] * 200_000),
    ],
    ids=lambda text: text[:6],
)
def test_text_made_to_hurt_is_read_to_its_end(text: str):
    assert len(extract.find(page_text.to_text(text))) <= extract.MOST


@pytest.mark.slow
@pytest.mark.skipif(
    not ARTICLES.is_dir(), reason="the articles are not beside the repository"
)
def test_it_finds_more_and_errs_less_than_its_peers():
    from bench import extraction

    if not extraction.is_possible():
        pytest.skip("ioc-finder or iocextract is not installed")
    for publishers_only in (False, True):
        measured = extraction.measure_extraction(publishers_only=publishers_only)
        scores = {(one.tool, one.kind): one for one in measured}
        shipped, _, *peers = dict.fromkeys(one.tool for one in measured)
        ours = scores[shipped, "all"]
        assert ours.precision is not None
        assert ours.recall is not None
        assert min(ours.precision, ours.recall) > 0.98
        for one in measured:
            if one.tool in peers:
                mine = scores[shipped, one.kind]
                if mine.true:
                    assert (mine.precision or 0) >= (one.precision or 0), one
                    assert (mine.recall or 0) >= (one.recall or 0), one
        theirs = [scores[peer, "all"] for peer in peers]
        assert all(ours.precision > (one.precision or 0) for one in theirs)
        if not publishers_only:  # there ioc-finder finds all, too
            assert all(ours.recall > (one.recall or 0) for one in theirs)
