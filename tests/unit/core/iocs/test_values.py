from __future__ import annotations

import pytest

from chalicelib.core.iocs import techniques
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.iocs.values import InvalidValue, detect, normalise, port_of, refang
from chalicelib.core.refanging import mark

SHA256 = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"
FOUND = {
    # defanged in all styles
    "hxxp://evil[.]example/a": (IocType.URL, "http://evil.example/a"),
    "hXXps[:]//evil[.]example/a": (IocType.URL, "https://evil.example/a"),
    "hxxps[://]evil[.]example": (IocType.URL, "https://evil.example/"),
    "hxxps[]://evil[.]example/x": (IocType.URL, "https://evil.example/x"),
    "https[:]//evil[.]example/4/pr[.]exe": (IocType.URL, "https://evil.example/4/pr.exe"),
    "h**p://evil(.)example": (IocType.URL, "http://evil.example/"),
    "fxp://evil{.}example/a": (IocType.URL, "ftp://evil.example/a"),
    "http:\\\\evil.example\\a": (IocType.URL, "http://evil.example/a"),
    "evil[.]example": (IocType.DOMAIN, "evil.example"),
    "evil(.)example": (IocType.DOMAIN, "evil.example"),
    "evil{.}example": (IocType.DOMAIN, "evil.example"),
    "evil[dot]example": (IocType.DOMAIN, "evil.example"),
    "evil [dot] example": (IocType.DOMAIN, "evil.example"),
    "evil (DOT) example": (IocType.DOMAIN, "evil.example"),
    "evil[.example": (IocType.DOMAIN, "evil.example"),
    "evil.]example": (IocType.DOMAIN, "evil.example"),
    "evil\\.example": (IocType.DOMAIN, "evil.example"),
    "evil\uff0eexample": (IocType.DOMAIN, "evil.example"),
    "evil\u3002example": (IocType.DOMAIN, "evil.example"),
    "ev\u200bil\u00ad.example\ufeff": (IocType.DOMAIN, "evil.example"),
    "user[@]evil[.]example": (IocType.EMAIL, "user@evil.example"),
    "user [at] evil [dot] example": (IocType.EMAIL, "user@evil.example"),
    "192[.]0[.]2[.]1": (IocType.IPV4, "192.0.2.1"),
    "192.0.2[.]1": (IocType.IPV4, "192.0.2.1"),
    "1\uff0e2\uff0e3\uff0e4": (IocType.IPV4, "1.2.3.4"),
    # what stands around
    "\u201cevil.example\u201d,": (IocType.DOMAIN, "evil.example"),
    "<http://evil.example/x>": (IocType.URL, "http://evil.example/x"),
    "(http://evil.example/x).": (IocType.URL, "http://evil.example/x"),
    "http://evil.example/(x)": (IocType.URL, "http://evil.example/(x)"),
    " evil.example. ": (IocType.DOMAIN, "evil.example"),
    # hosts
    "EVIL.Example": (IocType.DOMAIN, "evil.example"),
    "*.evil.example": (IocType.DOMAIN, "evil.example"),
    "_dmarc.evil.example": (IocType.DOMAIN, "_dmarc.evil.example"),
    "b\u00fccher.example": (IocType.DOMAIN, "xn--bcher-kva.example"),
    "i\u2764.ws": (IocType.DOMAIN, "xn--i-7iq.ws"),
    "evil.example:8080": (IocType.DOMAIN, "evil.example"),
    "abc.onion": (IocType.DOMAIN, "abc.onion"),
    # addresses
    "192.0.2.1:443": (IocType.IPV4, "192.0.2.1"),
    "192.0.2.77/24": (IocType.IPV4, "192.0.2.0/24"),
    "192.0.2.77/32": (IocType.IPV4, "192.0.2.77"),
    "::ffff:192.0.2.1": (IocType.IPV4, "192.0.2.1"),
    "2001:DB8:0:0::1": (IocType.IPV6, "2001:db8::1"),
    "[2001:db8::1]:443": (IocType.IPV6, "2001:db8::1"),
    "2001:db8::5/32": (IocType.IPV6, "2001:db8::/32"),
    "2001:db8::5/128": (IocType.IPV6, "2001:db8::5"),
    # URLs
    "HTTP://EVIL.Example": (IocType.URL, "http://evil.example/"),
    "http://evil.example:80/A?b=%2f#c": (IocType.URL, "http://evil.example/A?b=%2F"),
    "https://evil.example:8443?q": (IocType.URL, "https://evil.example:8443/?q"),
    "https://evil.example/#/login": (IocType.URL, "https://evil.example/#/login"),
    "https://evil.example/x#me@example.com": (IocType.URL, "https://evil.example/x"),
    "http://u:p@evil.example/a b": (IocType.URL, "http://u:p@evil.example/a%20b"),
    "http://[2001:DB8::1]:81/": (IocType.URL, "http://[2001:db8::1]:81/"),
    "http://evil.example/\u00e9": (IocType.URL, "http://evil.example/%C3%A9"),
    "evil.example/gate.php": (IocType.URL, "http://evil.example/gate.php"),
    "192.0.2.1:81/x": (IocType.URL, "http://192.0.2.1:81/x"),
    # the rest
    SHA256: (IocType.SHA256, SHA256.lower()),
    "D41D8CD98F00B204E9800998ECF8427E": (IocType.MD5, "d41d8cd98f00b204e9800998ecf8427e"),
    "cve-2021-44228": (IocType.CVE, "CVE-2021-44228"),
    "CVE\u20132021\u201344228": (IocType.CVE, "CVE-2021-44228"),
    "t1059.001": (IocType.TECHNIQUE, "T1059.001"),
    "User+x@Evil.Example": (IocType.EMAIL, "user+x@evil.example"),
}  # fmt: skip
NOTHING = (
    "", "   ", "file.exe", "foo.dll", "1.2.3", "01.2.3.4", "1.2.3.256", "0.0.0.0/0",
    "192.0.2.1/33", "192.0.2.1:0", "192.0.2.1:70000", "::/0", "2001:db8::/129",
    "fe80::1%eth0", "12:30:45", "http://", "http:///x", "http://localhost/", "example",
    "http://0x7f.1/", "http://3627734734/x", "javascript:alert(1)", "http://a b.example/",
    "http://evil.example:99999/", "http://evil.example/\x00", "/kston/link.php",
    "-evil.example", "evil-.example", "a..example", "a" * 64 + ".example",
    "CVE-1990-1234", "CVE-2021-0000", "CVE-2021-012345", "CVE-2021-123", "T12", "0" * 32,
    "d41d8cd98f00b204e9800998ecf8427", "user@", "@evil.example", "a@b@evil.example",
    "http://evil.example/" + "a" * 2_100, "aa." * 100 + "example", "http://[2001:db8::/32]/", "a." * 3_000 + "example", "evil.nosuchtld",
)  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FOUND.items(), ids=ascii)
def test_a_value_is_found_out_and_made_canonical(text: str, expected):
    assert detect(text) == expected
    assert normalise(*expected) == expected[1]


