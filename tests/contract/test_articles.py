"""Articles are kept on the double as through boto3 on an emulator."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.articles.query import ArticleQuery
from chalicelib.core.articles.stored import (
    KEPT_DAYS,
    Card,
    Order,
    Stored,
    facets_of,
    place_of,
)
from chalicelib.core.iocs.ioc import IocType, key_of
from chalicelib.errors import Unavailable
from chalicelib.store.dynamo import articles as module
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.articles import DynamoArticles
from chalicelib.store.dynamo.table import Table
from tests.articles import id_of, make_card, make_named, make_stored
from tests.doubles.clock import START, FakeClock
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.doubles.faults import Faults, Killed

HOUR = 3_600_000_000
DAY = 24 * HOUR


@pytest.fixture
def dynamo() -> FakeDynamo:
    return FakeDynamo()


@pytest.fixture
def store(dynamo: FakeDynamo) -> DynamoArticles:
    return DynamoArticles(Table(client_of(dynamo), "objects", FakeClock()))


def full(number: int = 0, **said: object) -> Stored:
    """Make an article that has something of everything."""
    usual: dict[str, object] = {
        "cves": ("CVE-2026-1234",),
        "techniques": ("T1059.001", "T1566"),
        "actors": ("Lazarus Group",),
        "malware": ("Emotet",),
        "industries": ("energy",),
        "tags": ("news", "a#b"),
        "severity": 9.1,
        "label": "critical",
    }
    iocs = make_named(), make_named("198.51.100.7", IocType.IPV4)
    return make_stored(number, *iocs, **(usual | said))


def cards(store: DynamoArticles, query: ArticleQuery, limit: int = 7) -> list[Card]:
    """Walk a list to its end."""
    found: list[Card] = []
    place, more = "", True
    while more:
        page = store.page(query, place, limit)
        assert len(page.cards) <= limit
        found += page.cards
        assert page.place != place or not page.more
        place, more = page.place, page.more
    return found


def spots(dynamo: FakeDynamo) -> list[tuple[str, str]]:
    """List the cards that lie in the table."""
    return sorted((pk, sk) for _, pk, sk in dynamo.items if pk.startswith("ART#"))


def wanted(*articles: Stored) -> list[tuple[str, str]]:
    """List the cards that ought to lie there."""
    return sorted(
        (schema.articles(name), place_of(one.card, order))
        for one in articles
        for name, order in facets_of(one)
    )


def test_an_article_comes_back_as_it_was_saved(table: Table):
    store = DynamoArticles(table)
    plain, whole = make_stored(1), full(2)
    assert store.save(plain)
    assert store.save(whole)
    assert store.get(id_of(1)) == plain
    assert store.get(id_of(2)) == whole
    assert store.get(id_of(3)) is None
    assert store.get_many([id_of(2), id_of(3), id_of(2)]) == {id_of(2): whole}
    assert cards(store, ArticleQuery()) == [plain.card, whole.card]


@pytest.mark.parametrize(
    "query",
    [
        ArticleQuery(),
        ArticleQuery(order=Order.MODIFIED),
        ArticleQuery(categories=("malware", "other")),
        ArticleQuery(severities=("critical",)),
        ArticleQuery(sources=("krebs", "none")),
        ArticleQuery(least=9.1),
        ArticleQuery(has_iocs=True),
        ArticleQuery(actors=("lazarus", "apt99")),
        ArticleQuery(actors=("LAZARUS-GROUP",)),
        ArticleQuery(industries=("energy", "water")),
        ArticleQuery(technique="T1059"),
        ArticleQuery(technique="T1059.001", order=Order.MODIFIED),
        ArticleQuery(cve="CVE-2026-1234"),
        ArticleQuery(cve_part="2026-12"),
        ArticleQuery(words=("story", "something", "a#b")),
        ArticleQuery(since=START),
        ArticleQuery(published_since=START, order=Order.MODIFIED),
    ],
    ids=str,
)
def test_it_is_found_by_all_that_it_has_and_others_are_not(
    query: ArticleQuery, table: Table
):
    store = DynamoArticles(table)
    ours = full(0)
    store.save(ours)
    other = make_stored(
        5, title="No", severity=1.0, label="low", category="news", source="other"
    )
    store.save(other)
    everything = query == ArticleQuery(order=query.order)
    expected = [ours.card, other.card] if everything else [ours.card]
    assert sorted(cards(store, query, limit=1), key=lambda one: one.title) == sorted(
        expected, key=lambda one: one.title
    )


def test_what_it_has_not_does_not_find_it(store: DynamoArticles):
    store.save(full())
    for query in (
        ArticleQuery(categories=("news",)),
        ArticleQuery(severities=("low",)),
        ArticleQuery(sources=("other",)),
        ArticleQuery(least=9.2),
        ArticleQuery(has_iocs=False),
        ArticleQuery(actors=("apt28",)),
        ArticleQuery(industries=("water",)),
        ArticleQuery(technique="T1059.003"),
        ArticleQuery(technique="T1566.001"),
        ArticleQuery(cve="CVE-2026-123"),
        ArticleQuery(cve_part="2025"),
        ArticleQuery(words=("story", "nowhere")),
        ArticleQuery(since=START + 1),
        ArticleQuery(published_since=START + 1),
    ):
        for order in Order:
            assert cards(store, replace(query, order=order)) == []


def test_articles_that_mention_a_value_are_found_newest_first(table: Table):
    store = DynamoArticles(table)
    articles = [full(number) for number in range(4)]
    for one in articles:
        store.save(one)
    for kind, value in (
        (IocType.DOMAIN, "bad.example"),
        (IocType.CVE, "CVE-2026-1234"),
        (IocType.TECHNIQUE, "T1566"),
    ):
        found = store.mentioning(key_of(kind, value), 3)
        assert found == [one.card for one in articles[:3]]
    assert store.mentioning(key_of(IocType.DOMAIN, "good.example"), 3) == []


def test_a_changed_article_leaves_the_lists_that_it_is_not_in_any_more(table: Table):
    store = DynamoArticles(table)
    store.save(full())
    after = make_stored(
        0, modified=START + HOUR, fetched=START + HOUR, title="Now", label="low"
    )
    assert store.save(after)
    kept = replace(after, card=replace(after.card, fetched=START))
    assert store.get(id_of(0)) == kept
    for order in Order:
        assert cards(store, ArticleQuery(order=order)) == [kept.card]
    assert cards(store, ArticleQuery(severities=("critical",))) == []
    assert cards(store, ArticleQuery(actors=("lazarus",))) == []
    assert store.mentioning(make_named().key, 9) == []


def test_what_is_there_is_read_once_and_written_never(
    store: DynamoArticles, dynamo: FakeDynamo
):
    store.save(full())
    dynamo.reset_counts()
    later = full(modified=START + DAY, fetched=START + DAY)
    weaker = tuple(replace(one, confidence="low") for one in later.iocs)
    assert not store.save(replace(later, iocs=weaker))
    assert dynamo.writes == 0
    assert dynamo.reads <= 2


def test_an_article_without_a_date_keeps_that_of_its_first_reading(
    store: DynamoArticles,
):
    store.save(make_stored(published=START))
    later = START + DAY
    assert not store.save(make_stored(published=later, fetched=later, modified=later))
    assert store.save(
        make_stored(published=later, fetched=later, modified=later, title="Now")
    )
    (card,) = cards(store, ArticleQuery())
    assert (card.published, card.modified, card.title) == (START, later, "Now")


def many(number: int, title: str = "Long") -> Stored:
    iocs = [make_named(f"host-{number + n}.bad.example") for n in range(250)]
    return make_stored(0, *iocs, title=title, modified=START + number)


@pytest.mark.parametrize("when", ["before", "after"])
def test_who_dies_while_saving_leaves_what_the_next_one_mends(when: str):
    first, second = full(), many(1)
    for death in range(30):
        dynamo = FakeDynamo()
        store = DynamoArticles(Table(client_of(dynamo), "objects", FakeClock()))
        store.save(first)
        begun = dynamo.faults.calls
        dynamo.faults = Faults(kill_at=begun + death, kill_when=when, calls=begun)
        try:
            store.save(second)
        except Killed:
            pass
        else:
            assert death > 3, "several transactions, and none was killed"
            break
        for last in (second, many(100)):
            copy = FakeDynamo()
            copy.items.update(dynamo.items)
            copy._sorted = {key: list(one) for key, one in dynamo._sorted.items()}
            heir = DynamoArticles(Table(client_of(copy), "objects", FakeClock()))
            heir.save(last)
            assert not heir.save(last)
            there = heir.get(id_of(0))
            assert there
            assert {one.value for one in there.iocs} == {one.value for one in last.iocs}
            assert spots(copy) == wanted(there)
    else:
        pytest.fail("it never came to its end")


def test_of_many_writers_at_once_nothing_is_left_over(
    store: DynamoArticles, dynamo: FakeDynamo
):
    def write(number: int) -> None:
        for title in ("a", "b"):
            try:
                store.save(many(number, f"{title} {number}"))
            except Unavailable:
                # Others were quicker, each time: the run is tried again later.
                continue

    threads = [Thread(target=write, args=(number * 300,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.save(many(9_000, "last"))
    there = store.get(id_of(0))
    assert there
    assert there.card.title == "last"
    assert spots(dynamo) == wanted(there)
    texts = {
        item["d"]["S"] for (_, pk, _), item in dynamo.items.items() if pk[:4] == "ART#"
    }
    assert len(texts) == 1


def test_all_of_an_article_expires_together(store: DynamoArticles, dynamo: FakeDynamo):
    store.save(full())
    ends = {item[schema.TTL]["N"] for item in dynamo.items.values()}
    assert ends == {str((START + KEPT_DAYS * DAY) // 1_000_000)}


def test_the_largest_article_fits_into_an_item(store: DynamoArticles):
    iocs = [
        make_named(f"http://x.example/{n}" + '"' * 180, IocType.URL) for n in range(500)
    ]
    names = tuple(f"Group {n} {'é' * 50}" for n in range(50))
    huge = make_stored(
        0,
        *iocs,
        title="\U0001f4a5" * 300,
        summary="\U0001f4a5" * 500,
        cves=tuple(f"CVE-2026-{n}" for n in range(100)),
        techniques=tuple(f"T1{n:03d}.001" for n in range(50)),
        actors=names,
        malware=names,
        tags=names,
    )
    assert store.save(huge)
    assert store.get(id_of(0)) == huge


def test_a_page_reads_no_more_than_it_may(
    store: DynamoArticles, dynamo: FakeDynamo, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "MOST_READ", 20)
    for number in range(50):
        store.save(make_stored(number, title="needle" if number == 45 else "hay"))
    query = ArticleQuery(words=("needle",))
    page = store.page(query, "", 5)
    assert (page.cards, page.more) == ([], True)
    assert [one.title for one in cards(store, query)] == ["needle"]
    dynamo.reset_counts()
    store.page(ArticleQuery(), "", 5)
    assert dynamo.calls["Query"] == 1
    assert dynamo.reads < 3


def test_a_page_deep_in_a_list_costs_what_the_first_one_does(
    store: DynamoArticles, dynamo: FakeDynamo
):
    for number in range(200):
        store.save(make_stored(number))
    costs = set()
    for number in (0, 50, 150):
        dynamo.reset_counts()
        store.page(ArticleQuery(), place_of(make_card(number), Order.PUBLISHED), 20)
        assert dynamo.calls["Query"] == 1
        costs.add(dynamo.reads)
    assert max(costs) - min(costs) <= 0.5


# Any articles, any filters

CATEGORIES, LABELS = ("malware", "news"), ("high", "low", "none")
ARTICLES = st.lists(
    st.builds(
        lambda number, published, modified, iocs, **said: make_stored(
            number,
            *(make_named(f"{one}.bad.example") for one in sorted(iocs)),
            # Few times, so that many share one.
            published=START - published * DAY,
            modified=START + modified,
            **said,
        ),
        st.integers(0, 40),
        st.integers(0, 5),
        st.integers(0, 3),
        st.sets(st.integers(0, 3)),
        category=st.sampled_from(CATEGORIES),
        label=st.sampled_from(LABELS),
        source=st.sampled_from(("a", "b")),
        severity=st.sampled_from((0.0, 3.3, 9.8)),
        title=st.sampled_from(("Alpha beta", "beta GAMMA", "")),
        cves=st.sampled_from(((), ("CVE-2026-1234",), ("CVE-2026-12345",))),
        techniques=st.sampled_from(((), ("T1059",), ("T1059.001", "T1566"))),
        actors=st.sampled_from(((), ("Lazarus Group",), ("APT28", "APT29"))),
        industries=st.sampled_from(((), ("energy",), ("energy", "water"))),
    ),
    max_size=40,
)


def some(*choices: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(choices), unique=True, max_size=2).map(tuple)


QUERIES = st.builds(
    ArticleQuery,
    order=st.sampled_from(Order),
    since=st.sampled_from((0, START - 3 * DAY, START + 1)),
    published_since=st.sampled_from((0, START - 4 * DAY)),
    words=some("beta", "alpha"),
    categories=some(*CATEGORIES),
    severities=some(*LABELS),
    sources=some("a", "b", "c"),
    least=st.sampled_from((0.0, 3.3)),
    has_iocs=st.sampled_from((None, True, False)),
    actors=some("lazarus", "apt28", "apt29"),
    industries=some("energy", "water"),
    technique=st.sampled_from((None, "T1059", "T1059.001")),
    cve=st.sampled_from((None, "CVE-2026-1234")),
    cve_part=st.sampled_from((None, "2026-1234")),
)


@settings(max_examples=150, deadline=None)
@given(ARTICLES, QUERIES, st.integers(1, 9))
def test_walking_a_list_loses_and_repeats_nothing(
    articles: list[Stored], query: ArticleQuery, limit: int
):
    store = DynamoArticles(Table(client_of(FakeDynamo()), "objects", FakeClock()))
    for one in articles:
        store.save(one)
    kept = {one.card.id: store.get(one.card.id) for one in articles}
    expected = [one.card for one in kept.values() if one and query.takes(one.card)]
    expected.sort(key=lambda card: place_of(card, query.order), reverse=True)
    assert cards(store, query, limit) == expected
