"""Block lists are what their readers take: ipaddress, dnspython, BIND, Suricata."""

from __future__ import annotations

import ipaddress
import shutil
import subprocess

import dns.name
import dns.zone
import pytest
import suricataparser

from chalicelib.api.iocs import exports
from chalicelib.core.iocs.ioc import IocType
from chalicelib.export import EXPORTERS
from chalicelib.export.about import About
from chalicelib.export.blocking import blocklist, suricata
from tests.factories import make_row

ADDRESSES = [
    make_row("198.51.100.7"),
    make_row("203.0.113.0/24"),
    make_row("2001:db8::7", IocType.IPV6),
    make_row("2001:db8:1::/48", IocType.IPV6),
]
DOMAINS = [
    make_row("evil.example", IocType.DOMAIN),
    make_row("_dmarc.xn--80ak6aa92e.example", IocType.DOMAIN),
]
URLS = [
    make_row("http://evil.example/", IocType.URL),
    make_row("https://evil.example:8443/a/b.exe?c=1;d|e", IocType.URL),
]
OTHERS = [
    make_row("boss@evil.example", IocType.EMAIL),
    make_row("0cc175b9c0f1b6a831c399e269772661", IocType.MD5),
]
NEVER = [
    make_row("CVE-2024-3094", IocType.CVE),
    make_row("T1059", IocType.TECHNIQUE),
    make_row("198.51.100.8", revoked=True),
    make_row("evil.example\nx", IocType.DOMAIN),
    *map(make_row, ("10.0.0.1", "127.0.0.1", "192.168.0.0/24", "100.64.9.9")),
    *map(make_row, ("169.254.1.1", "224.0.0.5", "255.255.255.255", "8.0.0.0/5")),
    *(make_row(one, IocType.IPV6) for one in ("::1", "fe80::1", "fd00::1", "ff02::1")),
    make_row("http://192.168.0.1/", IocType.URL),
    make_row("http://[fd00::1]/", IocType.URL),
]
ROWS = [*ADDRESSES, *DOMAINS, *URLS, *OTHERS, *NEVER]
MADE_AT = 1_763_683_200_000_000


def about(asked=None):
    return About(made_at=MADE_AT, options={"format": asked} if asked else {})


def lines(rows, asked=None):
    text = blocklist.render(rows, about(asked))
    assert text == "" or text.endswith("\n")
    return text.splitlines()


def values(*rows):
    return [row.value for some in rows for row in some]


def test_plain_text_has_all_that_can_be_blocked():
    assert lines(ROWS) == values(ADDRESSES, DOMAINS, URLS, OTHERS)
    assert lines(ROWS, "txt") == lines(ROWS)


def test_each_list_may_be_asked_for():
    assert tuple(blocklist.BLOCK_LISTS) == exports.BLOCK_LISTS


@pytest.mark.parametrize("asked", blocklist.BLOCK_LISTS)
def test_what_a_list_cannot_hold_is_counted(asked):
    exporter = EXPORTERS["blocklist"]
    held = {
        "txt": 10, "edl-ip": 4, "edl-domain": 2, "edl-url": 2,
        "guardduty": 2, "rpz": 6, "suricata": 8,
    }  # fmt: skip
    assert exporter.skipped(ROWS, about(asked)) == len(ROWS) - held[asked]
    assert exporter.skipped(NEVER, about(asked)) == len(NEVER)


def test_a_value_stands_once_in_a_list():
    assert lines([ADDRESSES[0], ADDRESSES[0]], "edl-ip") == ["198.51.100.7"]
    twins = [
        make_row(f"{one}://evil.example/", IocType.URL) for one in ("http", "https")
    ]
    assert lines(twins, "edl-url") == ["evil.example/"]


def test_a_list_of_palo_alto_is_of_one_type():
    found = lines(ROWS, "edl-ip")
    assert found == values(ADDRESSES)
    assert all(ipaddress.ip_network(one) for one in found)
    assert lines(ROWS, "edl-domain") == values(DOMAINS)
    assert lines(ROWS, "edl-url") == ["evil.example/", "evil.example/a/b.exe?c=1;d|e"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://evil.example/a",
        "http://evil.example/*/a",
        "http://evil.example/" + "a" * 255,
    ],
)
def test_palo_alto_has_no_form_for_some_urls(url):
    rows = [make_row(url, IocType.URL)]
    assert lines(rows, "edl-url") == []
    assert EXPORTERS["blocklist"].skipped(rows, about("edl-url")) == 1


def test_user_and_fragment_are_nothing_that_a_firewall_sees():
    row = make_row("http://me:secret@evil.example/a#/b", IocType.URL)
    assert lines([row], "edl-url") == ["evil.example/a"]


def test_guardduty_takes_public_ipv4_only():
    found = lines(ROWS, "guardduty")
    assert found == ["198.51.100.7", "203.0.113.0/24"]
    assert all(ipaddress.IPv4Network(one) for one in found)


def test_guardduty_takes_250_000_entries():
    rows = [ADDRESSES[0]] * 250_001
    assert blocklist.skipped(rows, about("guardduty")) == 1


