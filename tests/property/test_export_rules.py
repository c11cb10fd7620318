"""Whatever a value holds, it stays a value in rules, lists and queries."""

from __future__ import annotations

import re
from ipaddress import ip_network

import pytest
import ruamel.yaml
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from sigma.collection import SigmaCollection
from sigma.types import SigmaString

from chalicelib.core.assess import literals
from chalicelib.core.assess.hunting import queries
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.iocs.values import InvalidValue, normalise
from chalicelib.export.about import About
from chalicelib.export.blocking import blocklist, rpz, sigma_rules, suricata
from chalicelib.export.blocking.sigma_logsources import literal
from chalicelib.export.blocking.yaml_text import document
from tests.factories import make_row

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
NASTY = st.text(
    "\\\"'`|;:*?#{}[]()&!%@<>=,-\n\r\t \x00\x7f\x85\u2028\ufeff😀x1", max_size=20
)
ANY = TEXTS | NASTY
NODES = st.recursive(
    ANY,
    lambda inner: (
        st.lists(
            inner.filter(lambda one: not isinstance(one, list)), min_size=1, max_size=3
        )
        | st.dictionaries(
            st.sampled_from(["title", "c-uri", "QueryName|endswith"]), inner, min_size=1
        )
    ),
    max_leaves=8,
)
WORDS = st.sampled_from(
    ["yes", "no", "null", "true", "off", "y", "n", "on", "e", "a.e1", "inf", "x.nan"]
)


def read_by_ruamel(text: str):
    return ruamel.yaml.YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("read", [yaml.safe_load, read_by_ruamel])
@given(node=NODES | WORDS)
@example(node="é\u2029\x7f\U0001f600\ufffe")
@example(node={"title": ["---", "...", "- x", "%YAML 1.2", "!!python/none ''"]})
def test_yaml_readers_read_back_what_was_written(read, node):
    assert read(document({"top": node})) == {"top": node}


@given(ANY)
@example("\\*")
@example("a\\\\?*")
def test_a_value_of_sigma_matches_itself_only(text):
    parsed = SigmaString(literal(text))
    assert not parsed.contains_special()
    assert "".join(parsed.s) == text


@given(ANY, ANY, ANY, st.sampled_from(["logsource", "ioc"]))
def test_sigma_reads_rules_with_hostile_words(context, feed, product, grouping):
    row = make_row(context=context, feed=feed, references=(context, feed))
    about = About(
        made_at=0, vendor=feed, product=product, options={"grouping": grouping}
    )
    (rule,) = SigmaCollection.from_yaml(sigma_rules.render([row], about)).rules
    assert rule.references == list(dict.fromkeys((context, feed)))
    assert rule.author == feed
    assert rule.level.name == "HIGH"
    assert list(rule.detection.detections) == ["selection"]


@given(st.sampled_from(sorted(IocType)), ANY)
def test_no_line_comes_from_a_value_that_is_none_of_ours(kind, value):
    rows = [make_row(value, kind)]
    try:
        canonical = normalise(kind, value) == value
    except InvalidValue:
        canonical = False
    for asked in blocklist.BLOCK_LISTS:
        about = About(made_at=0, options={"format": asked})
        if not canonical:
            assert blocklist.skipped(rows, about) == 1
        elif asked == "txt" and not blocklist.skipped(rows, about):
            assert blocklist.render(rows, about) == f"{value}\n"


def tokens_of_suricata(text: str) -> str:
    """Read what a `content` stands for."""
    found = ""
    for number, part in enumerate(text.split("|")):
        found += bytes.fromhex(part).decode() if number % 2 else part
    return found


@given(ANY)
def test_content_of_suricata_is_the_value(text):
    written = suricata.content(text)
    assert re.fullmatch(r"[A-Za-z0-9._/=&%?+,~@| -]*", written)
    assert tokens_of_suricata(written) == text


@given(ANY)
def test_a_message_of_suricata_ends_where_it_ends(text):
    written = suricata.message(text)
    assert re.fullmatch(r'(?:[^;"\\]|\\[;"\\])*', written)
    assert written.isprintable()
    unescaped = re.sub(r"\\(.)", r"\1", written)
    assert unescaped == re.sub(r"[^ -~]", "?", text)


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6), st.integers(16, 32))
def test_a_trigger_is_the_address_backwards(address, bits):
    network = ip_network(f"{address}/{bits}", strict=False)
    length, *labels, word = rpz.trigger(str(network)).split(".")
    assert word == "rpz-ip"
    assert int(length) == bits
    parts = labels[::-1]
    if address.version == 4:
        text = ".".join(parts)
    else:
        if "zz" in parts:
            place = parts.index("zz")
            parts[place : place + 1] = ["0"] * (9 - len(parts))
        text = ":".join(parts)
    assert ip_network(f"{text}/{bits}") == network


# What ends a string of a language, by its own rules: written anew, so that a mistake
# of ours is not made twice.
SPL = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
KQL = re.compile(r'"((?:[^"\\\r\n]|\\(?:["\'\\abfnrtv0]|u[0-9a-f]{4}))*)"')
ESQL = re.compile(r'"((?:[^"\\\r\n]|\\["\\tnr])*)"')
ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def read(inside: str, *, letters: bool) -> str:
    """Read the inside of a string; `letters` where \\n is a line end."""

    def sign(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        return ESCAPES.get(match[2], match[2]) if letters else match[2]

    code = r"u([0-9a-f]{4})" if letters else r"(?!)()"
    return re.sub(rf"\\(?:{code}|(.))", sign, inside, flags=re.DOTALL)


LANGUAGES = [
    pytest.param(literals.spl, SPL, False, id="spl"),
    pytest.param(literals.kql, KQL, True, id="kql"),
    pytest.param(literals.esql, ESQL, True, id="esql"),
]


@pytest.mark.parametrize(("quote", "string", "letters"), LANGUAGES)
@given(text=ANY)
@example(text='" | delete')
@example(text='\\" or 1==1 //')
@example(text="\\")
@example(text="a\\u0022b\\n")
def test_a_literal_is_the_value_and_ends_with_it(quote, string, letters, text):
    match = string.fullmatch(quote(text))
    assert match
    assert read(match[1], letters=letters) == text


QUERIES = [
    pytest.param("splunk_query", SPL, False, id="spl"),
    pytest.param("kql_query", KQL, True, id="kql"),
    pytest.param("esql_query", ESQL, True, id="esql"),
]


@pytest.mark.parametrize(("name", "string", "letters"), QUERIES)
@given(kind=st.sampled_from(sorted(IocType)), value=ANY)
def test_a_query_is_the_same_around_every_value(name, string, letters, kind, value):
    plain = "x/1" if "/" in value else "x"
    hostile = getattr(queries(kind, value), name)
    harmless = getattr(queries(kind, plain), name)
    assert string.sub("S", hostile) == string.sub("S", harmless)
    inside = [read(one, letters=letters) for one in string.findall(hostile)]
    expected = [
        one.replace(plain, value) if plain in (one, one.strip("*.")) else one
        for one in string.findall(harmless)
    ]
    assert inside == expected