@pytest.mark.parametrize("text", NOTHING, ids=lambda text: ascii(text[:30]))
def test_what_is_no_value_is_refused(text: str):
    with pytest.raises(InvalidValue) as refused:
        detect(text)
    assert len(str(refused.value)) < 40


def test_why_never_holds_the_value():
    with pytest.raises(InvalidValue) as refused:
        normalise(IocType.DOMAIN, "victim-name.nosuchtld")
    assert "victim" not in refused.value.why
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (IocType.SHA1, SHA256),
        (IocType.IPV4, "2001:db8::1"),
        (IocType.IPV6, "192.0.2.1"),
        (IocType.IPV6, "::ffff:192.0.2.1"),
        (IocType.DOMAIN, "192.0.2.1"),
        (IocType.TECHNIQUE, "TA0001"),
        (IocType.TECHNIQUE, "S0154"),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: IocType, text: str):
    with pytest.raises(InvalidValue):
        normalise(kind, text)


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("192.0.2.1:443", 443),
        ("192[.]0[.]2[.]1[:]443", 443),
        ("evil.example:8080", 8080),
        ("[2001:db8::1]:53", 53),
        ("2001:db8::1", None),
        ("192.0.2.1", None),
        ("http://evil.example:81/", None),
    ],
)
def test_the_port_of_an_address_is_told(text: str, port: int | None):
    assert port_of(text) == port


def test_a_hostile_text_of_many_brackets_is_not_unwrapped_to_the_end():
    # Each layer takes another look at the text, and an article may have thousands.
    assert mark(f"a{'[' * 20}.{']' * 20}b").count("[") == 12
    assert "[" not in mark("a[[.]]b")


def test_refanging_a_sentence_leaves_its_words():
    text = "See hxxp://evil[.]example/x (new), or write to a[at]evil[.]example!"
    assert refang(text) == "See http://evil.example/x (new), or write to a@evil.example"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("T1059", "technique"),
        ("t1059.001", "technique"),
        ("TA0001", "tactic"),
        ("S0154", "software"),
        ("G0007", "group"),
        ("M1013", "mitigation"),
        ("C0024", "campaign"),
        ("TA0001.001", None),
        ("X1234", None),
        ("T123", None),
    ],
)
def test_an_identifier_of_attack_is_told(text: str, kind: str | None):
    assert techniques.kind_of(text) == kind


def test_techniques_are_found_in_texts_and_tags():
    text = 'uses T1059.001, T1566/002 and "PowerShell - T1086"; not T4000 or XT1059'
    assert techniques.find(text) == ("T1059.001", "T1086", "T1566.002")
    assert techniques.find_all(["T1059", "x T0883", "T1059"]) == ("T0883", "T1059")
