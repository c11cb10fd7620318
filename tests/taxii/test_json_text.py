"""The envelope as text: what is JSON is taken as it is, what is not stores nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import orjson
import pytest

from tests.taxii.checks import add, check_error, envelope, refused, same, taken
from tests.taxii.samples import indicator, malware
from tests.taxii.tables import Case, rows

if TYPE_CHECKING:
    from tests.taxii.client import Collection, Stix
    from tests.taxii.world import World

NAME = b'"NAME"'
GOOD = b"GOOD"

ODD_BUT_RIGHT = (
    Case("no blanks", b'{"objects":[GOOD]}'),
    Case("many blanks", b' \n{\t"objects"\r\n : [ \n GOOD \n ] \n } \n'),
    Case("escaped name", rb'{"\u006fbjects": [GOOD]}'),
    Case("objects inside before", b'{"x": {"objects": [1, {}]}, "objects": [GOOD]}'),
    Case("objects inside after", b'{"objects": [GOOD], "x": [{"objects": "no"}]}'),
    Case("objects as a value", b'{"x": "objects", "objects": [GOOD]}'),
    Case("brackets in text", b'{"x": "]}{[\\"", "objects": [GOOD]}'),
    Case("empty name", b'{"": [], "objects": [GOOD]}'),
    Case("bundle", b'{"type": "bundle", "id": "bundle--1", "objects": [GOOD]}'),
)

ODD_VALUES = (
    Case("quotes and brackets", rb'"\"]}],{\"objects\": ["'),
    Case("backslash at the end", rb'"C:\\"'),
    Case("backslash and quote", rb'"\\\""'),
    Case("all escapes", rb'"\"\\\/\b\f\n\r\t\u0000\u001f"'),
    Case("pair of surrogates", rb'"\ud83e\udd86"'),
    Case("pair in capitals", rb'"\uD83E\uDD86"'),
    Case("escaped backslash before u", rb'"\\ud800"'),
    Case("blanks in text", b'"  a \xc2\xa0 b  "'),
    Case("blanks between", b'{ "a" :\t[ 1 ,\n2 , { } , [ ] ] }'),
    Case("delete character", b'"\x7f"'),
    Case("line separators", "\u2028\u2029".join('""').encode()),
    Case("numbers", b"[0, -0, 1e2, 1E-2, 1.50, -1.5e+10, 12345678901234567890]"),
    Case("literals", b"[true, false, null]"),
    Case("fifty levels", b"[" * 50 + b"]" * 50),
)

BROKEN = (
    Case("comma at the end", b'{"objects": [GOOD,]}'),
    Case("comma in front", b'{"objects": [,GOOD]}'),
    Case("no comma", b'{"objects": [GOOD GOOD]}'),
    Case("never closed", b'{"objects": [GOOD'),
    Case("list closed only", b'{"objects": [GOOD]'),
    Case("closed by the other", b'{"objects": [GOOD}]'),
    Case("comma after the list", b'{"objects": [GOOD],}'),
    Case("something after", b'{"objects": [GOOD]} x'),
    Case("two documents", b'{"objects": [GOOD]}{}'),
    Case("single quotes", b"{'objects': [GOOD]}"),
    Case("no quotes", b"{objects: [GOOD]}"),
    Case("nan after", b'{"objects": [GOOD], "x": NaN}'),
    Case("leading zero", b'{"objects": [GOOD], "x": 01}'),
    Case("leading point", b'{"objects": [GOOD], "x": .5}'),
    Case("trailing point", b'{"objects": [GOOD], "x": 1.}'),
    Case("plus sign", b'{"objects": [GOOD], "x": +1}'),
    Case("odd escape", rb'{"objects": [GOOD], "x": "\x41"}'),
    Case("short escape", rb'{"objects": [GOOD], "x": "\u12"}'),
    Case("line break in text", b'{"objects": [GOOD], "x": "\n"}'),
    Case("python words", b'{"objects": [GOOD], "x": None}'),
    Case("bytes after", b'{"objects": [GOOD]}\xff'),
    Case("no-break space", b'{"objects":\xc2\xa0[GOOD]}'),
)

POISON = (
    Case("half a pair", rb'"x": "\ud800"'),
    Case("half a pair as name", rb'"\udc00": 1'),
    Case("pair the wrong way", rb'"x": "\udd86\ud83e"'),
    Case("half a pair behind a doubled name", rb'"x": "\ud800", "x": "fine"'),
    Case("half a pair deep behind one", rb'"x": {"y": ["\ud800"]}, "x": 1'),
    Case("a thousand levels", b'"x": ' + b"[" * 1000 + b"]" * 1000),
    Case("a thousand behind", b'"x": ' + b"[" * 1000 + b"]" * 1000 + b', "x": 1'),
    Case("nan behind a doubled name", b'"x": NaN, "x": 1'),
    Case("infinity", b'"x": -Infinity'),
    Case("number too large", b'"x": 1e999'),
    Case("number too small", b'"x": 1e-999'),
    Case("number too long", b'"x": ' + b"9" * 5000),
    Case("name too long", b'"' + b"x" * 100_000 + b'": 1'),
)


@pytest.fixture(scope="module")
def poisoned(world: World) -> Collection:
    """Give a collection that no other test reads."""
    return world.fresh()


def dumped(one: Stix) -> bytes:
    """Return an object as JSON text."""
    return json.dumps(one).encode()


@pytest.mark.parametrize("case", rows(ODD_BUT_RIGHT))
def test_an_envelope_may_be_written_in_any_way_that_is_json(
    shelf: Collection, case: Case
) -> None:
    one = indicator()
    status = taken(shelf.post_body(case.value.replace(GOOD, dumped(one))))
    assert (status["total_count"], status["success_count"]) == (1, 1)
    assert envelope(shelf.object(one["id"]))["objects"] == [one]


@pytest.mark.clause("RT-02")
@pytest.mark.parametrize("case", rows(ODD_VALUES))
def test_a_value_may_be_written_in_any_way_that_is_json(
    shelf: Collection, case: Case
) -> None:
    one, after = malware(x_any="NAME"), indicator()
    text = dumped(one).replace(NAME, case.value)
    body = b'{"objects": [' + text + b"," + dumped(after) + b"]}"
    assert taken(shelf.post_body(body))["success_count"] == 2
    (found,) = envelope(shelf.object(one["id"]))["objects"]
    assert same(found, json.loads(text)), found
    assert envelope(shelf.object(after["id"]))["objects"] == [after]


@pytest.mark.clause("POST-16")
@pytest.mark.parametrize("case", rows(BROKEN))
def test_a_body_that_stops_being_json_behind_a_good_object_stores_nothing(
    shelf: Collection, case: Case
) -> None:
    one = indicator()
    reply = shelf.post_body(case.value.replace(GOOD, dumped(one)))
    check_error(reply, 400, "invalid_parameter")
    check_error(shelf.object(one["id"]), 404, "not_found")


@pytest.mark.clause("BAD-26", "BAD-27", "BAD-29")
@pytest.mark.parametrize("case", rows(POISON))
def test_nothing_that_is_taken_breaks_a_strict_reader_of_the_page(
    poisoned: Collection, case: Case
) -> None:
    before, after = malware(), malware()
    add(poisoned, before)
    one = indicator()
    text = dumped(one)[:-1] + b", " + case.value + b"}"
    reply = poisoned.post_body(b'{"objects": [' + text + b"]}")
    add(poisoned, after)
    query = {"match[id]": f"{before['id']},{one['id']},{after['id']}"}
    page = poisoned.objects(query)
    found = orjson.loads(page.body)["objects"]
    assert len(page.json()["objects"]) == len(found)
    assert len(found) == 3 or refused(reply)
    assert [found[0], found[-1]] == [before, after]
