"""From sightings to what a TAXII client gets, on the double of DynamoDB."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.core.iocs import stix
from chalicelib.core.iocs.ioc import IocType, Mention, Sighting
from chalicelib.errors import Unavailable
from chalicelib.ingest.publish import Published
from chalicelib.ingest.shelf import to_entry
from tests.doubles.clock import START
from tests.doubles.faults import Faults, Killed
from tests.publishing import (
    ALPHA,
    BETA,
    DAY,
    HISTORY,
    LIST,
    NEVER,
    OTHER_LIST,
    Feed,
    World,
    sighting,
    sightings,
    story,
    value_of,
)

HOST = sighting("bad.example")
ADDRESS = sighting("198.51.100.7", IocType.IPV4)
HOUR = 3_600_000_000


def one_of_each() -> list[Sighting]:
    return [sighting(value_of(kind, 1), kind) for kind in IocType]


# What is published


def test_a_new_value_is_published_where_its_type_belongs():
    world = World()
    assert world.publish(ALPHA, *one_of_each()) == Published(new=11)
    found = {
        alias: {one["name"] for one in world.objects(alias) if "name" in one}
        for alias in ("all", "network", "hashes", "urls-domains", "cves", "articles")
    }
    values = {one.type: one.value for one in one_of_each()}
    basis = {"Taxiway", "TLP:WHITE"}
    assert found["all"] == {*values.values(), *basis}
    assert found["network"] - basis == {values[IocType.IPV4], values[IocType.IPV6]}
    assert found["hashes"] - basis == {
        values[kind] for kind in IocType if kind.startswith(("md5", "sha"))
    }
    assert found["urls-domains"] - basis == {
        values[IocType.URL],
        values[IocType.DOMAIN],
    }
    assert found["cves"] - basis == {values[IocType.CVE]}
    assert found["articles"] == set()


def test_identity_and_markings_come_first_and_once():
    world = World()
    for number in range(3):
        world.publish(ALPHA, *sightings(number + 2))
        world.publisher = world.another()
    kinds = [one["type"] for one in world.objects(query=HISTORY)]
    assert kinds == ["identity", "marking-definition"] + ["indicator"] * 4


def test_every_reference_leads_to_an_object_of_the_collection():
    world = World()
    batch = sightings(5, IocType.URL, malware="Emotet", techniques=("T1059", "T1003"))
    world.publish(ALPHA, *batch)
    world.publisher.publish_article(BETA, story(malware=("Emotet",)), START, NEVER)
    written = world.objects()
    ids = {one["id"] for one in written}
    for one in written:
        refs = [
            one.get(name) for name in ("created_by_ref", "source_ref", "target_ref")
        ]
        refs += one.get("object_refs", []) + one.get("object_marking_refs", [])
        assert {ref for ref in refs if ref} <= ids
    kinds = [one["type"] for one in written]
    assert (kinds.count("malware"), kinds.count("attack-pattern")) == (1, 1)
    assert kinds.count("relationship") == 10


def test_only_what_is_newly_known_is_linked_again():
    world = World()
    world.publish(ALPHA, replace(HOST, said=replace(HOST.said, malware="Emotet")))
    world.clock.advance(60)
    other = replace(HOST, said=replace(HOST.said, malware="Qakbot", tags=("x",)))
    assert world.publish(BETA, other) == Published(updated=1)
    links = [
        one for one in world.objects(query=HISTORY) if one["type"] == "relationship"
    ]
    assert len(links) == len({one["id"] for one in links}) == 2


def test_the_same_value_twice_in_a_batch_is_one_record():
    world = World()
    two = sighting("bad.example", tags=("b",))
    assert world.publish(ALPHA, HOST, two) == Published(new=1)
    assert world.record(HOST).tags == ("b",)
    assert world.record(HOST).sources["alpha"].count == 2
    assert len(world.indicators(query=HISTORY)) == 1


def test_more_than_a_batch_is_published_in_batches():
    world = World()
    assert world.publish(ALPHA, *sightings(200)) == Published(new=200)
    assert len(world.indicators()) == 200


# What is not written


def test_a_sighting_that_changes_nothing_is_not_written():
    world = World()
    world.publish(ALPHA, *sightings(90))
    world.dynamo.reset_counts()
    world.clock.advance(86_400)
    assert world.publish(ALPHA, *sightings(90)) == Published(same=90)
    assert world.dynamo.writes == 0
    assert dict(world.dynamo.calls) == {"BatchGetItem": 1}


def test_what_consumers_see_changed_is_a_new_version():
    world = World()
    world.publish(ALPHA, HOST)
    world.clock.advance(86_400)
    assert world.publish(BETA, HOST) == Published(updated=1)
    first, second = world.indicators(query=HISTORY)
    assert first["id"] == second["id"]
    assert first["created"] == second["created"]
    assert first["modified"] < second["modified"]
    assert (first["confidence"], second["confidence"]) == (80, 90)
    assert world.indicators() == [second]
    assert world.indicators("urls-domains") == [second]


def test_validity_is_refreshed_when_less_than_half_remains():
    world = World()
    world.publish(LIST, ADDRESS)
    world.clock.advance(10 * 86_400)
    assert world.publish(LIST, ADDRESS).same == 1
    world.clock.advance(8 * 86_400)
    assert world.publish(LIST, ADDRESS).updated == 1
    assert world.indicators()[0]["valid_until"] == "2026-01-09T00:00:00.000Z"


@pytest.mark.parametrize("kind", IocType)
def test_a_new_value_costs_at_most_12_and_a_half_write_units(kind: IocType):
    world = World()
    rich = {
        "malware": "Emotet",
        "techniques": ("T1059", "T1071.001", "T1003"),
        "tags": ("one", "two", "three"),
        "references": ("https://x.example/analysis/of/this",),
        "context": "what the feed said of it, in a sentence or so",
    }
    batch = sightings(360, kind, **rich)
    world.publish(ALPHA, *batch[:90])
    world.dynamo.reset_counts()
    assert world.publish(ALPHA, *batch[90:]).new == 270
    assert world.dynamo.writes / 270 <= 12.5


# Vanishing and expiring


def test_what_vanishes_from_its_only_list_is_revoked():
    world = World()
    world.publish(LIST, HOST, ADDRESS)
    world.clock.advance(3_600)
    assert world.vanish(LIST, HOST) == 1
    assert [one.get("revoked", False) for one in world.indicators()] == [False, True]
    assert world.indicators("urls-domains")[0]["revoked"] is True
    world.dynamo.reset_counts()
    assert world.vanish(LIST, HOST, sighting("never.example")) == 0
    assert world.dynamo.writes == 0


def test_what_another_list_has_is_not_revoked():
    world = World()
    world.publish(LIST, HOST)
    world.publish(OTHER_LIST, HOST)
    assert world.vanish(LIST, HOST) == 1
    assert "revoked" not in world.indicators()[0]
    assert world.vanish(OTHER_LIST, HOST) == 1
    assert world.indicators()[0]["revoked"] is True


def test_an_old_word_does_not_bring_back_what_is_revoked():
    world = World()
    world.publish(LIST, ADDRESS)
    world.vanish(LIST, ADDRESS)
    old = sighting(ADDRESS.value, ADDRESS.type, last_seen=START - 60 * DAY)
    assert world.publish(ALPHA, old) == Published(same=1)
    assert [one["revoked"] for one in world.indicators()] == [True]
    assert world.publish(ALPHA, old, ADDRESS) == Published(new=1)
    assert all(one["valid_from"] < one["valid_until"] for one in world.indicators())


def test_what_is_listed_again_is_another_object_with_its_own_links():
    world = World()
    host = sighting("bad.example", malware="Emotet")
    world.publish(LIST, host)
    world.clock.advance(60)
    world.vanish(LIST, host)
    world.clock.advance(60)
    assert world.publish(LIST, host) == Published(new=1)
    old, new = world.indicators()
    assert (old["revoked"], "revoked" in new) == (True, False)
    assert old["id"] != new["id"]
    assert new["valid_from"] == new["created"]
    links = [one for one in world.objects() if one["type"] == "relationship"]
    assert [one["source_ref"] for one in links] == [old["id"], new["id"]]


def test_what_is_valid_no_longer_is_revoked_once():
    world = World()
    world.publish(ALPHA, ADDRESS, HOST)
    assert world.expire(days=20) == 0
    assert world.expire(days=15) == 1
    by_name = {one["name"]: one for one in world.indicators()}
    assert by_name[ADDRESS.value]["revoked"] is True
    assert by_name[ADDRESS.value]["modified"] == by_name[ADDRESS.value]["valid_until"]
    assert "revoked" not in by_name[HOST.value]
    world.dynamo.reset_counts()
    assert world.expire() == 0
    assert world.dynamo.writes == 0


def test_it_is_revoked_when_its_validity_is_over_and_not_a_moment_before():
    world = World()
    world.publish(ALPHA, ADDRESS)
    over = world.record(ADDRESS).valid_until
    assert world.publisher.expire(over - 1, NEVER) == 0
    assert world.publisher.expire(over, NEVER) == 1


def test_a_run_that_is_resumed_late_notes_nothing_for_a_day_gone_through():
    world = World()
    world.expire(days=31.5)
    old = sighting(ADDRESS.value, IocType.IPV4, last_seen=START)
    # It began when this was valid still, and goes on when it is no longer.
    world.publish(ALPHA, old, at=START)
    assert world.expire() == 0
    assert world.expire(days=1) == 1


def test_what_was_refreshed_does_not_expire_when_it_first_would_have():
    world = World()
    world.publish(ALPHA, ADDRESS)
    world.clock.advance(20 * 86_400)
    world.publish(ALPHA, ADDRESS)
    assert world.expire(days=15) == 0
    assert world.expire(days=20) == 1


def test_what_a_complete_list_has_still_is_prolonged():
    world = World()
    world.publish(LIST, ADDRESS)
    assert world.expire(days=32) == 0
    (now,) = world.indicators()
    assert "revoked" not in now
    assert now["valid_until"] > stix.time_text(world.clock.now())
    world.vanish(LIST, ADDRESS)
    assert world.indicators()[0]["revoked"] is True


def test_the_word_of_a_list_that_is_read_no_more_expires():
    world = World()
    world.publish(LIST, ADDRESS)
    world.feeds = (ALPHA, replace(LIST, enabled=False))
    world.publisher = world.another()
    assert world.expire(days=32) == 1


def test_what_was_over_when_we_heard_of_it_is_published_as_it_was():
    world = World()
    old = sighting(ADDRESS.value, IocType.IPV4, last_seen=START - 400 * DAY)
    assert world.publish(ALPHA, old).new == 1
    (written,) = world.indicators()
    assert written["valid_until"] < written["modified"]
    assert world.expire(days=400) == 0


def test_expiring_goes_on_where_it_stopped():
    world = World()
    for number in range(4):
        world.publish(ALPHA, sighting(f"198.51.100.{number}", IocType.IPV4))
        world.clock.advance(86_400)
    world.clock.advance(40 * 86_400)
    assert world.publisher.expire(world.clock.now(), world.clock.monotonic() - 1) == 0
    assert world.expire() == 4


def test_what_never_ran_for_long_is_caught_up():
    world = World()
    world.publish(ALPHA, ADDRESS)
    assert world.expire(days=300) == 1


def test_looking_for_what_is_over_every_five_minutes_is_cheap():
    world = World()
    world.publish(ALPHA, *sightings(90, IocType.IPV4))
    world.expire(days=1)
    world.dynamo.reset_counts()
    world.expire()
    assert dict(world.dynamo.calls) == {"GetItem": 1, "Query": 1}


# Articles


STORY = story(
    iocs=(HOST, ADDRESS),
    cves=("CVE-2025-1000",),
    techniques=("T1059",),
    actors=("APT1",),
    malware=("Emotet",),
    tags=("tag",),
)


def test_an_article_is_a_report_of_what_it_names():
    world = World()
    result = world.publisher.publish_article(BETA, STORY, START, NEVER)
    assert result == Published(new=4, articles=1)
    (report,) = [one for one in world.objects("articles") if one["type"] == "report"]
    there = {one["id"]: one["type"] for one in world.objects()}
    assert sorted(there[ref] for ref in report["object_refs"]) == [
        "attack-pattern",
        "indicator",
        "indicator",
        "intrusion-set",
        "malware",
        "vulnerability",
    ]
    assert report["published"] == "2025-11-20T16:00:00.000Z"
    assert report in world.objects()


def test_an_article_that_is_read_again_writes_nothing():
    world = World()
    world.publisher.publish_article(BETA, STORY, START, NEVER)
    world.publisher = world.another()
    world.dynamo.reset_counts()
    again = world.publisher.publish_article(BETA, STORY, START + HOUR, NEVER)
    assert again == Published(same=4)
    assert world.dynamo.writes == 0


@pytest.mark.parametrize("published", [START - DAY, None, START + 9 * DAY])
def test_an_article_that_has_changed_is_a_new_version(published: int | None):
    world = World()
    first = replace(STORY, published=published)
    world.publisher.publish_article(BETA, first, START, NEVER)
    for title in ("Now we know more", "Now we know more"):
        changed = replace(first, title=title)
        world.publisher.publish_article(BETA, changed, START + HOUR, NEVER)
    reports = [one for one in world.objects(query=HISTORY) if one["type"] == "report"]
    assert [one["name"] for one in reports] == ["What happened", "Now we know more"]
    assert reports[1]["modified"] == "2025-11-21T17:00:00.000Z"
    assert reports[0]["created"] == reports[1]["created"]


def test_an_article_is_kept_with_its_iocs_as_they_were():
    world = World()
    published = replace(STORY, industries=("energy",), severity=7.25, label="high")
    world.publisher.publish_article(BETA, published, START, NEVER)
    kept = world.articles.get(STORY.id)
    assert kept
    card = kept.card
    assert (card.title, card.summary, card.url) == (STORY.title, "Much.", STORY.url)
    assert (card.source, card.feed) == ("beta", "Beta list")
    assert card.published == START - DAY
    assert card.modified == card.fetched == world.clock.now()
    assert (card.iocs, card.cves, card.techniques) == (2, STORY.cves, STORY.techniques)
    assert (card.actors, card.malware) == (STORY.actors, STORY.malware)
    assert (card.industries, card.tags) == (("energy",), STORY.tags)
    (domain, address) = kept.iocs
    ids = {one["pattern"]: one["id"] for one in world.indicators()}
    assert ids["[domain-name:value = 'bad.example']"].endswith(domain.id)
    assert (address.value, address.confidence) == ("198.51.100.7", "medium")
    assert [one.id for one in world.articles.mentioning(HOST.key, 9)] == [STORY.id]
    before = kept
    world.publish(ALPHA, HOST)
    world.publisher.publish_article(BETA, published, START + HOUR, NEVER)
    assert world.articles.get(STORY.id) == before


def test_its_values_tell_of_it_and_of_the_industries_it_is_about():
    world = World()
    published = replace(STORY, industries=("energy", "water"))
    world.publisher.publish_article(BETA, published, START, NEVER)
    mention = Mention(STORY.id, STORY.title, STORY.url)
    for one in (HOST, sighting("CVE-2025-1000", IocType.CVE)):
        record = world.record(one)
        assert record.article == mention
        assert set(record.tags) == {"energy", "water"}


@pytest.mark.parametrize("published", [START - DAY, None, START + 9 * DAY])
def test_a_changed_article_is_modified_and_was_published_when_it_was(
    published: int | None,
):
    world = World()
    first = replace(STORY, published=published)
    world.publisher.publish_article(BETA, first, START, NEVER)
    began = world.clock.now()
    for title in ("Now we know more", "Now we know more"):
        world.clock.advance(3_600)
        changed = replace(first, title=title, actors=())
        world.publisher.publish_article(BETA, changed, START + HOUR, NEVER)
    kept = world.articles.get(STORY.id)
    assert kept
    assert kept.card.published == (published if published == START - DAY else began)
    assert (kept.card.fetched, kept.card.modified) == (began, began + HOUR)
    assert (kept.card.title, kept.card.actors) == ("Now we know more", ())


def test_an_article_about_nothing_is_published_too():
    world = World()
    world.publisher.publish_article(BETA, story(), START, NEVER)
    assert [one["type"] for one in world.objects("articles")] == [
        "identity",
        "marking-definition",
        "report",
    ]


# Others at the same time, and death


def test_two_sources_that_say_the_same_at_once_lose_nothing():
    world = World()
    other = world.another()
    meanwhile: list[str] = []

    def butt_in(operation: str) -> None:
        if operation == "PutItem" and not meanwhile:
            meanwhile.append(operation)
            other.publish(BETA, [HOST, ADDRESS], START, NEVER)

    world.dynamo.before_call = butt_in
    assert world.publish(ALPHA, HOST, ADDRESS).refused == 0
    for one in (HOST, ADDRESS):
        record = world.record(one)
        assert set(record.sources) == {"alpha", "beta"}
        (current,) = [i for i in world.indicators() if i["name"] == one.value]
        assert len(current["external_references"]) == 2
        assert current["modified"] == stix.time_text(record.modified)
    assert world.statistics.totals().sources == {"alpha": 2, "beta": 2}
    assert world.statistics.totals().new == {"domain": 1, "ipv4": 1}


def test_a_version_that_is_taken_by_other_content_makes_way_for_a_later_one():
    # Who published died before saving, and the list has changed since.
    world = World()
    ghost = World()
    ghost.publish(ALPHA, HOST)
    for alias in ("all", "urls-domains"):
        collection = world.collections.id_of(alias)
        assert collection
        left_behind = to_entry(ghost.indicators()[0])
        assert list(world.log.append(collection, [left_behind], NEVER))
    changed = sighting("bad.example", tags=("changed",))
    world.publish(ALPHA, changed, at=START)
    for alias in ("all", "urls-domains"):
        assert len(world.indicators(alias, HISTORY)) == 2
        (current,) = world.indicators(alias)
        assert "changed" in current["labels"]
        assert current["modified"] == "2025-11-21T16:00:00.001Z"
    assert world.record(HOST).modified == START + 1_000


def everything(world: World) -> tuple[list, list]:
    aliases = ("all", "network", "hashes", "urls-domains", "cves", "articles")
    seen = [world.objects(alias, HISTORY) for alias in aliases]
    records = sorted(
        (key[1], item["d"]["S"])
        for key, item in world.dynamo.items.items()
        if key[1].startswith("IOC#")
    )
    return seen, records


GONE = [
    sighting("gone.example", malware="Qakbot"),
    sighting("203.0.113.9", IocType.IPV4),
]


def world_before() -> World:
    world = World()
    world.publish(LIST, *GONE, at=START - DAY)
    return world


def a_run(world: World, run_at: int) -> None:
    batch = [
        sighting(value_of(kind, n), kind, malware="Emotet")
        for kind in (IocType.IPV4, IocType.SHA256, IocType.URL)
        for n in range(1)
    ]
    world.publisher.publish(LIST, batch, run_at, NEVER)
    world.publisher.vanish(LIST, [one.key for one in GONE], run_at, NEVER)
    world.publisher.publish_article(BETA, STORY, run_at, NEVER)


@pytest.mark.parametrize("when", ["before", "after"])
def test_who_dies_anywhere_does_the_rest_when_resumed(when):
    whole = world_before()
    begun = whole.dynamo.faults.calls
    a_run(whole, START)
    calls = whole.dynamo.faults.calls
    expected = everything(whole)
    for death in range(begun, calls):
        world = world_before()
        world.dynamo.faults = Faults(kill_at=death, kill_when=when, calls=begun)
        with pytest.raises(Killed):
            a_run(world, START)
        world.dynamo.faults = Faults()
        world.publisher = world.another()
        a_run(world, START)
        found = everything(world)
        assert [sorted(map(str, one)) for one in found[0]] == [
            sorted(map(str, one)) for one in expected[0]
        ], f"killed {when} call {death}"
        assert found[1] == expected[1], f"killed {when} call {death}"


def test_who_dies_while_expiring_revokes_each_once():
    def world_with_due() -> World:
        world = World()
        world.publish(ALPHA, *sightings(3, IocType.IPV4))
        world.clock.advance(40 * 86_400)
        return world

    whole = world_with_due()
    begun = whole.dynamo.faults.calls
    whole.expire()
    for death in range(begun, whole.dynamo.faults.calls):
        world = world_with_due()
        world.dynamo.faults = Faults(kill_at=death, kill_when="after", calls=begun)
        with pytest.raises(Killed):
            world.expire()
        world.dynamo.faults = Faults()
        world.publisher = world.another()
        world.expire(days=0.1)
        assert everything(world) == everything(whole), f"killed behind call {death}"


def test_a_throttled_table_stops_the_run_and_nothing_is_lost():
    world = World()
    world.dynamo.faults = Faults(random_faults=("throttled",), share=0.2)
    todo = sightings(40)
    for _ in range(500):
        try:
            world.publish(ALPHA, *todo, at=START)
        except Unavailable:
            continue
        break
    world.dynamo.faults = Faults()
    assert {one["name"] for one in world.indicators()} == {one.value for one in todo}
    assert len(world.indicators(query=HISTORY)) == 40


def test_no_more_is_begun_after_the_deadline():
    world = World()
    with pytest.raises(Unavailable):
        world.publisher.publish(ALPHA, [HOST], START, world.clock.monotonic() - 1)
    assert world.indicators() == []


# Statistics


def test_statistics_count_what_is_there_by_type_category_and_source():
    world = World()
    phish = Feed(id="phish", category="phishing", authoritative=True)
    world.feeds += (phish,)
    world.publisher = world.another()
    world.publish(ALPHA, HOST, ADDRESS)
    world.publish(phish, HOST, sighting("other.example"))
    world.clock.advance(86_400)
    world.vanish(phish, HOST, sighting("other.example"))
    world.publisher.publish_article(BETA, story(), world.clock.now(), NEVER)
    total = world.statistics.totals()
    assert total.active == {"domain": 1, "ipv4": 1}
    assert total.new == {"domain": 2, "ipv4": 1}
    assert total.gone == {"domain": 1}
    assert total.categories == {"malware": 2, "phishing": 1}
    assert total.sources == {"alpha": 2, "phish": 2}
    assert total.articles == {"malware": 1}
    today = START // DAY
    days = world.statistics.days(today - 5, today + 5)
    assert list(days) == [today, today + 1]
    assert days[today].plus(days[today + 1]) == total
