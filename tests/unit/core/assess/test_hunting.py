"""Each type has queries that look for the value, in three languages."""

from __future__ import annotations

import pytest

from chalicelib.core.assess.hunting import queries
from chalicelib.core.iocs.ioc import IocType

VALUES = {
    IocType.IPV4: "198.51.100.7",
    IocType.IPV6: "2001:db8::7",
    IocType.DOMAIN: "evil.example",
    IocType.URL: "http://evil.example/a?b=1",
    IocType.EMAIL: "boss@evil.example",
    IocType.MD5: "0cc175b9c0f1b6a831c399e269772661",
    IocType.SHA1: "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
    IocType.SHA256: "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
    IocType.SHA512: "1f40fc92" * 16,
    IocType.CVE: "CVE-2024-3094",
    IocType.TECHNIQUE: "T1059.001",
}


@pytest.mark.parametrize("kind", IocType)
def test_every_type_has_guidance_and_three_queries(kind):
    value = VALUES[kind]
    hunting = queries(kind, value)
    assert hunting.detection_guidance.endswith(".")
    for query in (hunting.splunk_query, hunting.kql_query, hunting.esql_query):
        assert f'"{value}"' in query
        assert "{" not in query


def test_an_address_is_looked_for_in_connections():
    hunting = queries(IocType.IPV4, "198.51.100.7")
    assert 'dest_ip="198.51.100.7"' in hunting.splunk_query
    assert (
        'DeviceNetworkEvents\n| where RemoteIP == "198.51.100.7"' in hunting.kql_query
    )
    assert 'destination.ip == TO_IP("198.51.100.7")' in hunting.esql_query


@pytest.mark.parametrize(
    ("kind", "network", "in_range"),
    [
        (IocType.IPV4, "203.0.113.0/24", "ipv4_is_in_range"),
        (IocType.IPV6, "2001:db8::/32", "ipv6_is_in_range"),
    ],
)
def test_a_network_is_looked_for_by_its_addresses(kind, network, in_range):
    hunting = queries(kind, network)
    assert f'cidrmatch("{network}", dest_ip)' in hunting.splunk_query
    assert f'{in_range}(RemoteIP, "{network}")' in hunting.kql_query
    assert f'CIDR_MATCH(destination.ip, "{network}")' in hunting.esql_query


def test_a_domain_is_looked_for_with_what_is_below_it():
    hunting = queries(IocType.DOMAIN, "evil.example")
    assert 'query="evil.example" OR query="*.evil.example"' in hunting.splunk_query
    assert (
        'Host == "evil.example" or Host endswith ".evil.example"' in hunting.kql_query
    )
    assert 'ENDS_WITH(dns.question.name, ".evil.example")' in hunting.esql_query


def test_a_url_is_looked_for_in_traffic_clicks_and_mail():
    query = queries(IocType.URL, VALUES[IocType.URL]).kql_query
    for table in ("DeviceNetworkEvents", "UrlClickEvents", "EmailUrlInfo"):
        assert table in query


@pytest.mark.parametrize(
    ("kind", "column", "field"),
    [
        (IocType.MD5, "MD5", "hash.md5"),
        (IocType.SHA1, "SHA1", "hash.sha1"),
        (IocType.SHA256, "SHA256", "hash.sha256"),
    ],
)
def test_a_hash_is_looked_for_in_files_and_processes(kind, column, field):
    value = VALUES[kind]
    hunting = queries(kind, value)
    assert f'{column} == "{value}"' in hunting.kql_query
    assert f'InitiatingProcess{column} == "{value}"' in hunting.kql_query
    assert f'file.{field} == "{value}"' in hunting.esql_query


def test_defender_knows_no_sha512_and_the_guidance_says_so():
    hunting = queries(IocType.SHA512, VALUES[IocType.SHA512])
    assert hunting.kql_query.startswith("CommonSecurityLog")
    assert "SHA-512" in hunting.detection_guidance


def test_a_vulnerability_is_looked_for_in_inventory():
    hunting = queries(IocType.CVE, "CVE-2024-3094")
    assert hunting.kql_query.startswith("DeviceTvmSoftwareVulnerabilities")
    assert 'vulnerability.id == "CVE-2024-3094"' in hunting.esql_query


def test_braces_of_a_value_are_no_placeholders():
    url = "http://evil.example/{value}/{0}/{below}"
    assert f'"{url}"' in queries(IocType.URL, url).splunk_query


def test_splunk_keeps_events_that_lack_a_field_of_the_table():
    for kind in IocType:
        query = queries(kind, VALUES[kind]).splunk_query
        filled = query.split("fillnull value=unknown ")[1].split("\n")[0]
        assert query.split(" by ")[1].split("\n")[0].split(", ") == filled.split()
