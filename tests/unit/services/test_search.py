"""Search: the value itself, else what begins so, else what looks like it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.assess.likeness import LEAST, likeness
from chalicelib.core.iocs.ioc import IocType
from chalicelib.services.search import Found, Search, Stores, kinds_of, shown
from chalicelib.store.dynamo.rows import DynamoRows
from tests.doubles.clock import START
from tests.publishing import ALPHA, BETA, LIST, World, sighting, story

SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
VALUES = (
    (IocType.DOMAIN, "login-bank.example"),
    (IocType.DOMAIN, "login-bank-secure.example"),
    (IocType.DOMAIN, "login-shop.example"),
    (IocType.DOMAIN, "weather.example"),
    (IocType.URL, "http://login-bank.example/verify.php"),
    (IocType.URL, "https://login-bank.example/reset.php"),
    (IocType.IPV4, "198.51.100.7"),
    (IocType.IPV4, "198.51.100.77"),
    (IocType.IPV4, "198.51.101.7"),
    (IocType.IPV6, "2001:db8::1"),
    (IocType.IPV6, "2001:db8::1:1"),
    (IocType.EMAIL, "drop@login-bank.example"),
    (IocType.SHA256, SHA256),
    (IocType.CVE, "CVE-2025-1000"),
    (IocType.CVE, "CVE-2025-10001"),
    (IocType.TECHNIQUE, "T1059"),
    (IocType.TECHNIQUE, "T1059.001"),
)


def find(world: World, text: str, kind: IocType | None = None, **options: Any) -> Found:
    stores = Stores(world.iocs, DynamoRows(world.table, world.clock), world.articles)
    search = Search(stores, {feed.id: feed for feed in world.feeds})
    limit, related = options.get("limit", 20), options.get("related", True)
    return search.find(text, kind, limit, related=related)


def found(
    world: World, text: str, kind: IocType | None = None, **options: Any
) -> list[str]:
    return [one["value"] for one in find(world, text, kind, **options).matches]


@pytest.fixture(scope="module")
def world() -> World:
    world = World()
    world.publish(ALPHA, *(sighting(value, kind) for kind, value in VALUES))
    return world


@pytest.mark.parametrize(("kind", "value"), VALUES, ids=lambda one: str(one)[:24])
def test_a_value_is_found_by_itself(world: World, kind: IocType, value: str):
    (match,) = find(world, value).matches
    assert (match["type"], match["value"]) == (kind, value)
    assert (match["match"], match["similarity"]) == ("exact", 1.0)


def test_a_value_is_found_however_it_is_written(world: World):
    assert found(world, "hxxp://login-bank[.]example/verify.php") == [
        "http://login-bank.example/verify.php"
    ]
    assert found(world, "LOGIN-BANK[.]example") == ["login-bank.example"]
    assert found(world, "2001:0DB8:0::0001") == ["2001:db8::1"]
    assert found(world, SHA256.upper()) == [SHA256]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("198.51.100", ["198.51.100.7", "198.51.100.77"]),
        ("198.51.10", ["198.51.100.7", "198.51.101.7", "198.51.100.77"]),
        ("2001:db8::", ["2001:db8::1", "2001:db8::1:1"]),
        (SHA256[:7], [SHA256]),
        (SHA256[:20].upper(), [SHA256]),
        ("cve-2025", ["CVE-2025-1000", "CVE-2025-10001"]),
        ("T105", ["T1059", "T1059.001"]),
        ("drop@login", ["drop@login-bank.example"]),
        ("https://login-bank.example/res", ["https://login-bank.example/reset.php"]),
    ],
)
def test_what_begins_so_is_found_the_most_alike_first(
    world: World, text: str, expected: list[str]
):
    matches = find(world, text).matches
    begins = [one["value"] for one in matches if one["match"] == "prefix"]
    assert begins == expected
    assert [one["match"] for one in matches][: len(begins)] == ["prefix"] * len(begins)


def test_one_search_finds_hosts_and_their_urls(world: World):
    assert set(found(world, "login-bank")) >= {
        "login-bank.example",
        "login-bank-secure.example",
        "http://login-bank.example/verify.php",
    }


@pytest.mark.parametrize(
    "text", ["login-bnak.example", "login-bamk.example", "loginbank.example"]
)
def test_a_slip_of_the_pen_is_found(world: World, text: str):
    matches = find(world, text).matches
    assert matches[0]["value"] == "login-bank.example"
    assert matches[0]["match"] == "fuzzy"
    assert matches[0]["similarity"] >= LEAST


def test_a_slip_in_the_first_two_letters_is_not(world: World):
    assert "login-bank.example" not in found(world, "olgin-bank.example")


def test_two_letters_find_what_begins_so_and_nothing_else(world: World):
    assert found(world, "we") == ["weather.example"]
    assert found(world, "wx") == []


def test_nothing_alike_is_no_match(world: World):
    assert find(world, "weird-and-long-name.example").related == []
    assert find(world, "zz.example") == Found([], [])


def test_a_type_narrows_it_down(world: World):
    assert found(world, "login-bank.example", IocType.EMAIL) == []
    assert found(world, "login-bank.example", IocType.URL) == [
        "https://login-bank.example/reset.php",
        "http://login-bank.example/verify.php",
    ]
    assert set(found(world, "login", IocType.DOMAIN)) == {
        "login-bank.example",
        "login-shop.example",
        "login-bank-secure.example",
    }


def test_a_limit_takes_the_best(world: World):
    everything = found(world, "login")
    assert found(world, "login", limit=2) == everything[:2]


def test_what_is_over_is_found_by_itself_alone():
    world = World()
    gone, there = sighting("login-bank.example"), sighting("login-shop.example")
    world.publish(LIST, gone, there)
    world.vanish(LIST, gone)
    (match,) = find(world, "login-bank.example").matches
    assert match["revoked"] is True
    assert found(world, "login") == ["login-shop.example"]


@pytest.mark.parametrize(
    "text",
    ["..", "[.", "  ", "\x00\x00", '""', "(" * 2_048, "[.]" * 600, "\u2764\u2764", "::", "@@",
     "//", "%%%", "=cmd|", "'; --", "\U0001f600" * 4, "*" * 60, "://", "#KEY#"],
    ids=lambda text: ascii(text[:12]),
)  # fmt: skip
def test_odd_texts_find_nothing_and_break_nothing(world: World, text: str):
    assert find(world, text).matches == []


@settings(max_examples=60)
@given(text=st.text(min_size=2, max_size=40))
def test_any_text_can_be_searched(world: World, text: str):
    matches = find(world, text).matches
    for one in matches:
        if one["match"] == "fuzzy":
            assert one["similarity"] >= round(LEAST, 2)
        if one["match"] == "prefix":
            assert shown(text) in one["value"].casefold()


def test_what_a_text_may_be_is_told_by_its_letters():
    assert kinds_of("198.51") == (IocType.IPV4, IocType.URL, IocType.DOMAIN)
    assert IocType.MD5 in tuple(kinds_of("dead"))
    assert tuple(kinds_of("evil")) == (IocType.DOMAIN, IocType.URL, IocType.EMAIL)
    assert kinds_of("2001:db8:") == (IocType.IPV6,)
    assert kinds_of("evil.example/x") == (IocType.URL,)


def test_likeness_is_that_of_trigrams():
    assert likeness("abc", "abc") == 1
    # "  a", " ab", "abc" and "bc " of one, "abx" and "bd " of the other
    assert likeness("abc", "abx") == 2 / 6
    assert likeness("abc", "xyz") == 0


# Related


def test_iocs_of_the_same_article_are_related():
    world = World()
    many = [sighting(f"host-{number}.example") for number in range(15)]
    article = story(iocs=tuple(many))
    world.publisher.publish_article(BETA, article, START, float("inf"))
    related = find(world, "host-3.example").related
    assert len(related) == 10
    assert "host-3.example" not in {one["value"] for one in related}
    assert {one["type"] for one in related} == {"domain"}
    assert find(world, "host-3.example", related=False).related == []


def test_those_of_the_same_malware_are_related_where_no_article_is():
    world = World()
    for number in range(3):
        world.publish(ALPHA, sighting(f"c{number}.example", malware="Emotet"))
        world.clock.advance(60)
    world.publish(ALPHA, sighting("other.example", malware="Mirai"))
    related = find(world, "c1.example").related
    assert [one["value"] for one in related] == ["c2.example", "c0.example"]


def test_nothing_is_related_to_nothing():
    world = World()
    world.publish(ALPHA, sighting("alone.example"))
    assert find(world, "alone.example").related == []


def test_matches_are_not_related_to_each_other():
    world = World()
    named = [
        sighting(f"host-{number}.example", malware="Emotet") for number in range(3)
    ]
    world.publish(ALPHA, *named)
    answer = find(world, "host-")
    assert len(answer.matches) == 3
    assert answer.related == []


def test_what_is_over_is_not_related():
    world = World()
    gone = sighting("gone.example")
    article = story(source="list", iocs=(sighting("here.example"), gone))
    world.publisher.publish_article(LIST, article, START, float("inf"))
    world.vanish(LIST, gone)
    assert find(world, "here.example").related == []


def test_a_search_reads_little():
    world = World()
    world.publish(ALPHA, *(sighting(f"host-{n}.bad.example") for n in range(300)))
    calls: list[str] = []
    world.dynamo.before_call = calls.append
    answer = find(world, "host-1", limit=100, related=False)
    assert len(answer.matches) == 100
    assert calls.count("Query") == 6
    assert calls.count("BatchGetItem") <= 5
