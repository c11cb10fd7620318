"""Sigma's own parser, validators and backends read what we write."""

from __future__ import annotations

import copy
import datetime as dt
import json
import uuid
from pathlib import Path

import jsonschema
import pytest
import yaml
from sigma.backends.kusto import KustoBackend
from sigma.backends.splunk import SplunkBackend
from sigma.collection import SigmaCollection
from sigma.pipelines.microsoftxdr import microsoft_xdr_pipeline
from sigma.pipelines.sentinelasim import sentinel_asim_pipeline
from sigma.validation import SigmaValidator
from sigma.validators import core, sigmahq

from chalicelib.core.iocs.ioc import IocType, Mention
from chalicelib.export import EXPORTERS
from chalicelib.export.about import About
from chalicelib.export.blocking import sigma_rules
from tests.factories import make_row

SCHEMA = (
    Path(__file__).resolve().parents[5]
    / "shared/data/schemas/sigma/sigma-detection-rule-schema.json"
)
SHA256 = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
ROWS = [
    make_row("198.51.100.7"),
    make_row("203.0.113.0/24"),
    make_row("2001:db8::7", IocType.IPV6, confidence="medium", score=55),
    make_row("2001:db8::/32", IocType.IPV6),
    make_row("evil.example", IocType.DOMAIN, techniques=("T1059.001", "TA0011")),
    make_row("http://evil.example/a*b?c=1", IocType.URL, tlp="green"),
    make_row("http://evil.example/" + "a" * 300, IocType.URL),
    make_row("http://evil.example/" + "a" * 301, IocType.URL),
    make_row("0cc175b9c0f1b6a831c399e269772661", IocType.MD5),
    make_row("86f7e437faa5a7fce15d1ddcb9eaeaea377667b8", IocType.SHA1),
    make_row(SHA256, IocType.SHA256),
]
WITHOUT_FORM = [
    make_row("1f40fc92" * 16, IocType.SHA512),
    make_row("boss@evil.example", IocType.EMAIL),
    make_row("CVE-2024-3094", IocType.CVE),
    make_row("T1059", IocType.TECHNIQUE),
    make_row("10.1.2.3"),
    make_row("198.51.100.8", revoked=True),
]
LEFT_OUT = {
    "tlpv1_tag": "knows TLP 1 only",
    "escaped_wildcard": "asks whether the escaping is on purpose: it is",
    "sigmahq_tags_tlp": "a rule of SigmaHQ's repository: they publish no amber",
    # These read their data from the network.
    "attacktag": "network",
    "d3_fendtag": "network",
    "sigmahq_category_event_id": "network",
    "sigmahq_category_windows_provider_name": "network",
    "sigmahq_fieldname_cast": "network",
    "sigmahq_invalid_fieldname": "network",
    "sigmahq_redundant_field": "network",
    "sigmahq_logsource_unknown": "network",
    "sigmahq_tags_techniques_without_tactics": "network",
}


def about(grouping="logsource"):
    return About(made_at=0, options={"grouping": grouping})


def render(rows, grouping="logsource"):
    return sigma_rules.render(rows, about(grouping))


def rules_of(rows, grouping="logsource"):
    return list(yaml.safe_load_all(render(rows, grouping)))


def one(row, grouping="ioc"):
    (rule,) = rules_of([row], grouping)
    return rule


@pytest.mark.parametrize("grouping", ["logsource", "ioc"])
def test_the_validators_of_sigma_find_nothing(grouping):
    collection = SigmaCollection.from_yaml(render(ROWS, grouping))
    chosen = {
        check
        for name, check in {**core.validators, **sigmahq.validators}.items()
        if name not in LEFT_OUT
    }
    assert len(chosen) > 40
    assert SigmaValidator(chosen).validate_rules(iter(collection.rules)) == []


@pytest.mark.parametrize("grouping", ["logsource", "ioc"])
def test_rules_keep_to_the_schema_of_sigma(grouping):
    if not SCHEMA.exists():
        pytest.skip("the schema is not here")
    schema = json.loads(SCHEMA.read_text())
    for rule in rules_of(ROWS, grouping):
        jsonschema.validate(rule, schema)


@pytest.mark.parametrize("grouping", ["logsource", "ioc"])
def test_every_rule_becomes_a_query_of_splunk(grouping):
    collection = SigmaCollection.from_yaml(render(ROWS, grouping))
    found = SplunkBackend().convert(collection)
    assert len(found) == len(collection.rules)
    assert any(
        'QueryName IN ("evil.example", "*.evil.example")' in one for one in found
    )
    assert any(r"http://evil.example/a\*b?c=1" in one for one in found)


def kusto(row, pipeline):
    collection = SigmaCollection.from_yaml(render([row]))
    (query,) = KustoBackend(pipeline).convert(copy.deepcopy(collection))
    return query


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (ROWS[0], 'DeviceNetworkEvents\n| where RemoteIP =~ "198.51.100.7"'),
        (ROWS[1], 'ipv4_is_in_range(RemoteIP, "203.0.113.0/24")'),
        (ROWS[10], f'DeviceProcessEvents\n| where SHA256 startswith "{SHA256}"'),
    ],
)
def test_rules_become_queries_of_defender(row, expected):
    assert expected in kusto(row, microsoft_xdr_pipeline())


