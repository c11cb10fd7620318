from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.core.iocs.ioc import IocType
from chalicelib.ingest import warninglists
from chalicelib.ingest.warninglists import OWN, VENDORS

LISTS = Path(__file__).resolve().parents[4] / "shared/data/warninglists"
ROOT = Path(__file__).parents[3]
IPV4, IPV6, DOMAIN, URL = IocType.IPV4, IocType.IPV6, IocType.DOMAIN, IocType.URL
SPECIAL = "private and special addresses"
CASES = (
    (IPV4, "8.8.8.8", "public resolvers"),
    (IPV4, "8.8.8.0/24", "public resolvers"),
    (IPV4, "10.1.2.3", SPECIAL),
    (IPV4, "10.0.0.0/8", SPECIAL),
    (IPV4, "172.0.0.0/11", SPECIAL),
    (IPV4, "100.64.0.1", SPECIAL),
    (IPV4, "224.0.0.1", SPECIAL),
    (IPV4, "169.254.169.254", SPECIAL),
    (IPV4, "192.0.2.7", "documentation"),
    (IPV4, "104.16.0.1", "shared front ends"),
    (IPV4, "143.215.130.9", "sinkholes"),
    (IPV4, "45.140.168.62", None),
    (IPV6, "fe80::1", SPECIAL),
    (IPV6, "::1", SPECIAL),
    (IPV6, "2001:db8::1", "documentation"),
    (IPV6, "2001:4860:4860::8888", "public resolvers"),
    (IPV6, "2a0e::1", None),
    (DOMAIN, "google.com", "Google"),
    (DOMAIN, "www.github.com", "well-known sites"),
    (DOMAIN, "login.microsoft.com", "Microsoft"),
    (DOMAIN, "bit.ly", "well-known sites"),
    (DOMAIN, "co.uk", "public suffixes"),
    (DOMAIN, "www.virustotal.com", VENDORS),
    (DOMAIN, "a.example.com", "documentation"),
    # what belongs to somebody else than the owner of the name above
    (DOMAIN, "evil.github.io", None),
    (DOMAIN, "evil.duckdns.org", None),
    (DOMAIN, "evil.blob.core.windows.net", None),
    (DOMAIN, "evil.azurewebsites.net", None),
    (DOMAIN, "evil.co.uk", None),
    (DOMAIN, "notgoogle.com", None),
    # a list of hosts hides no URL that leads somewhere
    (URL, "https://github.com/", "well-known sites"),
    (URL, "https://github.com/someone/malware", None),
    (URL, "https://github.com/?a", None),
    (URL, "https://drive.google.com/uc?id=1", None),
    (URL, "https://bit.ly/3abc", None),
    (URL, "https://evil.duckdns.org/", None),
    (URL, "https://www.virustotal.com/gui/file/1", VENDORS),
    (URL, "http://192.168.1.1/setup.cgi", SPECIAL),
    (URL, "http://[::1]/x", SPECIAL),
    (URL, "http://104.16.0.1/x", None),
    (URL, "http://104.16.0.1/", "shared front ends"),
    (URL, "http://evil.example/x", "documentation"),
    (IocType.EMAIL, "somebody@gmail.com", None),
    (IocType.EMAIL, "press@www.virustotal.com", VENDORS),
    (IocType.MD5, "d41d8cd98f00b204e9800998ecf8427e", "hashes of harmless files"),
    (IocType.MD5, "d41d8cd98f00b204e9800998ecf8427f", None),
    (IocType.CVE, "CVE-2021-44228", None),
)


@pytest.mark.parametrize(("kind", "value", "why"), CASES, ids=str)
def test_the_lists_say_why(kind: IocType, value: str, why: str | None):
    assert warninglists.load().why_benign(kind, value) == why


def test_what_is_allowed_passes():
    lists = warninglists.load(allow=("192.0.2.0/24", "2001:db8::/32", "example.com"))
    assert lists.why_benign(IPV4, "192.0.2.7") is None
    assert lists.why_benign(IPV6, "2001:db8::7") is None
    assert lists.why_benign(DOMAIN, "a.example.com") is None
    assert lists.why_benign(URL, "http://a.example.com/x") is None
    assert lists.why_benign(IPV4, "198.51.100.7") == "documentation"
    assert lists.why_benign(DOMAIN, "a.example.net") == "documentation"
    assert lists.why_benign(IPV4, "192.0.0.0/16") == SPECIAL


def test_our_own_hosts_are_benign():
    lists = warninglists.load(own=("taxii.evil.example",))
    assert lists.why_benign(DOMAIN, "a.taxii.evil.example") == OWN
    assert lists.why_benign(URL, "https://taxii.evil.example/x?y") == OWN
    assert lists.why_benign(IocType.EMAIL, "a@taxii.evil.example") == OWN


def test_empty_lists_hide_nothing():
    none = warninglists.WarningLists()
    assert none.why_benign(IPV4, "10.0.0.1") is None
    assert none.why_benign(DOMAIN, "google.com") is None


def test_the_data_is_small():
    data = ROOT / "chalicelib/data/warninglists.json.gz"
    assert data.stat().st_size < 300_000


@pytest.mark.skipif(
    not LISTS.is_dir(), reason="the lists are not beside the repository"
)
def test_the_data_is_what_the_tool_builds():
    script = (
        "import pathlib, sys; from tools.build_warninglists import build, pack, DATA; "
        "lists = pathlib.Path(sys.argv[1]); "
        "sys.exit(pack(build(lists)) != (DATA / 'warninglists.json.gz').read_bytes())"
    )
    subprocess.run([sys.executable, "-c", script, str(LISTS)], cwd=ROOT, check=True)
