"""Queries and paths that are wrong: a clear answer, never a server error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.taxii.checks import (
    check_error,
    envelope,
    id_list,
)
from tests.taxii.tables import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.taxii.client import Collection, Query, Reply, Stix

MONTH_13 = {"added_after": "2020-13-45T00:00:00.000000Z"}


def on_objects(shelf: Collection, stix_id: str, query: Query) -> Reply:
    """GET objects."""
    return shelf.objects(query)


def on_manifest(shelf: Collection, stix_id: str, query: Query) -> Reply:
    """GET manifest."""
    return shelf.manifest(query)


def on_object(shelf: Collection, stix_id: str, query: Query) -> Reply:
    """GET an object that is there."""
    return shelf.object(stix_id, query)


def on_versions(shelf: Collection, stix_id: str, query: Query) -> Reply:
    """GET the versions of an object that is there."""
    return shelf.versions(stix_id, query)


@dataclass(frozen=True)
class Asked:
    """A query that no server should take."""

    id: str
    query: Query
    ask: Callable[[Collection, str, Query], Reply] = on_objects
    clauses: tuple[str, ...] = ()


QUERIES = (
    Asked("limit 0", {"limit": "0"}, clauses=("BAD-01",)),
    Asked("limit below 0", {"limit": "-1"}, clauses=("BAD-02",)),
    Asked("limit a word", {"limit": "abc"}, clauses=("BAD-03",)),
    Asked("limit with a point", {"limit": "1.5"}, clauses=("BAD-04",)),
    Asked("limit in hex", {"limit": "0x10"}),
    Asked("limit with an underscore", {"limit": "1_0"}),
    Asked("limit with other digits", {"limit": "\u0661\u0662"}),
    Asked("after yesterday", {"added_after": "yesterday"}, clauses=("BAD-05",)),
    Asked("after month 13", MONTH_13, clauses=("BAD-06",)),
    Asked("after a day", {"added_after": "2020-01-01"}),
    Asked("after no zone", {"added_after": "2020-01-01T00:00:00"}),
    Asked("after ten decimals", {"added_after": "2020-01-01T00:00:00.0000000001Z"}),
    Asked("after year 0", {"added_after": "0000-01-01T00:00:00Z"}),
    Asked("after 25 hours", {"added_after": "2020-01-01T25:00:00Z"}),
    Asked(
        "next never given",
        {"next": "no-such-cursor", "limit": "1"},
        clauses=("BAD-07",),
    ),
    Asked("next not ascii", {"next": "\u00fc"}),
    Asked("next not base64", {"next": "!!!!"}),
    Asked("version all and last", {"match[version]": "all,last"}, clauses=("BAD-08",)),
    Asked("version latest", {"match[version]": "latest"}, clauses=("BAD-09",)),
    Asked("manifest limit 0", {"limit": "0"}, on_manifest, ("BAD-10",)),
    Asked("object limit 0", {"limit": "0"}, on_object, ("BAD-11",)),
    Asked("versions limit 0", {"limit": "0"}, on_versions, ("BAD-12",)),
    Asked("manifest month 13", MONTH_13, on_manifest, ("BAD-13",)),
    Asked("object month 13", MONTH_13, on_object, ("BAD-14",)),
    Asked("versions month 13", MONTH_13, on_versions, ("BAD-15",)),
    Asked("object latest", {"match[version]": "latest"}, on_object, ("BAD-16",)),
    Asked(
        "after twice",
        [
            ("added_after", "2020-01-01T00:00:00.123Z"),
            ("added_after", "2021-01-01T00:00:00.000Z"),
        ],
        clauses=("BAD-17",),
    ),
    Asked(
        "match type twice",
        [("match[type]", "malware"), ("match[type]", "identity")],
        clauses=("BAD-18",),
    ),
    Asked("limit twice", [("limit", "1"), ("limit", "1")]),
    Asked("last twice", {"match[version]": "last,last"}, clauses=("BAD-19",)),
    Asked("limit empty", {"limit": ""}, clauses=("BAD-20",)),
    Asked("manifest next", {"next": "no-such-cursor"}, on_manifest),
    Asked("object next", {"next": "no-such-cursor"}, on_object),
    Asked("versions next", {"next": "no-such-cursor"}, on_versions),
    Asked("manifest latest", {"match[version]": "latest"}, on_manifest),
)


@pytest.mark.parametrize("asked", rows(QUERIES))
def test_a_malformed_query_gives_400(
    shelf: Collection, trio: tuple[Stix, ...], asked: Asked
) -> None:
    reply = asked.ask(shelf, trio[0]["id"], asked.query)
    check_error(reply, 400, "invalid_parameter")


@pytest.mark.clause("BAD-30")
@pytest.mark.parametrize(
    "query",
    [
        {"limit": "1" + "0" * 30},
        {"next": "A" * 2000},
        {"next": "A" * 2000, "limit": "1" + "0" * 30},
        {"match[id]": "x" * 2000},
        {"match[type]": ",".join(["indicator"] * 200)},
    ],
    ids=["limit", "next", "both", "id", "types"],
)
def test_enormous_parameters_are_no_server_error(
    shelf: Collection, query: dict[str, str]
) -> None:
    reply = shelf.objects(query)
    if reply.status != 200:
        check_error(reply, 400, "invalid_parameter")


@pytest.mark.clause("BAD-30")
def test_a_limit_of_31_digits_is_capped_like_any_other(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    query = {"match[id]": id_list(trio), "limit": "1" + "0" * 30}
    assert len(envelope(shelf.objects(query))["objects"]) == 3


def test_a_token_with_any_letter_changed_is_no_server_error(
    shelf: Collection, trio: tuple[Stix, ...]
) -> None:
    token = envelope(shelf.objects({"match[id]": id_list(trio), "limit": "1"}))["next"]
    places = range(min(len(token), 120))
    forged = [
        token[:n] + ("B" if token[n] == "A" else "A") + token[n + 1 :] for n in places
    ]
    for cut in (*forged, token[:-1], token[1:], token * 2, token + "="):
        reply = shelf.objects({"next": cut})
        if reply.status != 200:
            check_error(reply, 400, "invalid_parameter")


@pytest.mark.parametrize(
    "query",
    ["limit=%zz", "match[id]=%ff", "match[type]=%00", "next=%00", "&&&", "=", "%", "a"],
)
def test_a_query_with_broken_escapes_is_no_server_error(
    shelf: Collection, query: str
) -> None:
    reply = shelf.objects(query)
    if reply.status != 200:
        check_error(reply, 400, "invalid_parameter")


@pytest.mark.parametrize(
    "stix_id",
    [
        *("indicator--7", "nonsense", "%00", "%ff", "..%2f..", "%2e%2e", "%23", "%25"),
        *("indicator--%F0%9F%A6%86", "x" * 2000, "HEAD%23", "a%20b", "%C3%28"),
    ],
    ids=lambda text: text[:20],
)
def test_an_odd_object_id_in_the_path_is_not_found(
    shelf: Collection, stix_id: str
) -> None:
    for reply in (shelf.object(stix_id), shelf.versions(stix_id)):
        assert reply.status in {400, 404}, reply
        code = "not_found" if reply.status == 404 else "invalid_parameter"
        check_error(reply, reply.status, code)
