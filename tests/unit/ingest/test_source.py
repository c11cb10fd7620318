from __future__ import annotations

import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chalicelib.core.iocs.ioc import IocType
from chalicelib.ingest.formats import FORMATS, dates
from chalicelib.ingest.source import InvalidSource, Source, load, read

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "chalicelib/data/sources.toml"
REASON = re.compile(r"^# .+\n\[\[source\]\]\nid = \"([a-z0-9-]+)\"", re.MULTILINE)
WANTED = (
    *("urlhaus", "threatfox", "feodo", "sslbl"),
    *("malwarebazaar", "cisa-kev", "spamhaus-drop-v4", "spamhaus-drop-v6"),
    *("et-compromised", "openphish", "phishtank", "tor-exits"),
    *("blocklist-de", "cins", "dshield-block", "ipsum"),
    *("tweetfeed", "circl-misp", "botvrij-misp", "digitalside-misp"),
    *("maltrail-lokibot", "cisa-csaf-ot", "otx", "bleepingcomputer"),
    *("cisa-advisories", "crowdstrike", "krebs", "securityweek"),
    *("the-hacker-news", "microsoft-security", "talos", "unit42"),
    *("oalabs", "welivesecurity"),
)

ROW = """
[[source]]
id = "example"
name = "An example"
url = "https://example.org/list.txt"
format = "value_lines"
every = 60
category = "malware"
reliability = 50
licence = "CC0-1.0"
attribution = "Somebody"
redistribute = true
"""


def row(**changes: str) -> str:
    """Write the row with some of its lines changed; None takes one away."""
    lines = ROW.strip().splitlines()
    kept = [line for line in lines if line.partition(" =")[0] not in changes]
    return "\n".join([*kept, *(f"{key} = {value}" for key, value in changes.items())])


def test_a_row_becomes_a_source():
    (source,) = read(row(kind='"ipv4"', tags='["one"]'))
    assert source == Source(
        id="example",
        name="An example",
        url="https://example.org/list.txt",
        format="value_lines",
        every=60,
        category="malware",
        reliability=50,
        licence="CC0-1.0",
        attribution="Somebody",
        redistribute=True,
        kind=IocType.IPV4,
        tags=("one",),
    )
    assert (source.first_url, source.headers) == (source.url, {})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"colour": '"red"'}, "no such key: colour"),
        ({"every": '"often"'}, "every is to be of type int"),
        ({"every": "true"}, "every is to be of type int"),
        ({"every": "1"}, "every is at least 5 minutes"),
        ({"url": '"ftp://example.org/"'}, "url is no web address"),
        ({"url": '"http://example.org/"'}, "url is no web address, or not https"),
        ({"url": '"https:///list"'}, "url is no web address"),
        ({"reliability": "101"}, "reliability is 0 to 100"),
        ({"max_bytes": "0"}, "max_bytes is more than 0"),
        ({"id": '"No Id"'}, "id is lower case"),
        ({"tlp": '"purple"'}, "tlp is one of clear, green"),
        ({"kind": '"ip"'}, "no such kind: ip"),
        ({"valid_days": "-1"}, "valid_days is more than 0"),
        ({"secret": '"one"'}, "secret and secret_header go together"),
        ({"tags": "[1]"}, "tags are texts"),
        ({"licence": '""'}, "licence and attribution say something"),
        (
            {"format": '"misp_feed"', "authoritative": "true"},
            "misp_feed is never a complete list",
        ),
    ],
)
def test_a_row_that_cannot_be_meant_so_is_refused(changes, why: str):
    with pytest.raises(InvalidSource) as error:
        read(row(**changes))
    assert why in str(error.value)


def test_a_row_names_what_it_lacks():
    with pytest.raises(InvalidSource) as error:
        read('[[source]]\nid = "short"\nname = "Short"')
    assert str(error.value).startswith("short: missing: attribution, missing: category")


def test_an_id_is_there_once():
    with pytest.raises(InvalidSource, match="twice"):
        read(ROW + ROW)


@pytest.mark.parametrize("text", ["[[source", 'source = "x"'])
def test_what_is_no_table_is_refused(text: str):
    with pytest.raises(InvalidSource):
        read(text)


def test_http_is_for_a_row_that_says_so():
    (source,) = read(row(url='"http://example.org/"', secure="false"))
    assert not source.secure


def test_the_table_that_ships_has_the_sources_that_were_asked_for():
    ids = [source.id for source in load()]
    assert len(ids) >= 30
    assert [one for one in WANTED if one not in ids] == []


