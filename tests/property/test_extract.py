from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.iocs.values import normalise
from chalicelib.ingest import warninglists
from chalicelib.ingest.news import extract, names, page_text
from chalicelib.ingest.news.articles import find_iocs

PIECES = st.sampled_from(
    [
        "<p>", "</p>", "<a href='http://a.example/'>", "</a>", "<td>", "<pre>", "<script>",
        "</script>", "<nav>", "</nav>", "<h2>IOCs</h2>", "<", ">", "&amp;", "&#x", "\n", "\t",
        "evil[.]example", "hxxp://", "a.example", "192.0.2.1", "[.]", "2001:db8::1", "/", ":",
        "d41d8cd98f00b204e9800998ecf8427f", "CVE-2021-44228", "REFERENCES:", " ", "Emotet",
        "APT28", "\ue000", "\ue010", "\ue011", "|", "`", "- ", "# ", "@", "x", "\u3002",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=200))
LISTS = warninglists.load()


@given(html=TEXTS)
def test_any_page_is_read_and_what_is_found_is_canonical(html: str):
    text = page_text.to_text(html)
    for one in extract.find(text):
        assert normalise(one.kind, one.value) == one.value
    assert {*find_iocs(text, LISTS)} <= {*extract.find(text)}
    names.find(text)
    extract.find_cves(text)


@given(html=TEXTS)
def test_no_value_is_found_twice(html: str):
    found = [(one.kind, one.value) for one in extract.find(page_text.to_text(html))]
    assert len(found) == len(set(found))
