from __future__ import annotations

import pytest

from chalicelib.ingest.news.page_text import LINK, LINKED, LONGEST, to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("no tags &amp; so on", "no tags & so on"),
        ("a < b and b > c", "a < b and b > c"),
        ("<p>a</p><p>b<br>c</p>", "a\nb\nc"),
        ("<h2>IOCs</h2><ul><li>a<li>b</ul>", "## IOCs\n- a\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>", "\ta\tb\n\tc"),
        ("<pre>a\n  b</pre><p>a\n  b</p>", "a\nb\na b"),
        ("evil<span>[.]</span>ex<wbr>ample", "evil[.]example"),
        ("a<script>b<c></script>d<style>e</style>f", "adf"),
        ("<nav><ul><li>a</li></ul></nav>b<footer>c</footer>", "b"),
        ("<svg><nav>a</svg>b", "b"),
        ("<script/><p>a</p>", "a"),
        ("<b>a&nbsp;b&#8203;c", "a b\u200bc"),
        ("<p>a<nav><p>b", "a\nb"),
        ("<form><p>a</form>", "a"),
        ('x <a href="/y">z</a>', f"x {LINK}z{LINKED}"),
        ("x <a>z", f"x {LINK}z{LINKED}"),
        ('<a href="/y"> </a><b>a', "a"),
        ('<a href="http://a.example/b">hxxp://a[.]example</a>', "hxxp://a[.]example"),
        (f"<b>{LINK}a</b>", "a"),
    ],
)
def test_a_page_is_read_as_a_reader_sees_it(html: str, text: str):
    assert to_text(html) == text


@pytest.mark.parametrize(
    "html",
    [
        "<p",
        "</p></nav><p>a",
        "<a><a><a>",
        "<![CDATA[x",
        "<!--",
        "<script>",
        "&#xD800;<b>",
    ],
)
def test_broken_pages_are_read(html: str):
    assert "<a" not in to_text(html)


def test_no_page_is_read_without_end():
    assert len(to_text("<p>" + "a" * (2 * LONGEST))) <= LONGEST