def test_every_row_that_ships_has_a_format_that_is_there():
    assert [one.id for one in load() if one.format not in FORMATS] == []


def test_what_may_not_be_passed_on_is_off_and_says_why():
    withheld = {source.id for source in load() if not source.redistribute}
    assert withheld
    assert not [one.id for one in load() if one.id in withheld and one.enabled]
    reasons = set(REASON.findall(TABLE.read_text()))
    assert withheld <= reasons


def test_what_is_off_says_why():
    reasons = set(REASON.findall(TABLE.read_text()))
    assert {source.id for source in load() if not source.enabled} <= reasons


def test_sources_of_one_host_share_one_secret():
    by_host: dict[str, set[str | None]] = {}
    for source in load():
        host = ".".join(str(urlsplit(source.url).hostname).split(".")[-2:])
        by_host.setdefault(host, set()).add(source.secret)
    assert by_host["abuse.ch"] == {"abuse-ch"}
    assert by_host["alienvault.com"] == {"otx"}


def test_the_table_of_the_documents_is_the_table_that_ships():
    text = (ROOT / "docs/feeds.md").read_text()
    written = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    shipped = [
        (
            f"`{one.id}`",
            f"[{one.name}]({one.url})",
            f"`{one.format}`",
            str(one.every),
            "yes" if one.enabled else "no",
            "yes" if one.redistribute else "no",
            f"`{one.secret}`" if one.secret else "",
            one.licence,
            one.attribution,
        )
        for one in load()
    ]
    assert written == shipped


def test_the_guide_names_every_key_of_a_row():
    guide = (ROOT / "docs/contributing/adding-a-feed.md").read_text()
    keys = set(Source.__dataclass_fields__)
    assert [key for key in sorted(keys) if f"`{key}`" not in guide] == []
    used = {
        key
        for one in tomllib.loads(TABLE.read_text())["source"]
        for part in ("columns", "options")
        for key in one.get(part, {})
    }
    assert [key for key in sorted(used) if f"`{key}`" not in guide] == []


DAY = 1_753_315_200_000_000
HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("said", "style", "moment"),
    [
        ("2025-07-24", "iso", DAY),
        ("2025-07-24 05:00:00", "iso", DAY + 5 * HOUR),
        ("2025-07-24T05:00:00Z", "iso", DAY + 5 * HOUR),
        ("2025-07-24T05:00:00.123456789Z", "iso", DAY + 5 * HOUR + 123_456),
        ("2025-07-24T05:00:00+02:00", "iso", DAY + 3 * HOUR),
        ("2025-07-24 05:00:00 UTC", "iso", DAY + 5 * HOUR),
        ("2025-07-24 05:00:00 (UTC)", "iso", DAY + 5 * HOUR),
        ("2025/07/24", "iso", DAY),
        ("Thu, 24 Jul 2025 05:00:00 GMT", "iso", DAY + 5 * HOUR),
        ("Thu, 24 Jul 2025 05:00:00 EDT", "iso", DAY + 9 * HOUR),
        ("Thu, 24 Jul 2025 05:00:00 EST", "iso", DAY + 10 * HOUR),
        ("Jul 24, 2025 00:00:00-0500", "iso", DAY + 5 * HOUR),
        ("July 24, 2025", "iso", DAY),
        ("Thu Jul 24 05:00:00 2025 UTC", "iso", DAY + 5 * HOUR),
        (1_753_315_200, "iso", DAY),
        ("1753315200", "iso", DAY),
        (1_753_315_200_000, "iso", DAY),
        (DAY, "iso", DAY),
        (1_753_315_200.5, "iso", DAY + 500_000),
        ("7/24/2025 5:00", "us", DAY + 5 * HOUR),
        ("24-07-2025", "day_first", DAY),
        ("24/07/2025 05:00", "day_first", DAY + 5 * HOUR),
        ("24.07.2025", "day_first", DAY),
        ("2999-01-01", "iso", 32_472_144_000_000_000),
    ],
)
def test_a_date_is_read_as_it_is_written(said, style: str, moment: int):
    assert dates.read(said, style) == moment


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "None",
        "n/a",
        "yesterday",
        True,
        0,
        17,
        -5,
        10**20,
        float("nan"),
        float("inf"),
        [],
        "0000-00-00 00:00:00",
        "2025-13-40",
        "1601-01-01",
        "7/24/2025",
        "24-07-2025",
        "x" * 5_000,
    ],
)
def test_what_is_no_date_for_sure_is_none(said):
    assert dates.read(said) is None
