"""Networks that a key may be used from."""

from __future__ import annotations

import pytest

from chalicelib.access.networks import MOST, check, includes
from chalicelib.errors import InvalidRequest


def test_networks_are_kept_in_one_form_and_once():
    given = ["192.0.2.7/24", " 192.0.2.0/24", "198.51.100.1", "2001:DB8::1/32"]
    assert check(given) == ("192.0.2.0/24", "198.51.100.1/32", "2001:db8::/32")


@pytest.mark.parametrize(
    "text",
    ["", "here", "192.0.2.0/33", "1.2.3", "0x7f000001", "fe80::1%eth0", "fe80::1%a b"],
)
def test_what_is_no_network_is_refused(text: str):
    with pytest.raises(InvalidRequest) as caught:
        check([text])
    assert caught.value.details == {"field": "allowed_ips"}


def test_a_key_has_so_many_networks_and_no_more():
    many = [f"10.0.{number}.0/24" for number in range(MOST)]
    assert len(check(many)) == MOST
    with pytest.raises(InvalidRequest):
        check([*many, "10.1.0.0/24"])


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("192.0.2.200", True),
        ("192.0.3.1", False),
        ("::ffff:192.0.2.1", True),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("", False),
        ("192.0.2.1, 198.51.100.1", False),
    ],
)
def test_an_address_is_inside_or_not(address: str, inside: bool):  # noqa: FBT001
    assert includes(("192.0.2.0/24", "2001:db8::/32"), address) is inside


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("::ffff:192.0.2.1", "192.0.2.1/32"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::/0", "::/0"),
    ],
)
def test_an_ipv4_network_written_as_ipv6_is_kept_as_it_is_seen(given: str, kept: str):
    assert check([given]) == (kept,)