def test_rules_of_proxies_and_dns_become_queries_of_sentinel():
    url = kusto(ROWS[5], sentinel_asim_pipeline())
    assert url == 'imWebSession\n| where Url =~ "http://evil.example/a*b?c=1"'
    domain = kusto(ROWS[4], sentinel_asim_pipeline(query_table="imDns"))
    assert 'QueryName endswith ".evil.example"' in domain


def test_rules_are_by_logsource_and_confidence():
    found = {
        (rule["logsource"]["category"], rule["level"]): rule
        for rule in rules_of([*ROWS, *WITHOUT_FORM])
    }
    assert set(found) == {
        ("dns_query", "high"),
        ("network_connection", "high"),
        ("network_connection", "medium"),
        ("process_creation", "high"),
        ("proxy", "high"),
    }
    assert found["network_connection", "high"]["detection"] == {
        "selection": [
            {"DestinationIp": "198.51.100.7"},
            {"DestinationIp|cidr": ["203.0.113.0/24", "2001:db8::/32"]},
        ],
        "condition": "selection",
    }
    assert found["process_creation", "high"]["detection"]["selection"] == {
        "Hashes|contains": [
            "MD5=0cc175b9c0f1b6a831c399e269772661",
            "SHA1=86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
            f"SHA256={SHA256}",
        ]
    }
    assert found["proxy", "high"]["tags"] == ["tlp.green"]


def test_many_iocs_make_several_rules_with_ids_of_their_own():
    rows = [
        make_row(f"203.0.{number >> 8}.{number & 255}")
        for number in range(sigma_rules.MOST_VALUES + 1)
    ]
    first, second = rules_of(rows)
    assert len(first["detection"]["selection"]["DestinationIp"]) == len(rows) - 1
    assert second["detection"]["selection"] == {"DestinationIp": rows[-1].value}
    assert first["id"] != second["id"]
    assert first["title"] != second["title"]
    (next_page,) = rules_of(rows[1:2])
    assert next_page["id"] not in (first["id"], second["id"])


def test_one_rule_for_each_ioc():
    rules = rules_of([*ROWS, *WITHOUT_FORM], "ioc")
    assert len(rules) == len(ROWS)
    assert len({rule["id"] for rule in rules}) == len(ROWS)
    rule = rules[0]
    assert rule["title"] == "Taxiway IOC - Malicious IPv4 Address 198.51.100.7"
    assert uuid.UUID(rule["id"]).version == 5
    assert rule["detection"]["selection"] == {"DestinationIp": "198.51.100.7"}
    assert rule["status"] == "experimental"
    assert rule["author"] == "Taxiway"
    assert "high confidence, 85 of 100. botnet_cc: mirai" in rule["description"]
    assert rule["references"] == ["https://urlhaus.abuse.ch/url/1/"]


def test_ids_do_not_change_with_what_is_said_of_an_ioc():
    later = make_row(confidence="low", context="else", tags=())
    assert one(make_row())["id"] == one(later)["id"]


def test_the_same_rows_give_the_same_bytes():
    assert render(ROWS) == render(ROWS)


def test_dates_are_of_the_record():
    day = 86_400_000_000
    rule = one(make_row(created=0, modified=3 * day))
    assert (rule["date"], rule["modified"]) == ("1970-01-01", "1970-01-04")
    assert "modified" not in one(make_row(created=day, modified=day))
    parsed = SigmaCollection.from_yaml(render([make_row(created=0)], "ioc")).rules[0]
    assert parsed.date == dt.date(1970, 1, 1)


def test_techniques_and_marking_are_tags():
    row = make_row(techniques=("T1071", "T1059.001", "TA0011"), tlp="amber+strict")
    assert one(row)["tags"] == ["attack.t1059.001", "attack.t1071", "tlp.amber-strict"]


def test_the_article_is_a_reference():
    row = make_row(
        article=Mention("1", "A title", "https://news.example/1"), references=()
    )
    assert one(row)["references"] == ["https://news.example/1"]
    assert "references" not in one(make_row(references=()))


def test_values_that_differ_in_case_only_are_one_to_sigma():
    rows = [
        make_row("http://evil.example/A", IocType.URL),
        make_row("http://evil.example/a", IocType.URL),
    ]
    (rule,) = rules_of(rows)
    assert rule["detection"]["selection"] == {"c-uri": "http://evil.example/A"}


@pytest.mark.parametrize("grouping", ["logsource", "ioc"])
def test_what_has_no_form_is_counted(grouping):
    exporter = EXPORTERS["sigma"]
    assert exporter.skipped([*ROWS, *WITHOUT_FORM], about(grouping)) == len(
        WITHOUT_FORM
    )
    assert exporter.render(WITHOUT_FORM, about(grouping)) == ""


def test_hostile_words_stay_words():
    nasty = "x\n---\nlevel: critical # \"' {a: [b]} \u2028\x85 !!python/object ]]> é😀"
    rule = one(make_row(context=nasty, references=(nasty,), feed=nasty))
    assert rule["references"] == [nasty]
    assert rule["description"].endswith(nasty)
    assert rule["level"] == "high"
