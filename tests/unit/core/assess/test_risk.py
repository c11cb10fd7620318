"""The score is what docs/api/risk-score.md says, for every record there can be."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.assess import risk
from chalicelib.core.assess.likeness import likeness
from chalicelib.core.iocs.ioc import Ioc, IocType, SeenBy
from tests.doubles.clock import START
from tests.publishing import DAY, Feed

DOCUMENT = (Path(__file__).parents[4] / "docs/api/risk-score.md").read_text()
FEEDS = {
    f"{category}-{number}": Feed(
        id=f"{category}-{number}",
        url=f"https://owner{number}.example/{category}.txt",
        category=category,
    )
    for category in (*risk.SEVERITY, "made-up")
    for number in range(7)
}


def rows(header: str) -> list[list[str]]:
    """Read a table of the document by its first column's name."""
    lines = DOCUMENT[DOCUMENT.index(f"| {header} |") :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


EXAMPLES = rows("example")


def ioc_of(
    sources: dict[str, SeenBy],
    *,
    sure: int = 80,
    kind: IocType = IocType.IPV4,
    **rest: Any,
) -> Ioc:
    value = "T1059" if kind is IocType.TECHNIQUE else "198.51.100.7"
    return Ioc(kind, value, START - DAY, START, sources, sure, START, START, **rest)


def seen(days: int = 0, *, listed: bool = False, until: int | None = None) -> SeenBy:
    last = START - days * DAY
    return SeenBy(last, last, listed=listed, until=until)


def score(ioc: Ioc, now: int = START) -> int:
    return risk.assess(ioc, FEEDS, now).score


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda row: row[0])
def test_an_example_of_the_document_is_right(example: list[str]):
    _, sure, publishers, when, category, holds, total, result, level = example
    days = 0 if when == "listed" else int(when.split()[0])
    sources = {
        f"{category}-{number}": seen(days, listed=when == "listed")
        for number in range(int(publishers))
    }
    ioc = ioc_of(
        sources,
        sure=int(sure),
        revoked=holds == "revoked",
        valid_until=START - 1 if holds == "expired" else None,
    )
    told = risk.assess(ioc, FEEDS, START)
    assert (told.score, told.level, told.cap or "") == (int(result), level, holds)
    assert [part.points for part in told.parts] == [
        float(one) for one in total.split(" + ")
    ]


def test_the_tables_of_the_document_are_those_of_the_code():
    assert {
        name.strip("`"): int(weight) for name, weight, _ in rows("part")
    } == risk.WEIGHTS
    assert {name.strip("`"): int(most) for name, most, _ in rows("cap")} == risk.CAPS
    assert (
        tuple((name.strip("`"), int(least)) for name, least in rows("level"))
        == risk.LEVELS
    )
    told = {
        name: int(severity)
        for names, severity in rows("category")
        for name in re.findall(r"`([^`]+)`", names)
    }
    assert told == risk.SEVERITY
    assert f"any other, or a source that is gone | {risk.OTHER_SEVERITY} |" in DOCUMENT
    by_number = dict(re.findall(r"(\d)(?: and more)?: (\d+)", rows("part")[1][2]))
    assert tuple(map(int, by_number.values())) == risk.BY_NUMBER[1:]
    assert f"## Formula {risk.FORMULA}\n" in DOCUMENT
    assert sum(risk.WEIGHTS.values()) == 100


def test_two_feeds_of_one_publisher_count_once():
    urlhaus = Feed(id="u", url="https://urlhaus.abuse.ch/x")
    threatfox = Feed(id="t", url="https://threatfox.abuse.ch/y")
    mine = Feed(id="m", url="https://raw.githubusercontent.com/Mine/list/main/a.txt")
    yours = Feed(id="y", url="https://raw.githubusercontent.com/yours/list/a.txt")
    again = Feed(id="a", url="https://raw.githubusercontent.com/mine/other/a.txt")
    origins = {one.id: one for one in (urlhaus, threatfox, mine, yours, again)}

    def sources(*names: str) -> int:
        told = risk.assess(ioc_of({name: seen() for name in names}), origins, START)
        return told.parts[1].value

    assert sources("u", "t") == sources("u") == 50
    assert sources("m", "a") == 50
    assert sources("m", "y") == 75
    assert sources("u", "m", "gone") == 88


@pytest.mark.parametrize(
    ("url", "owner"),
    [
        ("https://www.example.co.uk/a", "example.co.uk"),
        ("https://isc.sans.edu/api", "sans.edu"),
        ("https://a.b.example.org", "example.org"),
        ("https://localhost/x", "localhost"),
        ("https://gitlab.com/Group/x", "gitlab.com/group"),
        ("not a url", "alpha"),
    ],
)
def test_a_publisher_is_the_owner_of_the_host(url: str, owner: str):
    assert risk.publisher_of(Feed(url=url)) == owner


def test_the_word_of_who_stands_by_it_counts():
    over = seen(10, until=START - 1)
    ioc = ioc_of({"c2-0": over, "reputation-0": seen(listed=True)})
    assert risk.threat_of(ioc, FEEDS, START) == "reputation"
    assert risk.threat_of(ioc_of({"c2-0": over}), FEEDS, START) == "c2"
    assert risk.threat_of(ioc_of({"gone": over}), FEEDS, START) is None


def test_it_is_less_of_a_risk_from_day_to_day():
    ioc = ioc_of({"malware-0": seen()})
    scores = [score(ioc, START + day * DAY) for day in range(0, 400, 10)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]


def test_the_lowest_cap_holds():
    ioc = ioc_of({"c2-0": seen()}, sure=95, kind=IocType.TECHNIQUE)
    assert (score(ioc), risk.assess(ioc, FEEDS, START).cap) == (20, "technique")
    gone = replace(ioc, revoked=True, valid_until=START)
    told = risk.assess(gone, FEEDS, START)
    assert (told.score, told.level, told.cap) == (10, "low", "revoked")


def test_a_cap_that_does_not_lower_is_not_told():
    ioc = ioc_of({"anonymisation-0": seen(400)}, sure=0, valid_until=START - 1)
    told = risk.assess(ioc, FEEDS, START)
    assert (told.score, told.cap) == (11, None)


@given(
    sure=st.integers(0, 95),
    who=st.dictionaries(
        st.sampled_from([*FEEDS, "gone"]),
        st.builds(
            SeenBy,
            first=st.just(START - DAY),
            last=st.integers(0, START + 9 * DAY),
            confidence=st.integers(0, 100),
            listed=st.booleans(),
            until=st.none() | st.integers(0, 2 * START),
        ),
    ),
    kind=st.sampled_from([IocType.IPV4, IocType.TECHNIQUE]),
    revoked=st.booleans(),
    until=st.none() | st.integers(0, 2 * START),
)
def test_every_record_has_a_score_that_its_parts_explain(
    sure, who, kind, revoked, until
):
    ioc = ioc_of(who, sure=sure, kind=kind, revoked=revoked, valid_until=until)
    told = risk.assess(ioc, FEEDS, START)
    assert 0 <= told.score <= 100
    assert told.level == risk.level_of(told.score)
    assert all(0 <= part.value <= 100 for part in told.parts)
    total = sum(part.points for part in told.parts)
    if told.cap:
        assert told.score == risk.CAPS[told.cap] < total + 0.5
    else:
        assert abs(told.score - total) <= 0.5 + 1e-9
    assert risk.assess(ioc, FEEDS, START) == told


@given(one=st.text(max_size=30), other=st.text(max_size=30))
def test_likeness_goes_both_ways(one: str, other: str):
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, one) == 1
