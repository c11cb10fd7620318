"""Articles over HTTP: lists, filters, pages, formats, and one by one."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.api.articles import routes as view
from chalicelib.core import instants
from chalicelib.core.articles.stored import Stored
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.windows import DAY, HOUR
from chalicelib.services import articles as listing
from tests.articles import id_of, make_named, make_stored
from tests.doubles.clock import START
from tests.http.conftest import Service

FLAT = {
    "id", "title", "url", "canonical_url", "summary", "ai_summary", "image_url",
    "published_at", "fetched_at", "modified_at", "source_name", "source_type",
    "source_tier", "category", "category_label", "category_legacy", "content_type",
    "severity_score", "severity_label", "categorized_by", "categorized_at",
    "ai_classification", "ai_classification_confidence", "tech_tags",
    "industry_tags", "threat_actors", "has_iocs", "ioc_count", "score", "upvotes",
    "downvotes", "comment_count", "vouch_count", "rank_score", "submission_type",
    "submitted_by_username", "audio_url", "audio_duration_seconds", "audio_voice",
}  # fmt: skip
OURS = {"source_id", "malware_families"}
EXPANDED = {"iocs", "mitre_techniques", "cve_ids"}


@pytest.fixture
def pro(service: Service) -> str:
    return service.key()


def ask(
    service: Service, key: str | None, path: str = "", headers: Any = None, **query: Any
) -> Any:
    asked = f"?{urlencode(query)}" if query else ""
    told = {"Accept": "application/json", **(headers or {})}
    return service.call("GET", f"/v1/articles{path}{asked}", key, headers=told)


def publish(service: Service, *articles: Stored) -> None:
    for one in articles:
        service.container.articles.save(one)


def numbers(answer: Any) -> list[int]:
    """Tell which articles an answer has, by their numbers."""
    assert answer.status_code == 200, answer.body
    return [int(one["title"].split()[1]) for one in answer.json_body["data"]]


def error(answer: Any) -> tuple[int, str, Any]:
    body = answer.json_body["error"]
    return answer.status_code, body["code"], body.get("details", {}).get("field")


def rich(number: int = 0, **said: Any) -> Stored:
    usual: dict[str, Any] = {
        "severity": 9.2,
        "label": "critical",
        "category": "attacks-breaches",
        "cves": ("CVE-2026-1234",),
        "techniques": ("T1566", "T9999"),
        "actors": ("Lazarus Group",),
        "malware": ("Emotet",),
        "industries": ("financial-services",),
        "tags": ("cloud",),
    }
    iocs = make_named(), make_named("198.51.100.7", IocType.IPV4)
    return make_stored(number, *iocs, **(usual | said))


# What is told


def test_a_list_is_the_newest_first_in_an_envelope(service: Service, pro: str):
    publish(service, *(make_stored(number) for number in (2, 0, 1)))
    answer = ask(service, pro)
    assert numbers(answer) == [0, 1, 2]
    meta = answer.json_body["meta"]
    assert meta["generated_at"] == instants.to_text(service.clock.now())
    assert (meta["feed_version"], meta["source"]) == ("1.0", "Taxiway")
    assert (meta["limit"], meta["offset"], meta["total"]) == (30, 0, 3)
    assert meta["total_estimated"] is False
    assert meta["next_cursor"] is None
    assert "X-Next-Cursor" not in answer.headers
    assert meta["filters"] == {
        "time_field": "published_at",
        "since": instants.to_text(service.clock.now() - 365 * DAY),
        "sort": "published:desc",
    }


def test_an_article_has_every_field_and_expansions_on_demand(
    service: Service, pro: str
):
    publish(service, rich())
    (plain,) = ask(service, pro).json_body["data"]
    assert set(plain) == FLAT | OURS
    expand = "iocs,mitre,cves,threat_actors"
    (whole,) = ask(service, pro, expand=expand).json_body["data"]
    assert set(whole) == FLAT | OURS | EXPANDED
    assert ask(service, pro, f"/{id_of(0)}").json_body["data"] == whole
    assert whole["title"] == "Story 0"
    assert whole["url"] == "https://news.example/0"
    assert whole["canonical_url"].endswith(f"intel.example/v1/articles/{id_of(0)}")
    assert whole["published_at"] == instants.to_text(START)
    assert (whole["source_name"], whole["source_id"]) == ("Krebs on Security", "krebs")
    assert (whole["severity_score"], whole["severity_label"]) == (9.2, "critical")
    assert whole["category_label"] == "Attacks & breaches"
    assert (whole["has_iocs"], whole["ioc_count"]) == (True, 2)
    assert whole["threat_actors"] == ["Lazarus Group"]
    assert whole["industry_tags"] == ["financial-services"]
    assert whole["cve_ids"] == ["CVE-2026-1234"]
    nothing = {"tactic": None, "confidence": None}
    assert whole["mitre_techniques"] == [
        {"id": "T1566", "name": "Phishing", **nothing},
        {"id": "T9999", "name": None, **nothing},
    ]
    assert whole["iocs"][0] == {
        "id": make_named().id,
        "type": "domain",
        "value": "bad.example",
        "confidence": "high",
        "first_seen": instants.to_text(START),
    }
    assert (whole["upvotes"], whole["ai_summary"], whole["audio_url"]) == (
        0,
        None,
        None,
    )


def test_only_the_fields_that_are_asked_for_are_told(service: Service, pro: str):
    publish(service, rich())
    (some,) = ask(service, pro, fields="url,id,iocs").json_body["data"]
    assert list(some) == ["id", "url", "iocs"]
    assert len(some["iocs"]) == 2
    (some,) = ask(service, pro, fields="id", expand="cves").json_body["data"]
    assert list(some) == ["id", "cve_ids"]
    one = ask(service, pro, f"/{id_of(0)}", expand="cves").json_body["data"]
    assert set(one) == FLAT | OURS | {"cve_ids"}
    one = ask(service, pro, f"/{id_of(0)}", fields="title").json_body["data"]
    assert one == {"title": "Story 0"}


# What is asked for


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"category": "attacks-breaches,ransomware"}, [0]),
        ({"category": "Attacks-Breaches"}, [0]),
        ({"severity": "critical"}, [0]),
        ({"severity": "critical,medium"}, [0, 1]),
        ({"min_severity": "9.2"}, [0]),
        ({"min_severity": "9.3"}, []),
        ({"has_iocs": "true"}, [0]),
        ({"has_iocs": "false"}, [1]),
        ({"threat_actor": "lazarus,apt28"}, [0]),
        ({"threat_actor": "Lazarus Group"}, [0]),
        ({"threat_actor": "apt28"}, []),
        ({"industry_tags": "finance,healthcare"}, [0]),
        ({"industry": "financial-services"}, [0]),
        ({"industry": "water"}, []),
        ({"mitre_technique": "t1566"}, [0]),
        ({"mitre_technique": "T1566.001"}, []),
        ({"cve_text_search": "cve-2026-1234"}, [0]),
        ({"cve_text_search": "2026-12"}, [0]),
        ({"cve_text_search": "CVE-2026-12345"}, []),
        ({"source": "krebs"}, [0, 1]),
        ({"source": "none"}, []),
        ({"q": "STORY 0"}, [0]),
        ({"q": "happened cloud"}, [0]),
        ({"q": "story nowhere"}, []),
        ({"since": instants.to_text(START)}, [0]),
        ({"since": "2999-01-01"}, []),
        ({"modified_since": instants.to_text(START + 2)}, []),
        ({"modified_since": instants.to_text(START)}, [1, 0]),
        ({"time_field": "modified_at"}, [1, 0]),
        ({"sort": "modified:desc"}, [1, 0]),
        ({"sort": "severity:desc"}, [0, 1]),
    ],
)
def test_filters_find_what_they_say(
    service: Service, pro: str, query: dict[str, str], found: list[int]
):
    publish(service, rich(0), make_stored(1, modified=START + 1, fetched=START))
    assert numbers(ask(service, pro, **query)) == found


def test_what_was_understood_is_told(service: Service, pro: str):
    since = instants.to_text(START - DAY)
    asked = {
        "modified_since": since,
        "category": "malware,news",
        "industry": "finance",
        "q": "a b",
    }
    filters = ask(service, pro, **asked).json_body["meta"]["filters"]
    assert filters == {
        "time_field": "modified_at",
        "since": since,
        "sort": "modified:desc",
        "category": ["malware", "news"],
        "industry_tags": ["financial-services"],
        "q": "a b",
    }


def test_a_poller_gets_what_has_changed_since(service: Service, pro: str):
    publish(service, *(make_stored(number) for number in range(3)))
    answer = ask(service, pro, time_field="modified_at", sort="modified:desc")
    newest = max(one["modified_at"] for one in answer.json_body["data"])
    later = instants.to_microseconds(newest) + 5
    publish(
        service,
        make_stored(1, summary="Now we know more.", modified=later),
        make_stored(9, fetched=later + 1, modified=later + 1),
        make_stored(2, modified=later + 2),
    )
    again = ask(
        service,
        pro,
        time_field="modified_at",
        modified_since=instants.to_text(later),
        sort="modified:desc",
    )
    assert numbers(again) == [9, 1]
    changed = again.json_body["data"][1]
    assert changed["summary"] == "Now we know more."
    assert changed["fetched_at"] == instants.to_text(START)


# Pages


def walk(service: Service, key: str, **query: Any) -> list[int]:
    found: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        answer = ask(service, key, **query, **cursor)
        found += numbers(answer)
        following = answer.json_body["meta"]["next_cursor"]
        assert answer.headers.get("X-Next-Cursor") == following
        if following is None:
            return found
        assert re.fullmatch(r"[\w-]+", following)
        cursor = {"cursor": following}
        query.pop("offset", None)


def test_a_walk_by_cursor_meets_each_article_once(service: Service, pro: str):
    publish(
        service,
        *(
            make_stored(
                number, severity=number % 7 + 0.5, published=START - number // 4
            )
            for number in range(25)
        ),
    )
    everything = set(range(25))
    for query in (
        {},
        {"sort": "severity:desc"},
        {"sort": "modified:desc"},
        {"category": "malware,news"},
    ):
        for limit in (1, 7, 25):
            found = walk(service, pro, limit=limit, **query)
            assert len(found) == 25
            assert set(found) == everything
    assert walk(service, pro, limit=4) == walk(service, pro)
    assert walk(service, pro, limit=4, offset=6) == walk(service, pro)[6:]
    graves = walk(service, pro, limit=4, sort="severity:desc")
    assert [one % 7 for one in graves] == sorted(
        (n % 7 for n in range(25)), reverse=True
    )
    offset = walk(service, pro, limit=4, offset=6, sort="severity:desc")
    assert offset == graves[6:]


def test_articles_that_come_meanwhile_move_no_page(service: Service, pro: str):
    publish(service, *(make_stored(number) for number in range(1, 7)))
    first = ask(service, pro, limit=3)
    publish(service, make_stored(0))
    cursor = first.json_body["meta"]["next_cursor"]
    assert numbers(ask(service, pro, limit=3, cursor=cursor)) == [4, 5, 6]


def test_totals_are_told_where_they_are_known(service: Service, pro: str):
    publish(service, *(make_stored(number) for number in range(5)))

    def total(**query: Any) -> Any:
        return ask(service, pro, **query).json_body["meta"]["total"]

    assert total() == 5
    assert total(limit=2) is None
    assert total(offset=2) == 5
    assert total(limit=2, sort="severity:desc") == 5


def test_a_rare_word_is_searched_for_page_by_page(
    service: Service, pro: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("chalicelib.store.dynamo.articles.MOST_READ", 10)
    publish(
        service, *(make_stored(n, tags=("rare",) if n == 35 else ()) for n in range(40))
    )
    first = ask(service, pro, q="rare", limit=5)
    assert numbers(first) == []
    assert first.json_body["meta"]["total"] is None
    assert walk(service, pro, q="rare", limit=5) == [35]


def test_a_page_is_cut_where_an_answer_would_be_too_large(
    service: Service, pro: str, monkeypatch: pytest.MonkeyPatch
):
    publish(service, *(rich(number) for number in range(12)))
    monkeypatch.setattr(view, "_ROOM", 3_000)
    for query in ({"expand": "iocs"}, {"sort": "severity:desc"}, {}):
        first = ask(service, pro, **query)
        assert 0 < len(numbers(first)) < 4
        assert sorted(walk(service, pro, **query)) == list(range(12))
    monkeypatch.setattr(view, "_ROOM", 1)
    assert walk(service, pro) == list(range(12))


def test_too_many_to_be_sorted_by_severity_are_refused(
    service: Service, pro: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(listing, "MOST_RANKED", 20)
    monkeypatch.setattr(listing, "_STEP", 10)
    publish(service, *(make_stored(number) for number in range(21)))
    answer = ask(service, pro, sort="severity:desc")
    assert error(answer) == (400, "invalid_parameter", "since")
    since = instants.to_text(START - 10 * HOUR)
    assert len(numbers(ask(service, pro, sort="severity:desc", since=since))) == 11


# What makes no sense


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"unknown": "1"}, "unknown"),
        ({"q": " "}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"category": ""}, "category"),
        ({"category": "a b"}, "category"),
        ({"category": "ART#x"}, "category"),
        ({"severity": "grave"}, "severity"),
        ({"min_severity": "11"}, "min_severity"),
        ({"min_severity": "nan"}, "min_severity"),
        ({"since": "yesterday"}, "since"),
        ({"modified_since": "1"}, "modified_since"),
        ({"time_field": "fetched_at"}, "time_field"),
        ({"sort": "published:asc"}, "sort"),
        ({"has_iocs": "perhaps"}, "has_iocs"),
        ({"threat_actor": "*"}, "threat_actor"),
        ({"threat_actor": "\u0430" * 2_048}, "threat_actor"),
        ({"industry_tags": "piracy"}, "industry_tags"),
        ({"industry": "piracy"}, "industry"),
        ({"industry": "water", "industry_tags": "dams"}, "industry_tags"),
        ({"mitre_technique": "TA0001"}, "mitre_technique"),
        ({"mitre_technique": "phishing"}, "mitre_technique"),
        ({"cve_text_search": "12"}, "cve_text_search"),
        ({"cve_text_search": "  12  "}, "cve_text_search"),
        ({"expand": "everything"}, "expand"),
        ({"fields": "id,secret"}, "fields"),
        ({"format": "xml"}, "format"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "5001", "format": "csv"}, "limit"),
        ({"offset": "1001"}, "offset"),
        ({"cursor": "abc"}, "cursor"),
        ({"cursor": "x" * 5_000}, "cursor"),
        (
            {"modified_since": "2025-01-01", "time_field": "published_at"},
            "modified_since",
        ),
        ({"modified_since": "2025-01-01", "since": "2025-01-01"}, "modified_since"),
        ({"modified_since": "2025-01-01", "sort": "published:desc"}, "sort"),
        ({"sort": "modified:desc", "time_field": "published_at"}, "sort"),
    ],
)
def test_what_makes_no_sense_is_named(
    service: Service, pro: str, query: dict[str, str], field: str
):
    answer = ask(service, pro, **query)
    assert error(answer) == (400, "invalid_parameter", field)
    assert f"`{field}`" in answer.json_body["error"]["message"]


def test_a_deep_offset_is_told_of_the_cursor(service: Service, pro: str):
    answer = ask(service, pro, offset=100_000)
    assert "`cursor`" in answer.json_body["error"]["message"]


def test_a_cursor_is_of_one_list_with_its_filters(service: Service, pro: str):
    publish(service, *(make_stored(number) for number in range(5)))
    cursor = ask(service, pro, limit=2).json_body["meta"]["next_cursor"]
    assert numbers(ask(service, pro, limit=9, cursor=cursor)) == [2, 3, 4]
    for other in ({"category": "malware"}, {"sort": "severity:desc"}, {"q": "story"}):
        answer = ask(service, pro, cursor=cursor, **other)
        assert error(answer) == (400, "invalid_parameter", "cursor")
    both = ask(service, pro, cursor=cursor, offset=1)
    assert error(both) == (400, "invalid_parameter", "offset")


# Who may


def test_no_key_no_articles(service: Service):
    assert error(ask(service, None))[:2] == (401, "missing_api_key")


def test_a_free_key_reads_a_week_as_json(service: Service):
    free = service.key(tier="free")
    publish(service, make_stored(1), make_stored(2, published=START - 8 * DAY))
    answer = ask(service, free, since="2020-01-01")
    assert numbers(answer) == [1]
    assert answer.json_body["meta"]["filters"]["since"] == instants.to_text(
        service.clock.now() - 7 * DAY
    )
    assert numbers(ask(service, free, sort="modified:desc")) == [1]
    assert numbers(ask(service, service.key(), since="2020-01-01")) == [1, 2]
    limit = ask(service, free, limit=101)
    assert error(limit) == (400, "invalid_parameter", "limit")
    assert "1 to 100" in limit.json_body["error"]["message"]
    for name in ("csv", "ndjson"):
        refused = ask(service, free, format=name)
        assert error(refused)[:2] == (403, "insufficient_scope")
        details = refused.json_body["error"]["details"]
        assert details == {"required": "read:articles:export"}


@pytest.mark.parametrize(
    ("query", "cost"), [({}, 1), ({"format": "csv"}, 2.5), ({"format": "ndjson"}, 2.5)]
)
def test_tables_and_lines_count_as_more_requests(
    service: Service, pro: str, query: dict[str, str], cost: float
):
    left = [
        int(ask(service, pro, **query).headers["X-RateLimit-Remaining"])
        for _ in range(3)
    ]
    assert left[0] - left[2] == 2 * cost


def test_one_article_beyond_the_look_back_is_refused(service: Service, pro: str):
    free = service.key(tier="free")
    publish(service, make_stored(2, published=START - 8 * DAY))
    assert ask(service, pro, f"/{id_of(2)}").status_code == 200
    refused = ask(service, free, f"/{id_of(2)}")
    assert error(refused)[:2] == (403, "lookback_exceeded")
    since = instants.to_text(service.clock.now() - 7 * DAY)
    assert refused.json_body["error"]["details"] == {"since": since}


def test_an_article_that_is_not_there_or_no_id(service: Service, pro: str):
    assert error(ask(service, pro, f"/{id_of(1)}"))[:2] == (404, "article_not_found")
    for name in ("1", "x" * 36, f"{id_of(1)}0", id_of(1).replace("-", "")):
        assert error(ask(service, pro, f"/{name}")) == (400, "invalid_parameter", "id")
    publish(service, make_stored(1))
    assert ask(service, pro, f"/{id_of(1).upper()}").status_code == 200
    archived = ask(service, pro, f"/{id_of(1)}", include_archived="true")
    assert archived.status_code == 200


# Lines and tables


def test_json_lines_are_the_same_objects(service: Service, pro: str):
    publish(service, *(rich(number) for number in range(3)))
    answer = ask(service, pro, format="ndjson", limit=2, expand="iocs,cves")
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    told = answer.headers["Content-Disposition"]
    assert re.fullmatch(
        r'attachment; filename="taxiway-articles-\d{4}-\d\d-\d\d.ndjson"', told
    )
    lines = [json.loads(one) for one in answer.body.decode().splitlines()]
    same = ask(service, pro, limit=2, expand="iocs,cves").json_body["data"]
    assert lines == same
    cursor = answer.headers["X-Next-Cursor"]
    rest = ask(service, pro, format="ndjson", cursor=cursor)
    assert len(rest.body.decode().splitlines()) == 1
    assert ask(service, pro, format="ndjson", category="none").body == b""


def test_a_table_has_a_header_and_holds_no_formula(service: Service, pro: str):
    hostile = "=cmd|'/c calc'!A1\n\"x\",;"
    publish(
        service,
        rich(0, title=f"{hostile} 0", actors=("=1+1", "a;b"), tags=("-x", "y")),
        rich(1, published=START - 1),
    )
    answer = ask(service, pro, format="csv", expand="iocs")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = answer.body.decode()
    assert text.startswith("id,title,url,canonical_url,published_at,")
    first, second = csv.DictReader(io.StringIO(text, newline=""))
    assert first["title"] == f"'{hostile} 0"
    assert first["threat_actors"] == "'=1+1;a,b"
    assert first["tech_tags"] == "'-x;y"
    assert first["iocs"] == "bad.example;198.51.100.7"
    assert second["mitre_techniques"] == "T1566;T9999"
    assert second["cve_ids"] == "CVE-2026-1234"
    assert (second["severity_score"], second["ioc_count"]) == ("9.2", "2")
    assert second["canonical_url"].endswith(id_of(1))
    some = ask(service, pro, format="csv", fields="url,id,has_iocs,ai_summary")
    rows = list(csv.reader(io.StringIO(some.body.decode(), newline="")))
    assert rows[0] == ["id", "url", "has_iocs", "ai_summary"]
    assert rows[1][2:] == ["true", ""]
    empty = ask(service, pro, format="csv", category="none").body.decode()
    assert empty.count("\r\n") == 1


# What the client has already


@pytest.mark.parametrize("path", ["", f"/{id_of(0)}"])
def test_what_has_not_changed_is_not_sent_again(service: Service, pro: str, path: str):
    publish(service, rich())
    first = ask(service, pro, path)
    etag = first.headers["ETag"]
    assert first.headers["Cache-Control"].startswith("private")
    service.clock.advance(60)
    again = ask(service, pro, path, headers={"If-None-Match": etag})
    assert (again.status_code, again.body) == (304, b"")
    assert again.headers["ETag"] == etag
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    publish(service, rich(title="Story 0 goes on", modified=START + 5))
    changed = ask(service, pro, path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag
    other = ask(service, pro, path, headers={"If-None-Match": etag}, fields="id")
    assert other.status_code == 200
