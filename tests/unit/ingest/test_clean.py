from __future__ import annotations

import pytest

from chalicelib.core.iocs.ioc import IocType, Raw, Rejected, Said, Sighting
from chalicelib.core.windows import DAY
from chalicelib.ingest import warninglists
from chalicelib.ingest.clean import clean

NOW = 1_790_000_000_000_000
LISTS = warninglists.load(allow=("192.0.2.0/24", "2001:db8::/32", "example"))


def said(**values) -> Said:
    got = clean(Raw("192.0.2.1", "line 1", said=Said(**values)), "x", LISTS, now=NOW)
    assert isinstance(got, Sighting)
    return got.said


def test_a_row_becomes_a_sighting():
    raw = Raw(
        "hxxp://Evil[.]example/x", "line 3", None, Said(tags=("Emotet", "emotet"))
    )
    expected = Said(tags=("emotet",))
    assert clean(raw, "x", LISTS) == Sighting(
        IocType.URL, "http://evil.example/x", expected
    )


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        (None, "nonsense", "a host's name without a domain"),
        (IocType.SHA256, "evil.example", "said to be sha256, but it is not"),
        (IocType.DOMAIN, "d41d8cd98f00b204e9800998ecf8427f", "but it is not"),
        (None, "8.8.8.8", "benign: public resolvers"),
        (None, "example.com", "benign: documentation"),
        (None, "10.0.0.7", "benign: private and special addresses"),
    ],
)
def test_a_row_that_is_no_use_is_rejected_with_its_place(kind, value, why):
    got = clean(Raw(value, "line 7", kind), "some-feed", LISTS)
    assert isinstance(got, Rejected)
    assert got.place == "some-feed: line 7"
    assert got.why.endswith(why)
    assert value not in got.why


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (IocType.DOMAIN, "192.0.2.9", IocType.IPV4),
        (IocType.IPV4, "2001:db8::1", IocType.IPV6),
        (IocType.IPV6, "::ffff:192.0.2.1", IocType.IPV4),
        (IocType.DOMAIN, "http://evil.example/x", IocType.URL),
        (IocType.SHA256, "d41d8cd98f00b204e9800998ecf8427f", IocType.MD5),
    ],
)
def test_a_near_relative_of_what_a_feed_says_is_taken(kind, value, expected):
    got = clean(Raw(value, "line 1", kind), "x", LISTS)
    assert isinstance(got, Sighting)
    assert got.type is expected


def test_a_port_is_kept_as_a_tag():
    got = clean(Raw("192.0.2.1:8443", "line 1", IocType.IPV4), "x", LISTS)
    assert isinstance(got, Sighting)
    assert (got.value, got.said.tags) == ("192.0.2.1", ("port:8443",))


def test_dates_in_the_future_and_of_no_time_are_left_out():
    assert said(first_seen=NOW + DAY + 1).first_seen is None
    assert said(first_seen=NOW + DAY).first_seen == NOW + DAY
    assert said(last_seen=0).last_seen is None


def test_dates_the_wrong_way_round_are_turned():
    got = said(first_seen=NOW, last_seen=NOW - DAY)
    assert (got.first_seen, got.last_seen) == (NOW - DAY, NOW)


def test_what_sources_write_for_nothing_is_nothing():
    got = said(
        tags=("None", "null", " ", "N/A", "Mirai "), malware="None", context=" \n "
    )
    assert (got.tags, got.malware, got.context) == (("mirai",), None, None)


def test_texts_are_bounded_and_in_one_line():
    got = said(
        tags=[f"{n}-{'x' * 100}" for n in range(99)],
        malware="a\x00b\n c" + "d" * 999,
        context="word " * 999,
        references=(
            "https://example.com/a", "https://example.com/a", "javascript:x",
            "http://a b", "https://example.com/" + "a" * 3_000,
            *(f"https://example.com/{n}" for n in range(30)),
        ),
        techniques=("T1059", "nothing", "uses T1566.001"),
        confidence=300,
    )  # fmt: skip
    assert len(got.tags) == 20
    assert max(map(len, got.tags)) == 64
    assert got.malware is not None
    assert got.malware.startswith("ab cd")
    assert len(got.malware) <= 100
    assert len(got.context or "") <= 500
    assert len(got.references) == 10
    assert got.techniques == ("T1059", "T1566.001")
    assert got.confidence == 100
