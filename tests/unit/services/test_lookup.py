"""Looking values up: every way of writing one finds it, and networks too."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.iocs.ioc import IocType, Mention
from chalicelib.core.iocs.values import normalise
from chalicelib.errors import InvalidRequest
from chalicelib.services.lookup import (
    MOST_EXPANDED,
    Answer,
    Lookup,
    Refused,
    Value,
    networks_around,
    read_value,
)
from tests.doubles.clock import START
from tests.publishing import ALPHA, BETA, DAY, LIST, World, sighting, story, value_of

TYPES = tuple(IocType)


def lookup_in(world: World) -> Lookup:
    origins = {feed.id: feed for feed in world.feeds}
    return Lookup(world.iocs, world.articles, origins)


def ask(world: World, text: str, kind: IocType | None = None) -> Answer:
    return lookup_in(world).one(text, kind, world.clock.now())


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("kind", TYPES)
def test_a_value_of_every_type_is_found(world: World, kind: IocType):
    value = value_of(kind, 1) if kind is not IocType.URL else "http://bad.example/a?b=1"
    world.publish(ALPHA, sighting(value, kind))
    answer = ask(world, value)
    assert answer.ioc
    assert (answer.asked, answer.ioc.value) == ((kind, value), value)
    assert answer.active
    assert answer.risk
    assert answer.threat == "malware"
    assert not ask(world, value_of(kind, 2)).ioc


STORED = (
    (IocType.DOMAIN, "evil.example"),
    (IocType.DOMAIN, "xn--bcher-kva.example"),
    (IocType.URL, "http://evil.example/a.php?b=1"),
    (IocType.URL, "https://user:secret@evil.example:8443/x"),
    (IocType.URL, "http://198.51.100.9:81/bins/mips"),
    (IocType.IPV4, "198.51.100.7"),
    (IocType.EMAIL, "drop.box@evil.example"),
)
DOTS = ("[.]", "(.)", "{.}", "[dot]", "(DOT)", "\\.", "[.", ".]", "\uff0e", " [dot] ")
SCHEMES = {
    "http": ("hxxp", "hXXp", "h**p", "http", "HTTP"),
    "https": ("hxxps", "hXXpS", "https", "HTTPS"),
}
COLONS = (":", "[:]")
AROUND = ("{}", " {} ", '"{}"', "<{}>", "\u201c{}\u201d,", "{}\n", "'{}'.")


@st.composite
def defanged(draw: st.DrawFn) -> tuple[IocType, str, str]:
    """Write a stored value as analysts do."""
    kind, value = draw(st.sampled_from(STORED))
    scheme, _, rest = value.rpartition("://")
    head, slash, path = rest.partition("/")
    head = head.replace(".", draw(st.sampled_from(DOTS)), draw(st.integers(1, 3)))
    if kind is IocType.EMAIL:
        head = head.replace("@", draw(st.sampled_from(("@", "[@]", " [at] ", "(at)"))))
    if scheme:
        scheme = draw(st.sampled_from(SCHEMES[scheme])) + draw(st.sampled_from(COLONS))
        head = f"{scheme}//{head}"
    if draw(st.booleans()) and kind is IocType.DOMAIN:
        head = head.upper().replace("[DOT]", "[dot]")
    return kind, value, draw(st.sampled_from(AROUND)).format(head + slash + path)


@pytest.fixture(scope="module")
def full() -> World:
    world = World()
    world.publish(ALPHA, *(sighting(value, kind) for kind, value in STORED))
    return world


@given(written=defanged())
def test_a_stored_value_is_found_however_it_is_defanged(
    full: World, written: tuple[IocType, str, str]
):
    kind, value, text = written
    answer = ask(full, text)
    assert answer.ioc
    assert (answer.ioc.type, answer.ioc.value) == (kind, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("http://EVIL.example:80/a.php?b=1", "http://evil.example/a.php?b=1"),
        ("https://user:secret@evil.example:8443/x", None),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example.", "xn--bcher-kva.example"),
        ("*.evil.example", "evil.example"),
        ("198.51.100.7:443", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("198.51.100.7/32", "198.51.100.7"),
    ],
)
def test_another_spelling_finds_the_same(full: World, text: str, value: str | None):
    answer = ask(full, text)
    assert answer.ioc
    assert answer.ioc.value == (value or text)


@pytest.mark.parametrize(
    "spelling",
    [
        "2001:db8::1f",
        "2001:DB8::1F",
        "2001:0db8:0000:0000:0000:0000:0000:001f",
        "2001:db8:0:0::1f",
        "[2001:db8::1f]",
        "[2001:db8::1f]:443",
        "2001:db8::1f/128",
        "2001[:]db8[:][:]1f",
        "2001:db8::0.0.0.31",
    ],
)
def test_every_spelling_of_an_ipv6_address_finds_it(world: World, spelling: str):
    world.publish(ALPHA, sighting("2001:db8::1f", IocType.IPV6))
    answer = ask(world, spelling)
    assert answer.ioc
    assert answer.asked.value == "2001:db8::1f"


@pytest.mark.parametrize(
    "text",
    [
        "0177.0.0.1",
        "010.1.2.3",
        "0x7f.0.0.1",
        "3232235777",
        "1.2.3",
        "1.2.3.4.5",
        "999.1.1.1",
        "http://0177.0.0.1/x",
        "http://0x7f000001/",
        "fe80::1%eth0",
        "xn--a",
        "xn--\u0130.example",
        "http://user:pass@/",
        "http://[::1",
        "file.exe",
        "'; DROP TABLE iocs; --",
        "=cmd|' /C calc'!A0",
        "a b c",
        "\x00",
        "\ud7ff" * 2_048,
        "[.]" * 600,
        "(" * 2_048,
        "http://" + "a." * 1_000,
        "%" * 2_048,
    ],
    ids=lambda text: ascii(text[:24]),
)
def test_what_is_no_value_is_refused_by_name(world: World, text: str):
    with pytest.raises(InvalidRequest) as refused:
        ask(world, text)
    assert refused.value.details == {"field": "ioc"}
    assert refused.value.message.startswith(("`ioc` is no value", "`ioc` has too many"))


def test_what_is_refused_is_not_repeated(world: World):
    with pytest.raises(InvalidRequest) as refused:
        ask(world, "secret-host.nosuchtld")
    assert "secret" not in refused.value.message


@pytest.mark.parametrize(
    "text", ["[:]" * 600, "[" * 900 + "." + "]" * 900, "http://a.example/" + "(" * 200]
)
def test_a_text_that_would_take_long_is_refused_at_once(text: str):
    assert read_value(text, None) == Refused("has too many brackets to be a value")


def test_a_value_may_have_some_brackets():
    long = "hxxps[:]//" + "a[.]" * 20 + "example/" + "x" * 200
    assert isinstance(read_value(long, None), Value)


@pytest.mark.parametrize("text", ["", "a" * 2_049])
def test_a_value_has_a_length(text: str):
    read = read_value(text, None)
    assert read == Refused("has 1 to 2,048 characters")


def test_the_type_is_the_callers_word(world: World):
    world.publish(ALPHA, sighting("http://evil.example/", IocType.URL))
    assert ask(world, "evil.example").asked.type is IocType.DOMAIN
    assert ask(world, "evil.example", IocType.URL).ioc
    with pytest.raises(InvalidRequest) as refused:
        ask(world, "evil.example", IocType.SHA256)
    assert refused.value.message == "`ioc` is no sha256: not a sha256 hash"
    assert refused.value.details == {"field": "ioc"}


@pytest.mark.parametrize("text", ["TA0001", "ta0001", " [TA0001] "])
def test_a_tactic_of_attack_is_a_technique_to_us(world: World, text: str):
    read = read_value(text, None)
    assert read == Value(IocType.TECHNIQUE, "TA0001")
    assert not ask(world, "TA0001").ioc
    with pytest.raises(InvalidRequest):
        ask(world, "TA0001", IocType.DOMAIN)


def test_what_is_over_is_still_told(world: World):
    one = sighting("198.51.100.7", IocType.IPV4)
    world.publish(LIST, one)
    world.vanish(LIST, one)
    answer = ask(world, "198.51.100.7")
    assert answer.ioc
    assert answer.ioc.revoked
    assert not answer.active
    assert answer.risk
    assert answer.risk.score <= 10


def test_what_has_expired_is_not_active(world: World):
    world.publish(ALPHA, sighting("198.51.100.7", IocType.IPV4))
    world.clock.advance(100 * 86_400)
    answer = ask(world, "198.51.100.7")
    assert answer.ioc
    assert not answer.active
    assert not answer.ioc.revoked


# Networks


def test_an_address_is_found_by_the_networks_it_lies_in(world: World):
    networks = ("198.51.0.0/16", "198.51.100.0/24", "198.51.101.0/24")
    world.publish(LIST, *(sighting(one, IocType.IPV4) for one in networks))
    answer = ask(world, "198.51.100.7")
    assert [one.value for one in answer.networks] == [
        "198.51.100.0/24",
        "198.51.0.0/16",
    ]
    assert answer.network == "198.51.100.0/24"
    assert answer.ioc
    assert answer.ioc.value == "198.51.100.0/24"
    assert answer.asked.value == "198.51.100.7"
    assert answer.risk


def test_its_own_record_goes_before_a_network(world: World):
    world.publish(LIST, sighting("198.51.100.0/24", IocType.IPV4))
    world.publish(BETA, sighting("198.51.100.7", IocType.IPV4))
    answer = ask(world, "198.51.100.7")
    assert answer.ioc
    assert (answer.ioc.value, answer.network) == ("198.51.100.7", None)
    assert [one.value for one in answer.networks] == ["198.51.100.0/24"]


def test_a_network_goes_before_a_record_that_is_over(world: World):
    own = sighting("198.51.100.7", IocType.IPV4)
    world.publish(LIST, own)
    world.vanish(LIST, own)
    world.publish(LIST, sighting("198.51.100.0/24", IocType.IPV4))
    assert ask(world, "198.51.100.7").network == "198.51.100.0/24"


def test_a_network_that_is_over_finds_nothing(world: World):
    network = sighting("198.51.100.0/24", IocType.IPV4)
    world.publish(LIST, network)
    world.vanish(LIST, network)
    answer = ask(world, "198.51.100.7")
    assert (answer.ioc, answer.networks) == (None, ())


def test_a_network_lies_in_wider_ones(world: World):
    world.publish(LIST, sighting("198.51.0.0/16", IocType.IPV4))
    assert ask(world, "198.51.100.0/24").network == "198.51.0.0/16"
    assert ask(world, "198.51.0.0/15").ioc is None


def test_an_ipv6_address_lies_in_networks_too(world: World):
    world.publish(LIST, sighting("2001:db8:40::/42", IocType.IPV6))
    assert ask(world, "2001:db8:7f::1").network == "2001:db8:40::/42"
    assert ask(world, "2001:db8:80::1").ioc is None


@given(address=st.ip_addresses(), width=st.integers(0, 128))
def test_the_networks_around_an_address_hold_it(address: Any, width: int):
    kind = IocType.IPV4 if address.version == 4 else IocType.IPV6
    if address.version == 6 and address.ipv4_mapped is not None:
        return
    around = networks_around(Value(kind, str(address)))
    assert len(around) < 100
    for one in around:
        length = one.value.partition("/")[2]
        assert normalise(kind, f"{address}/{length}") == one.value


# Articles


def test_articles_that_mention_it_are_told_newest_first(world: World):
    one = sighting("evil.example")
    for number in range(12):
        article = story(
            id=f"story-{number:02}",
            title=f"Story {number}",
            iocs=(one,),
            cves=("CVE-2025-1000",),
            published=START - number * DAY,
        )
        world.publisher.publish_article(BETA, article, START, float("inf"))
    for text in ("evil.example", "CVE-2025-1000"):
        articles = ask(world, text).articles
        assert [one.title for one in articles] == [f"Story {n}" for n in range(10)]
        assert articles[0].published == START


def test_the_article_of_the_record_is_told_where_no_other_is(world: World):
    told = Mention("story-9", "What was told", "https://news.example/9")
    world.publish(BETA, sighting("evil.example", article=told))
    assert ask(world, "evil.example").articles == (
        ("story-9", "What was told", "https://news.example/9", None),
    )


# Many


def test_many_are_answered_in_their_order(world: World):
    world.publish(
        ALPHA, sighting("evil.example"), sighting("198.51.100.7", IocType.IPV4)
    )
    texts = [
        "nothing here",
        "evil[.]example",
        "good.example",
        "evil.example",
        "a" * 3_000,
    ]
    answers = lookup_in(world).many(texts, (), START)
    assert isinstance(answers[0], Refused)
    assert isinstance(answers[4], Refused)
    found = [one.ioc is not None for one in answers if isinstance(one, Answer)]
    assert found == [True, False, True]


def test_a_thousand_values_are_read_a_hundred_at_a_time(world: World):
    kinds = [value_of(IocType.SHA256, number) for number in range(1_000)]
    world.publish(ALPHA, *(sighting(one, IocType.SHA256) for one in kinds[:50]))
    calls: list[str] = []
    world.dynamo.before_call = calls.append
    answers = lookup_in(world).many(kinds, (), START)
    assert sum(one.ioc is not None for one in answers) == 50  # type: ignore[union-attr]
    assert calls == ["BatchGetItem"] * 10


def test_one_address_costs_one_call_and_the_articles(world: World):
    calls: list[str] = []
    world.dynamo.before_call = calls.append
    ask(world, "198.51.100.7")
    assert calls == ["BatchGetItem", "Query"]


def test_networks_and_articles_are_told_when_asked(world: World):
    world.publish(LIST, sighting("198.51.100.0/24", IocType.IPV4))
    lookup = lookup_in(world)
    (plain,) = lookup.many(["198.51.100.7"], (), START)
    (wide,) = lookup.many(["198.51.100.7"], ("networks", "articles"), START)
    assert isinstance(plain, Answer)
    assert isinstance(wide, Answer)
    assert (plain.ioc, wide.network) == (None, "198.51.100.0/24")


def test_more_than_a_hundred_cannot_be_expanded(world: World):
    lookup = lookup_in(world)
    assert lookup.many(["a.example"] * MOST_EXPANDED, ("articles",), START)
    with pytest.raises(InvalidRequest) as refused:
        lookup.many(["a.example"] * (MOST_EXPANDED + 1), ("articles",), START)
    assert refused.value.details == {"field": "expand"}
