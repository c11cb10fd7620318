"""ETags: what is unchanged is not sent again."""

from __future__ import annotations

import pytest

from chalicelib.edge.conditional import cached, etag_of, unchanged
from chalicelib.edge.request import Request


def request(if_none_match: str | None) -> Request:
    headers = {} if if_none_match is None else {"if-none-match": if_none_match}
    return Request("req_1", "GET", "/x", headers, {}, b"", "http://h", "", {})


ETAG = etag_of("list", 5)


def test_a_tag_is_weak_quoted_and_of_all_its_parts():
    assert etag_of("list", 5) == ETAG
    assert ETAG.startswith('W/"')
    assert ETAG.endswith('"')
    others = {
        etag_of("list", 6),
        etag_of("list5"),
        etag_of("lis", "t", 5),
        etag_of(5, "list"),
    }
    assert ETAG not in others
    assert len(others) == 4


@pytest.mark.parametrize(
    "given",
    [
        ETAG,
        ETAG.removeprefix("W/"),
        f'"older", {ETAG}',
        f'{ETAG},"older"',
        "*",
        " * ",
    ],
)
def test_who_has_this_version_gets_no_body(given: str):
    reply = unchanged(request(given), ETAG)
    assert reply is not None
    assert (reply.status, reply.body) == (304, "")
    assert reply.headers == cached(ETAG)


@pytest.mark.parametrize(
    "given", [None, "", '"older"', "W/", ETAG.strip('W/"'), "**", ","]
)
def test_who_has_another_or_none_gets_it_all(given: str | None):
    assert unchanged(request(given), ETAG) is None
