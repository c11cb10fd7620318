from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.iocs.values import InvalidValue, detect, normalise, refang
from chalicelib.core.refanging import mark, unmark

PIECES = st.sampled_from(
    [
        *"abcx0129-_./\\:@#?&=%!~()[]{}<>'\"`,; \t\n*",
        "[.]", "(.)", "{.}", "[dot]", "[:]//", "[://]", "[@]", "hxxp", "hXXps", "http",
        "https://", "ftp://", "evil", "example", ".com", ".zip", "192.0.2.", "2001:db8::",
        "%2e", "%aF", "#/", "#!", "\u200b", "\u3002", "\uff0e", "\u00e9", "\u2764", "\ue000",
        "\\.", "/32", ":80", ":443", "*.", "xn--", "CVE-2024-", "T1059", ".001", "aaaa" * 8,
        "\u0130", "\ufb01", "\u2100", "\u2024", "www.", "?", "[", "]",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(PIECES, max_size=16).map("".join),
    st.text(max_size=60),
    st.lists(PIECES, max_size=8).map(lambda many: "http://evil.com/" + "".join(many)),
    st.lists(PIECES, max_size=4).map(lambda many: "".join(many) + ".example.com"),
)


@given(text=TEXTS)
@example(text="[[.]]")
@example(text="a[.[.]]b")
def test_refanging_again_changes_nothing(text: str):
    once = refang(text)
    assert refang(once) == once


@given(text=TEXTS)
def test_marks_can_be_taken_off(text: str):
    assert not set(unmark(mark(text))) & set(map(chr, range(0xE000, 0xE004)))


@given(kind=st.sampled_from(IocType), text=TEXTS)
@example(kind=IocType.URL, text="http://evil.com/#!")
@example(kind=IocType.URL, text="http://evil.com/a.#victim")
@example(kind=IocType.URL, text="http://evil.com/((")
def test_normalising_again_changes_nothing(kind: IocType, text: str):
    try:
        once = normalise(kind, text)
    except InvalidValue:
        return
    assert normalise(kind, once) == once
    assert once
    assert once == once.strip()
    assert once.isascii()
    assert len(once) <= 2_048


@given(text=TEXTS)
def test_what_is_detected_is_canonical_and_detected_again(text: str):
    try:
        kind, value = detect(text)
    except InvalidValue:
        return
    assert normalise(kind, value) == value
    assert detect(value) == (kind, value)


@given(raw=st.ip_addresses(v=6), port=st.integers(1, 65_535))
def test_every_ipv6_address_has_one_form(raw, port: int):
    if raw.ipv4_mapped is not None:
        return
    forms = {
        str(raw),
        raw.exploded,
        raw.exploded.upper(),
        f"[{raw}]",
        f"[{raw}]:{port}",
    }
    assert {normalise(IocType.IPV6, form) for form in forms} == {str(raw)}


@given(raw=st.ip_addresses(v=4), style=st.sampled_from(["[.]", "(.)", "{.}", "[dot]"]))
def test_every_defanged_ipv4_address_comes_back(raw, style: str):
    assert detect(str(raw).replace(".", style)) == (IocType.IPV4, str(raw))
