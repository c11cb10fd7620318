"""The list of IOCs over HTTP: what it has, how it goes on, what it refuses."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from chalice.test import HTTPResponse

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.windows import DAY, HOUR
from tests.http.conftest import Service, sources
from tests.publishing import World, sighting, sightings

URLHAUS, FEODO, OPENPHISH = sources("urlhaus", "feodo", "openphish")


def get(service: Service, key: str, path: str = "", **options: Any) -> HTTPResponse:
    """Ask for the list."""
    headers = {"Accept": "*/*"} | options.pop("headers", {})
    return service.call("GET", f"/v1/iocs{path}", key, headers=headers, **options)


def values(answer: HTTPResponse) -> list[str]:
    assert answer.status_code == 200, answer.body
    return [one["value"] for one in answer.json_body["data"]]


def walk(service: Service, key: str, path: str) -> list[str]:
    """Follow `links.next` to the end."""
    found: list[str] = []
    while path:
        answer = get(service, key, path)
        found += values(answer)
        link = answer.json_body["links"]["next"]
        path = "?" + urlsplit(link).query if link else ""
    return found


@pytest.fixture
def full(world: World) -> World:
    """Some of each type, from three sources, an hour apart."""
    world.publish(URLHAUS, *sightings(3, IocType.URL, tags=("Mirai",)))  # type: ignore[arg-type]
    world.clock.advance(3_600)
    world.publish(FEODO, *sightings(4, IocType.IPV4, malware="Emotet"))  # type: ignore[arg-type]
    world.clock.advance(3_600)
    world.publish(OPENPHISH, *sightings(2, IocType.DOMAIN))  # type: ignore[arg-type]
    return world


# What is in it


def test_an_ioc_has_the_documented_fields(service: Service, full: World):
    answer = get(service, service.key(), "?type=ipv4&limit=1")
    (one,) = answer.json_body["data"]
    assert one["type"] == "ipv4"
    assert one["value"] == "198.51.0.3"
    assert one["confidence"] in {"high", "medium", "low"}
    assert one["first_seen"].endswith("Z")
    assert one["source"] == {
        "article_id": None,
        "article_title": None,
        "article_url": None,
        "reference_url": None,
        "feed_name": FEODO.name,
        "category": "c2",
        "origin": "feed",
    }
    assert one["malware_families"] == ["Emotet"]


def test_what_changed_last_comes_first(service: Service, full: World):
    found = values(get(service, service.key()))
    assert found[:2] == ["host-1.bad.example", "host-0.bad.example"]
    assert len(found) == 9


def test_an_update_moves_an_ioc_to_the_front_and_it_is_listed_once(
    service: Service, full: World
):
    full.publish(FEODO, sighting("host-0.bad.example", tags=("new",)))  # type: ignore[arg-type]
    found = values(get(service, service.key()))
    assert found[0] == "host-0.bad.example"
    assert found.count("host-0.bad.example") == 1


def test_what_is_over_is_not_listed(service: Service, full: World):
    key = service.key()
    assert len(values(get(service, key, "?type=url"))) == 3
    full.expire(days=200)
    assert values(get(service, key, "?type=url")) == []


def test_an_empty_stage_has_an_empty_list(service: Service):
    answer = get(service, service.key())
    assert answer.json_body["data"] == []
    assert answer.json_body["meta"]["total"] == 0
    assert answer.json_body["links"]["next"] is None


# Filters


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("type=ipv4", 4),
        ("type=ipv4,url", 7),
        ("type=all", 9),
        ("type=mitre-attack", 0),
        ("category=phishing", 2),
        ("category=phishing,c2", 6),
        ("source=urlhaus", 3),
        ("source=nobody", 0),
        ("tag=MIRAI", 3),
        ("tag=emotet", 4),
        ("tag=emotet,mirai", 7),
        ("tag=mirai&type=ipv4", 0),
        ("industry=finance", 0),
        ("confidence=high,medium,low", 9),
        ("confidence=all", 9),
    ],
)
def test_a_filter_keeps_what_it_names(
    service: Service, full: World, query: str, count: int
):
    assert len(values(get(service, service.key(), f"?{query}"))) == count


def test_since_and_until_bound_when_it_was_published(service: Service, full: World):
    key = service.key()
    now = full.clock.now()
    since = quote(_text(now - HOUR))
    assert len(values(get(service, key, f"?since={since}"))) == 2
    assert len(values(get(service, key, f"?until={since}"))) == 7
    earlier = quote(_text(now - HOUR - HOUR // 2))
    assert len(values(get(service, key, f"?since={earlier}&until={since}"))) == 4


def test_the_filters_are_told_with_what_the_look_back_made_of_them(
    service: Service, full: World
):
    full.clock.advance(2 * 86_400)
    answer = get(service, service.key(tier="free"), "?since=2001-01-01")
    filters = answer.json_body["meta"]["filters"]
    assert answer.json_body["data"] == []
    assert filters["type"] == "all"
    floor = (full.clock.now() - DAY) // HOUR * HOUR
    assert filters["since"] == _text(floor)


# Going on


@pytest.mark.parametrize("order", ["modified:asc", "modified:desc"])
def test_links_lead_through_all_of_it(service: Service, full: World, order: str):
    key = service.key()
    whole = values(get(service, key, f"?sort={order}"))
    assert walk(service, key, f"?limit=2&sort={order}") == whole
    assert len(set(whole)) == 9


def test_the_last_cursor_of_the_oldest_first_goes_on_with_what_is_new(
    service: Service, full: World
):
    key = service.key()
    first = get(service, key, "?limit=8&sort=modified:asc")
    cursor = first.json_body["meta"]["next_cursor"]
    full.publish(FEODO, *sightings(2, IocType.MD5))  # type: ignore[arg-type]
    found = values(get(service, key, f"?limit=8&sort=modified:asc&cursor={cursor}"))
    assert len(found) == 3
    assert not set(found) & set(values(first))


def test_the_last_page_tells_where_to_resume(service: Service, full: World):
    key, path = service.key(), "?type=ipv4&sort=modified:asc"
    last = get(service, key, path)
    meta = last.json_body["meta"]
    assert meta["next_cursor"] is None
    assert last.headers["X-Resume-Cursor"] == meta["resume_cursor"]
    again = f"{path}&cursor={meta['resume_cursor']}"
    assert values(get(service, key, again)) == []
    full.publish(FEODO, sighting("203.0.113.9", IocType.IPV4))  # type: ignore[arg-type]
    assert values(get(service, key, again)) == ["203.0.113.9"]


def test_an_offset_passes_over_the_first_ones(service: Service, full: World):
    key = service.key()
    whole = values(get(service, key))
    answer = get(service, key, "?offset=3&limit=2")
    assert values(answer) == whole[3:5]
    assert answer.json_body["meta"]["offset"] == 3
    assert walk(service, key, "?offset=3&limit=2") == whole[3:]


def test_links_never_have_a_key_in_them(service: Service, full: World):
    answer = get(service, service.key(), "?limit=1&api_key=sk_live_secret")
    assert "sk_live" not in json.dumps(answer.json_body["links"])


def test_the_next_page_is_told_in_headers_too(service: Service, full: World):
    answer = get(service, service.key(), "?limit=1&format=txt")
    assert answer.headers["X-Next-Cursor"] in answer.headers["Link"]
    assert answer.headers["Link"].endswith('; rel="next"')


def test_a_link_too_long_for_a_header_leaves_the_cursor(service: Service, full: World):
    tags = ",".join(["mirai", *(f"{n}{'é' * 90}" for n in range(15))])
    answer = get(service, service.key(), f"?limit=1&tag={quote(tags)}")
    assert answer.headers["X-Next-Cursor"]
    assert "Link" not in answer.headers
    link = answer.json_body["links"]["next"]
    assert len(values(get(service, service.key(), f"?{urlsplit(link).query}"))) == 1


# Totals


def test_a_total_is_exact_for_all_and_for_types(service: Service, full: World):
    key = service.key()
    for query, count in (("", 9), ("type=ipv4&", 4), ("type=ipv4,url&", 7)):
        meta = get(service, key, f"?{query}limit=1").json_body["meta"]
        assert (meta["total"], meta["total_estimated"]) == (count, False)


def test_a_total_of_part_of_a_day_is_an_estimate(service: Service, full: World):
    since = _text(full.clock.now() - HOUR - HOUR // 2)
    answer = get(service, service.key(), f"?limit=1&since={quote(since)}")
    meta = answer.json_body["meta"]
    assert meta["total_estimated"] is True
    assert meta["total"] >= 6


def test_a_total_that_was_seen_whole_is_exact(service: Service, full: World):
    meta = get(service, service.key(), "?tag=mirai").json_body["meta"]
    assert (meta["total"], meta["total_estimated"]) == (3, False)


def test_any_other_total_says_that_it_is_an_estimate(service: Service, full: World):
    meta = get(service, service.key(), "?tag=mirai&limit=1").json_body["meta"]
    assert meta["total_estimated"] is True
    assert meta["total"] >= 3


# Other forms


def test_the_plain_form_has_a_value_in_each_line(service: Service, full: World):
    answer = get(service, service.key(), "?format=txt&type=ipv4")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert sorted(answer.body.decode().split()) == [f"198.51.0.{n}" for n in range(4)]
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")


def test_the_table_has_the_documented_columns(service: Service, full: World):
    answer = get(service, service.key(tier="free"), "?format=csv&type=domain")
    rows = list(csv.reader(io.StringIO(answer.body.decode())))
    assert rows[0][:4] == ["id", "type", "value", "confidence"]
    assert len(rows) == 3


def test_the_lines_of_json_are_those_of_the_list(service: Service, full: World):
    key = service.key()
    answer = get(service, key, "?format=ndjson")
    lines = [json.loads(line) for line in answer.body.decode().splitlines()]
    assert lines == get(service, key).json_body["data"]


def test_a_form_of_a_higher_tier_is_refused(service: Service):
    answer = get(service, service.key(tier="free"), "?format=txt")
    assert answer.status_code == 403
    assert answer.json_body["error"]["code"] == "tier_required"
    assert answer.json_body["error"]["details"]["required"] == "pro"


# What is known already


def test_who_has_the_current_version_gets_304_and_no_body(
    service: Service, full: World
):
    key = service.key()
    for path in ("?limit=2", "?format=txt", "?format=csv&type=ipv4"):
        tag = get(service, key, path).headers["ETag"]
        again = get(service, key, path, headers={"If-None-Match": tag})
        assert (again.status_code, again.body) == (304, b"")
        assert again.headers["ETag"] == tag


def test_a_change_of_the_list_changes_its_version(service: Service, full: World):
    key = service.key()
    tag = get(service, key).headers["ETag"]
    full.publish(FEODO, *sightings(1, IocType.MD5))  # type: ignore[arg-type]
    assert get(service, key, headers={"If-None-Match": tag}).status_code == 200


def test_other_filters_have_another_version(service: Service, full: World):
    key = service.key()
    tag = get(service, key, "?type=ipv4").headers["ETag"]
    again = get(service, key, "?type=url", headers={"If-None-Match": tag})
    assert again.status_code == 200


# What is refused


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=10001", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.5", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limit=" + "9" * 400, "limit"),
        ("offset=10001", "offset"),
        ("offset=-1", "offset"),
        ("type=ip", "type"),
        ("type=ipv4,ip", "type"),
        ("type=,", "type"),
        ("confidence=sure", "confidence"),
        ("industry=circus", "industry"),
        ("since=yesterday", "since"),
        ("since=2026-13-01", "since"),
        ("since=9999-01-01", "since"),
        ("since=2025-01-02&until=2025-01-01", "since"),
        ("until=99999-01-01T00:00:00Z", "until"),
        ("format=xml", "format"),
        ("sort=value", "sort"),
        ("cursor=abc", "cursor"),
        ("cursor=%00", "cursor"),
        ("confidense=high", "confidense"),
    ],
)
def test_a_bad_parameter_is_named_with_what_is_allowed(
    service: Service, query: str, field: str
):
    answer = get(service, service.key(), f"?{query}")
    assert answer.status_code == 400, answer.body
    error = answer.json_body["error"]
    assert error["code"] == "invalid_parameter"
    assert error["details"]["field"] == field
    assert f"`{field}`" in error["message"]


def test_an_offset_that_is_too_far_names_the_cursor(service: Service):
    answer = get(service, service.key(), "?offset=20000")
    assert "cursor" in answer.json_body["error"]["message"]


def test_a_limit_beyond_the_tier_names_the_tiers_own(service: Service):
    answer = get(service, service.key(tier="free"), "?limit=101")
    assert answer.status_code == 400
    assert "1 to 100" in answer.json_body["error"]["message"]


@pytest.mark.parametrize(
    "other", ["type=ipv4", "since=2025-01-01", "sort=modified:asc", "tag=x"]
)
def test_a_cursor_of_other_filters_is_refused(
    service: Service, full: World, other: str
):
    key = service.key()
    cursor = get(service, key, "?limit=1").json_body["meta"]["next_cursor"]
    answer = get(service, key, f"?limit=1&cursor={cursor}&{other}")
    assert answer.status_code == 400
    assert answer.json_body["error"]["details"]["field"] == "cursor"


def test_a_cursor_of_another_list_is_refused(service: Service, full: World):
    key = service.key()
    cursor = get(service, key, "?limit=1").json_body["meta"]["next_cursor"]
    answer = get(service, key, f"/cef?limit=1&sort=modified:desc&cursor={cursor}")
    assert answer.status_code == 400


def test_a_cursor_and_an_offset_exclude_each_other(service: Service, full: World):
    key = service.key()
    cursor = get(service, key, "?limit=1").json_body["meta"]["next_cursor"]
    answer = get(service, key, f"?limit=1&offset=1&cursor={cursor}")
    assert answer.json_body["error"]["details"]["field"] == "offset"


def _text(microseconds: int) -> str:
    from chalicelib.core import instants

    return instants.to_text(microseconds)