def zone_of(rows):
    text = blocklist.render(rows, about("rpz"))
    return dns.zone.from_text(text, "rpz.example.")


def test_a_zone_is_a_zone_to_dnspython():
    zone = zone_of(ROWS)
    soa = zone.get_soa()
    assert soa.serial == MADE_AT // 1_000_000
    owners = {
        name.to_text()
        for name, _, data in zone.iterate_rdatas("CNAME")
        if data.target.derelativize(zone.origin) == dns.name.root
    }
    assert owners == {
        "32.7.100.51.198.rpz-ip",
        "24.0.113.0.203.rpz-ip",
        "128.7.zz.db8.2001.rpz-ip",
        "48.zz.1.db8.2001.rpz-ip",
        "evil.example",
        "*.evil.example",
        "_dmarc.xn--80ak6aa92e.example",
        "*._dmarc.xn--80ak6aa92e.example",
    }


def test_an_empty_zone_is_a_zone():
    assert zone_of([]).get_soa().serial == MADE_AT // 1_000_000


def test_a_name_that_leaves_no_room_for_the_zone_is_left_out():
    label = "a" * 60
    fits = make_row(f"{label}.{label}.{label}.com", IocType.DOMAIN)
    long = make_row(f"{label}.{label}.{label}.evil.com", IocType.DOMAIN)
    assert zone_of([fits]).get_node(fits.value)
    assert blocklist.skipped([fits, long], about("rpz")) == 1


@pytest.mark.skipif(not shutil.which("named-checkzone"), reason="BIND is not here")
def test_a_zone_is_a_zone_to_bind(tmp_path):
    file = tmp_path / "zone"
    file.write_text(blocklist.render(ROWS, about("rpz")))
    command = [shutil.which("named-checkzone"), "rpz.example", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "loaded serial 1763683200" in done.stdout


def rules_of(rows):
    text = blocklist.render(rows, about("suricata"))
    rules = suricataparser.parse_rules(text)
    assert len(rules) == len(text.splitlines())
    return rules


def options(rule):
    return [(one.name, one.value) for one in rule.options]


def test_suricata_rules_have_ids_of_their_own():
    rules = rules_of(ROWS)
    assert len(rules) == 4 + 2 * 2 + 2
    assert len({rule.sid for rule in rules}) == len(rules)
    assert all(rule.sid in suricata.SIDS for rule in rules)
    assert all(rule.enabled for rule in rules)
    assert {rule.action for rule in rules} == {"alert"}
    again = rules_of(ROWS[1:2])
    assert again[0].sid == rules[1].sid


def test_a_domain_is_looked_for_in_dns_and_tls():
    asked, hello = rules_of(DOMAINS[:1])
    below = [
        ("dotprefix", None),
        ("content", '".evil.example"'),
        ("nocase", None),
        ("endswith", None),
    ]
    assert asked.header.startswith("dns $HOME_NET")
    assert options(asked)[1:6] == [("dns.query", None), *below]
    assert hello.header.startswith("tls $HOME_NET")
    assert options(hello)[2:7] == [("tls.sni", None), *below]
    assert asked.msg == "Taxiway IOC domain evil.example, high confidence"
    assert hello.sid == asked.sid + 1


def test_a_url_is_looked_for_by_host_and_raw_uri():
    (rule,) = rules_of(URLS[1:])
    assert options(rule)[2:9] == [
        ("http.host", None),
        ("content", '"evil.example"'),
        ("bsize", "12"),
        ("http.uri.raw", None),
        ("content", '"/a/b.exe?c=1|3b|d|7c|e"'),
        ("nocase", None),
        ("bsize", str(len("/a/b.exe?c=1;d|e"))),
    ]


def test_an_address_is_looked_for_at_the_other_end():
    headers = [rule.header for rule in rules_of(ADDRESSES)]
    assert headers[1] == "ip $HOME_NET any -> [203.0.113.0/24] any"
    assert headers[2] == "ip $HOME_NET any -> [2001:db8::7] any"


def test_priority_and_revision_follow_the_record():
    day = 86_400_000_000
    rows = [
        make_row("198.51.100.1", confidence=level, modified=MADE_AT + number * day)
        for number, level in enumerate(("high", "medium", "low"))
    ]
    found = [dict(options(rules_of([row])[0])) for row in rows]
    assert [one["priority"] for one in found] == ["1", "2", "3"]
    assert [one["rev"] for one in found] == ["20251121", "20251122", "20251123"]


def test_two_iocs_that_want_one_id_get_two():
    # A million pairs of rules would meet sooner or later: these ask twice.
    first, second = rules_of([ADDRESSES[0], ADDRESSES[0]])
    assert second.sid == first.sid + 2


@pytest.mark.skipif(not shutil.which("suricata"), reason="Suricata is not here")
def test_suricata_loads_the_rules(tmp_path):
    file = tmp_path / "ioc.rules"
    file.write_text(blocklist.render(ROWS, about("suricata")))
    command = [shutil.which("suricata"), "-T", "-S", str(file), "-l", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
