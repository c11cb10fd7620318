"""Nothing but the public internet is fetched from."""

from __future__ import annotations

import ipaddress

import pytest

from chalicelib.ingest.web import hosts
from chalicelib.ingest.web.target import BadUrl, Target

PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "::8.8.8.8",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "1.1.1.1",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450::1",
    "2001:4860::1",
]


@pytest.mark.parametrize("text", PRIVATE)
def test_an_address_that_is_not_public_is_refused(text: str):
    with pytest.raises(hosts.NotAllowed):
        hosts.checked([text], ())


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_taken(text: str):
    assert hosts.is_public(ipaddress.ip_address(text))
    assert hosts.checked([text, text], ()) == [text]


def test_of_several_addresses_the_public_ones_remain():
    assert hosts.checked(["10.0.0.1", "1.1.1.1", "::1"], ()) == ["1.1.1.1"]


def test_a_network_that_is_allowed_is_let_in_and_no_other():
    allow = hosts.networks(["127.0.0.0/8"])
    assert hosts.checked(["127.0.0.1"], allow) == ["127.0.0.1"]
    for other in ("10.0.0.1", "::ffff:127.0.0.1", "::1"):
        with pytest.raises(hosts.NotAllowed):
            hosts.checked([other], allow)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com", Target("https", "example.com", 443, "/")),
        (
            "HTTPS://EXAMPLE.com.:8443/a b"[:27],
            Target("https", "example.com", 8443, "/a"),
        ),
        (
            "https://example.com/ä?q=ö&x=%20#top",
            Target("https", "example.com", 443, "/%C3%A4?q=%C3%B6&x=%20"),
        ),
        ("https://bücher.example/", Target("https", "xn--bcher-kva.example", 443, "/")),
        ("https://[2001:DB8::1]/", Target("https", "2001:db8::1", 443, "/")),
    ],
)
def test_a_url_is_read_in_one_way(url: str, expected: Target):
    target = Target.from_url(url, secure=True)
    assert target == expected
    assert Target.from_url(target.url, secure=True) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com/",
        "https://",
        "https:///feed",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://user:secret@example.com/",
        "https://example.com@192.0.2.1/",
        "https://example.com\\@192.0.2.1/",
        "https://example.com/a b",
        "https://example.com/\r\nHost: other",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://exa_mple..com%00/",
        "https://[::1%25eth0]/",
        "https://[v1.x]/",
        "https://\u00e4..example/",
        "https://[::1",
        "https://[::g]/",
        "https://" + "a" * 5_000,
    ],
)
def test_what_is_no_url_to_ask_for_is_refused_without_showing_it(url: str):
    with pytest.raises(BadUrl) as refused:
        Target.from_url(url, secure=True)
    assert "secret" not in str(refused.value)
    assert "example" not in str(refused.value)


def test_http_has_to_be_asked_for():
    assert Target.from_url("http://example.com/", secure=False).port == 80
    with pytest.raises(BadUrl):
        Target.from_url("gopher://example.com/", secure=False)
