"""What sightings make of a record: confidence, validity, and what is material."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.core.iocs import confidence, merge, validity
from chalicelib.core.iocs.ioc import Ioc, IocType, SeenBy, Sighting
from tests.doubles.clock import START
from tests.publishing import (
    ALPHA,
    BETA,
    DAY,
    LIST,
    OTHER_LIST,
    Feed,
    sighting,
    value_of,
)

HOST = sighting("bad.example")
ADDRESS = sighting("198.51.100.7", IocType.IPV4)
HASH = sighting(value_of(IocType.SHA256, 1), IocType.SHA256)
MIDNIGHT = START // DAY * DAY


def seen(
    one: Sighting, *feeds: Feed, at: int = START, before: Ioc | None = None
) -> Ioc:
    for feed in feeds:
        before = merge.merge(before, one, feed, at)
    assert before is not None
    return before


# Merging


def test_the_first_sighting_makes_a_record():
    one = sighting(
        "bad.example",
        first_seen=START - 5 * DAY,
        last_seen=START - DAY,
        tags=("b", "a", "b"),
        malware="Emotet",
        techniques=("T1071",),
        references=("https://x.example/1",),
        context="seen in mail",
    )
    ioc = merge.merge(None, one, replace(ALPHA, tags=("feed",)), START + 1_234)
    assert ioc == Ioc(
        type=IocType.DOMAIN,
        value="bad.example",
        first_seen=START - 5 * DAY,
        last_seen=START - DAY,
        sources={
            "alpha": SeenBy(
                START - 5 * DAY,
                START - DAY,
                confidence=80,
                listed=False,
                until=MIDNIGHT + 180 * DAY,
            )
        },
        confidence=80,
        created=START + 1_000,
        modified=START + 1_000,
        tags=("a", "b", "feed"),
        malware=("Emotet",),
        techniques=("T1071",),
        references=("https://x.example/1",),
        context="seen in mail",
        valid_until=MIDNIGHT + 180 * DAY,
    )


def test_sources_keep_their_own_counts_and_times():
    first = seen(HOST, ALPHA, at=START)
    ioc = seen(HOST, ALPHA, BETA, ALPHA, at=START + DAY, before=first)
    assert (ioc.sources["alpha"].count, ioc.sources["beta"].count) == (3, 1)
    assert ioc.sources["alpha"].first == START
    assert ioc.sources["beta"].first == START + DAY
    assert (ioc.first_seen, ioc.last_seen) == (START, START + DAY)


def test_a_date_in_the_future_is_now():
    ioc = seen(sighting("x.example", last_seen=START + 9 * DAY), ALPHA)
    assert ioc.last_seen == START


def test_tags_and_references_are_bounded_and_those_known_stay():
    ioc = seen(
        sighting("x.example", tags=("zz",), references=("https://r.example/z",)), ALPHA
    )
    more = sighting(
        "x.example",
        tags=tuple(f"t{n:02}" for n in range(40)),
        references=tuple(f"https://r.example/{n}" for n in range(40)),
    )
    ioc = seen(more, BETA, before=ioc)
    assert len(ioc.tags) == merge.MOST_TAGS
    assert "zz" in ioc.tags
    assert list(ioc.tags) == sorted(ioc.tags)
    assert len(ioc.references) == merge.MOST_REFERENCES
    assert ioc.references[0] == "https://r.example/z"


def test_what_is_merged_twice_in_another_order_is_the_same():
    one = sighting("x.example", tags=("a",), malware="M1")
    two = sighting("x.example", tags=("b",), malware="M2")
    there = merge.merge(merge.merge(None, one, ALPHA, START), two, BETA, START)
    back = merge.merge(merge.merge(None, two, BETA, START), one, ALPHA, START)
    assert not merge.is_material(there, back)


def test_each_version_is_later_than_the_one_before_it():
    ioc = seen(HOST, ALPHA)
    assert merge.version_at(START + 5, ioc) == ioc.modified + 1_000
    assert merge.version_at(START - DAY, ioc) == ioc.modified + 1_000
    assert merge.version_at(START + DAY + 7, ioc) == START + DAY


# Confidence


@pytest.mark.parametrize(
    ("own", "expected"), [(None, 80), (100, 80), (50, 60), (0, 40), (900, 80)]
)
def test_a_source_is_weighed_by_its_own_confidence(own, expected):
    assert confidence.evidence(80, own) == expected


def test_sources_that_agree_make_us_surer_but_never_sure():
    assert seen(HOST, ALPHA).confidence == 80
    assert seen(HOST, BETA).confidence == 60
    assert seen(HOST, ALPHA, BETA).confidence == 90
    assert seen(HOST, ALPHA, BETA, LIST, OTHER_LIST).confidence == confidence.MOST


def test_evidence_decays_in_the_second_half_of_its_validity():
    one = SeenBy(START, START, confidence=80, listed=False, until=START + 100 * DAY)
    sure = [confidence.combined([one], START + days * DAY) for days in (0, 50, 75, 99)]
    assert sure == [80, 80, 60, 40]
    listed = replace(one, listed=True)
    assert confidence.combined([listed], START + 99 * DAY) == 80


def test_the_newest_word_of_a_source_counts_whichever_row_comes_last():
    old = sighting("x.example", last_seen=START - DAY, confidence=100)
    new = sighting("x.example", last_seen=START - 5, confidence=50)
    same = sighting("x.example", last_seen=START - 5, confidence=0)
    for rows in ((old, new, same), (same, new, old), (new, old, same, new, old)):
        ioc = None
        for number, one in enumerate(rows):
            ioc = merge.merge(ioc, one, ALPHA, START + number * DAY)
        assert ioc is not None
        assert ioc.sources["alpha"].confidence == 60


def test_who_no_longer_stands_by_it_does_not_count():
    old = SeenBy(START, START, confidence=90, listed=False, until=START + DAY)
    new = SeenBy(START, START, confidence=40, listed=False, until=START + 90 * DAY)
    assert confidence.combined([old, new], START + 5 * DAY) == 40


@pytest.mark.parametrize(
    ("number", "label"),
    [(95, "high"), (75, "high"), (74, "medium"), (45, "medium"), (44, "low")],
)
def test_confidence_has_a_label(number, label):
    assert confidence.label(number) == label


# Validity


def test_validity_is_by_type_and_ends_at_midnight():
    assert seen(ADDRESS, ALPHA).valid_until == MIDNIGHT + 31 * DAY
    assert seen(HOST, ALPHA).valid_until == MIDNIGHT + 181 * DAY
    assert seen(HASH, ALPHA).valid_until is None
    assert seen(HASH, replace(ALPHA, valid_days=7)).valid_until == MIDNIGHT + 8 * DAY


def test_validity_is_not_refreshed_before_less_than_half_remains():
    ioc = seen(ADDRESS, ALPHA)
    early = seen(ADDRESS, ALPHA, at=START + 14 * DAY, before=ioc)
    assert early.valid_until == ioc.valid_until
    late = seen(ADDRESS, ALPHA, at=START + 16 * DAY, before=ioc)
    assert late.valid_until == MIDNIGHT + 47 * DAY


def test_a_row_sent_again_after_the_days_of_refresh_is_refreshed():
    for kind in (IocType.IPV4, IocType.DOMAIN):
        one = sighting(value_of(kind, 1), kind)
        days = validity.refresh_after(kind)
        assert days is not None
        ioc = seen(one, ALPHA)
        again = seen(one, ALPHA, at=START + days * DAY, before=ioc)
        assert merge.is_material(ioc, again)
        before = seen(one, ALPHA, at=START + (days - 2) * DAY, before=ioc)
        assert not merge.is_material(ioc, before)
    assert validity.refresh_after(IocType.MD5) is None
    assert validity.refresh_after(IocType.MD5, 10) == 6


# What consumers see


def test_a_sighting_that_changes_nothing_is_not_material():
    ioc = seen(HOST, ALPHA)
    assert not merge.is_material(ioc, seen(HOST, ALPHA, at=START + DAY, before=ioc))


@pytest.mark.parametrize(
    "said",
    [
        {"tags": ("new",)},
        {"malware": "New"},
        {"techniques": ("T1003",)},
        {"references": ("https://new.example/",)},
        {"context": "new"},
        {"confidence": 10},
        {"first_seen": START - 40 * DAY},
    ],
    ids=lambda said: next(iter(said)),
)
def test_what_consumers_see_is_material(said):
    ioc = seen(HOST, ALPHA)
    after = seen(sighting("bad.example", **said), ALPHA, at=START + DAY, before=ioc)
    assert merge.is_material(ioc, after)


def test_another_source_is_material():
    ioc = seen(HASH, ALPHA)
    assert merge.is_material(ioc, seen(HASH, replace(ALPHA, id="c"), before=ioc))


def test_when_a_vulnerability_was_first_seen_is_not_published():
    cve = sighting("CVE-2025-1000", IocType.CVE)
    ioc = seen(cve, ALPHA)
    earlier = replace(cve, said=replace(cve.said, first_seen=START - 90 * DAY))
    assert not merge.is_material(ioc, seen(earlier, ALPHA, before=ioc))


# Going and coming back


def test_what_the_last_list_gives_up_is_revoked():
    ioc = merge.withdraw(seen(HOST, LIST), "list", START + DAY)
    assert ioc is not None
    assert ioc.revoked
    assert not ioc.sources["list"].listed
    assert ioc.modified == START + DAY


@pytest.mark.parametrize("other", [OTHER_LIST, ALPHA], ids=["listed", "valid still"])
def test_what_somebody_else_stands_by_stays(other):
    ioc = seen(HOST, LIST, other)
    after = merge.withdraw(ioc, "list", START + DAY)
    assert after is not None
    assert not after.revoked
    assert after.confidence < ioc.confidence


def test_only_a_list_that_has_it_can_give_it_up():
    ioc = seen(HOST, LIST, ALPHA)
    assert merge.withdraw(ioc, "alpha", START + DAY) is None
    assert merge.withdraw(ioc, "nobody", START + DAY) is None
    once = merge.withdraw(ioc, "list", START + DAY)
    assert once is not None
    assert merge.withdraw(once, "list", START + DAY) is None


def test_what_comes_back_is_another_object():
    gone = merge.withdraw(seen(HOST, LIST), "list", START + DAY)
    back = merge.merge(gone, HOST, LIST, START + 2 * DAY)
    assert (back.life, back.revoked) == (2, False)
    assert back.created == back.modified == START + 2 * DAY
    assert back.valid_until == MIDNIGHT + 183 * DAY
    assert back.first_seen == START


def test_a_record_expires_when_its_validity_is_over_in_a_version_of_that_time():
    ioc = seen(ADDRESS, ALPHA)
    end = ioc.valid_until
    assert end is not None
    assert merge.expire(ioc, set(), {}, end - 1) is None
    for late in (0, 5 * DAY):
        over = merge.expire(ioc, set(), {}, end + late)
        assert over is not None
        assert (over.revoked, over.modified) == (True, end)
        assert merge.expire(over, set(), {}, end + late) is None


def test_what_a_complete_list_still_has_does_not_expire():
    ioc = seen(ADDRESS, LIST)
    end = ioc.valid_until
    assert end is not None
    after = merge.expire(ioc, {"list"}, {"list": 30}, end + 100 * DAY)
    assert after is not None
    assert not after.revoked
    assert after.valid_until is not None
    assert after.valid_until > end + 100 * DAY
    assert (after.valid_until - end) % (30 * DAY) == 0
    # A list that is read no more holds nothing.
    gone = merge.expire(ioc, set(), {}, end)
    assert gone is not None
    assert gone.revoked


def test_what_never_expires_never_does():
    assert merge.expire(seen(HASH, ALPHA), set(), {}, START + 9_000 * DAY) is None
