"""Every format: the samples of all sources, all files we have, and what is no feed."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from io import BytesIO
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.core.iocs.ioc import IocType, Raw
from chalicelib.ingest.formats import FORMATS, LATIN_1, NotOpened, parse
from chalicelib.ingest.source import Source, load
from tests.support import feeds
from tests.support.feeds import nothing_more, read

SOURCES = {source.id: source for source in load()}
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
URLS = SOURCES["openphish"]
LINES = SOURCES["et-compromised"]
TABLE = SOURCES["urlhaus"]
RECORDS = SOURCES["urlhaus-online"]
ARRAY = SOURCES["feodo"]
JSON_LINES = SOURCES["spamhaus-drop-v4"]
MISP = SOURCES["circl-misp"]
BUNDLE = SOURCES["amnesty-cytrox"]
NEWS = SOURCES["krebs"]
EACH_FORMAT = {source.format: source for source in reversed(SOURCES.values())}
HTML = b"\n<!-- by a proxy -->\n<!DOCTYPE html><html><body>Please log in</body></html>"


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda source: source.id)
def test_the_sample_of_a_source_reads_as_expected(source: Source):
    folder = feeds.SAMPLES / source.id
    assert folder.is_dir(), "a row has a sample: docs/contributing/adding-a-feed.md"
    expected = json.loads((folder / feeds.EXPECTED).read_text())
    assert feeds.sample(source) == expected
    assert expected["values"] or expected["articles"]


def test_no_sample_is_left_of_a_source_that_is_gone():
    folders = {path.name for path in feeds.SAMPLES.iterdir() if path.is_dir()}
    assert folders == set(SOURCES)


def test_every_format_is_used_by_a_source():
    assert set(EACH_FORMAT) == set(FORMATS)


def variant(name: str, **changes) -> Source:
    return replace(SOURCES[name], **changes)


SPREADSHEET = variant(
    "sslbl",
    columns={"value": "SHA1", "first_seen": "ListingDate", "malware": "ListingReason"},
    options={"dates": "us", "strip": " C&C", "unknown": ["Malware"]},
)
PULSES = variant("otx", options={**SOURCES["otx"].options, "records": "[]"})
ESET = SOURCES["eset-machete"]
UNUSED = "kind not used: "
NOT_MEANT = "not meant for detection"
PATHS = "a path without host"
MISSING = "not read: nothing is there"

# file: the row that reads it, how many rows come of it, rejections by reason
FILES: dict[str, tuple[Source, int, dict[str, int]]] = {
    "blocklist_de_all_2015-11-10_excerpt.txt": (SOURCES["blocklist-de"], 90, {}),
    "botvrij_ioclist.ip-dst_SYNTHETIC.raw": (SOURCES["botvrij-ip-dst"], 120, {}),
    "cinsscore_sample_2026-02.txt": (SOURCES["cins"], 10, {}),
    "cisa_csaf_icsa-24-200-01.json": (SOURCES["cisa-csaf-ot"], 1, {}),
    "cisa_csaf_icsa-24-205-01.json": (SOURCES["cisa-csaf-ot"], 1, {}),
    # Its documents are not there, but for two of the older ones.
    "cisa_csaf_rolie_ot_feed.json": (SOURCES["cisa-csaf-ot"], 0, {MISSING: 3}),
    "cisa_csaf_va-24-201-01.json": (SOURCES["cisa-csaf-it"], 3, {}),
    "cisa_csaf_va-24-254-02.json": (SOURCES["cisa-csaf-it"], 2, {}),
    "cisa_kev_2025-08-25.csv.gz": (SOURCES["cisa-kev"], 1404, {}),
    "cisa_kev_2025-08-25.json.gz": (SOURCES["cisa-kev"], 1404, {}),
    "dshield_block_2015-12-15.txt": (SOURCES["dshield-block"], 2, {}),
    "feodo_ipblocklist_2024-04-04.csv": (SOURCES["feodo-aggressive"], 28, {}),
    "feodo_ipblocklist_2026-07.json": (SOURCES["feodo"], 5, {}),
    "iplist_binarydefense_2026-08-16.txt": (SOURCES["binarydefense"], 865, {}),
    "iplist_compromised_ips_2026-08-16.txt": (SOURCES["et-compromised"], 551, {}),
    "iplist_dshield_intelfeed_2026-08-16.txt": (LINES, 5000, {}),
    "iplist_threatfox_2026-08-16.txt": (LINES, 3005, {}),
    "iplist_tor_exit_2026-08-16.txt": (SOURCES["tor-exits"], 3397, {}),
    "ipsum_2026-08-22.txt": (SOURCES["ipsum-all"], 2000, {}),
    "ipsum_level8_2026.txt": (SOURCES["ipsum"], 20, {}),
    "maltrail_apt_kimsuky.txt": (SOURCES["maltrail-kimsuky"], 2062, {PATHS: 24}),
    "maltrail_lokibot.txt": (SOURCES["maltrail-lokibot"], 1624, {PATHS: 110}),
    "malwarebazaar_csv_full_2026-02-26.csv": (SOURCES["malwarebazaar"], 60, {}),
    "misp_event_circl-osint-four-element-sword.json": (
        MISP,
        250,
        {
            f"{UNUSED}email-attachment": 1,
            f"{UNUSED}filename": 4,
            f"{UNUSED}imphash": 1,
            f"{UNUSED}pehash": 1,
            f"{UNUSED}ssdeep": 1,
            NOT_MEANT: 112,
        },
    ),
    "misp_event_circl-xorist.json": (
        MISP,
        3,
        {f"{UNUSED}filename": 1, f"{UNUSED}regkey|value": 1, NOT_MEANT: 4},
    ),
    "misp_event_digitalside.json": (SOURCES["digitalside-misp"], 8, {NOT_MEANT: 6}),
    "misp_event_eset_misp-machete-event.json": (
        ESET,
        333,
        {f"{UNUSED}filename": 56, f"{UNUSED}text": 7},
    ),
    "misp_event_eset_misp-turla-crutch-event.json": (
        ESET,
        9,
        {f"{UNUSED}filename": 7, f"{UNUSED}link": 1, f"{UNUSED}text": 3},
    ),
    "misp_event_eset_misp.event_2021-06-09_gelsemium-when-threat-actors-go-gardening.json": (
        ESET,
        153,
        {f"{UNUSED}link": 1},
    ),
    "misp_event_eset_mozi.misp-event.json": (
        SOURCES["eset-mozi"],
        74,
        {f"{UNUSED}text": 2, NOT_MEANT: 75},
    ),
    "misp_feed_tweetfeed/manifest.json": (SOURCES["tweetfeed-misp"], 740, {}),
    "openphish_2026-03-25T1200.txt": (URLS, 300, {}),
    "openphish_2026-03-26T1200.txt": (URLS, 300, {}),
    "otx_api_v1_pulses_subscribed_RESERIALISED.json": (SOURCES["otx"], 70, {}),
    "otx_pulses_sdk_list.json": (PULSES, 70, {}),
    "phishtank_verified_online_2021-03-14.csv": (SOURCES["phishtank"], 3000, {}),
    "spamhaus_asndrop_2015-09-14.txt": (LINES, 2, {}),
    "spamhaus_drop_2015-09-14.txt": (LINES, 2, {}),
    "spamhaus_drop_v4_2025-04-15.json": (JSON_LINES, 1406, {}),
    "sslbl_spreadsheet-export_bom_crlf_2023-12-22.csv": (SPREADSHEET, 199, {}),
    "sslbl_sslblacklist_2023-12-22_RESERIALISED.csv": (SOURCES["sslbl"], 2500, {}),
    "sslbl_sslblacklist_2024_1.csv": (SOURCES["sslbl"], 285, {}),
    "sslbl_sslblacklist_2024_2.csv": (SOURCES["sslbl"], 287, {}),
    "taxii21_upstream/objects_page1_RESERIALISED.json": (
        SOURCES["upstream-taxii"],
        449,
        {},
    ),
    "threatfox_csv_full-sha256_2025-12-04.csv.gz": (SOURCES["threatfox-csv"], 3000, {}),
    "threatfox_csv_full-urls_2025-12-07.csv.gz": (SOURCES["threatfox-csv"], 4000, {}),
    "threatfox_json_recent_2026-07-09T0158Z.json.gz": (SOURCES["threatfox"], 4140, {}),
    "threatfox_json_recent_2026-07-09T0407Z.json.gz": (SOURCES["threatfox"], 4172, {}),
    "threatfox_json_recent_2026-07-09T0954Z.json.gz": (SOURCES["threatfox"], 4243, {}),
    "tor_exit_2024-02-27.lst": (SOURCES["tor-exits"], 1746, {}),
    "tweetfeed_2026-08-01_to_10.csv": (SOURCES["tweetfeed"], 4192, {}),
    "urlhaus_csv_online_2026-02-07_slice-A.csv.gz": (TABLE, 6833, {}),
    "urlhaus_json_recent_2026-02-07_RESERIALISED.json.gz": (RECORDS, 2000, {}),
    "urlhaus_json_recent_2026-10-03_excerpt.json": (RECORDS, 10, {}),
    "urlhaus_text_2022-07.txt": (URLS, 3000, {}),
    "viriback_c2_dump_2026.csv": (SOURCES["viriback"], 20, {}),
    "vxvault_urls_2026.txt": (SOURCES["vxvault"], 10, {}),
    "../articles/atom_oalabs_2026-06-17.xml": (SOURCES["oalabs"], 5, {}),
    "../articles/rss_bleepingcomputer_2025-07-25.xml": (
        SOURCES["bleepingcomputer"],
        12,
        {},
    ),
    "../articles/rss_cisa_cybersecurity-advisories_2025-07-25.xml": (
        SOURCES["cisa-advisories"],
        5,
        {},
    ),
    "../articles/rss_crowdstrike_2025-07-25.xml": (SOURCES["crowdstrike"], 10, {}),
    "../articles/rss_krebsonsecurity_2025-02-18.xml": (NEWS, 2, {}),
    "../stix/amnesty-cytrox.json": (
        BUNDLE,
        336,
        {"pattern on configuration-profile:id": 1, "pattern on file:path": 6},
    ),
    "../stix/amnesty-pegasus.json.gz": (
        SOURCES["amnesty-pegasus"],
        1467,
        {"pattern on file:name": 1, "pattern on process:name": 81},
    ),
    "../stix/legacy20_talos_Kraken-ransomware-group.json": (BUNDLE, 11, {}),
    "../stix/tweetfeed-indicators_2026-07-23_2026-08-05.json.gz": (BUNDLE, 6257, {}),
    "../reference_outputs/csv_stalkerware_network.csv": (
        SOURCES["stalkerware-network"],
        799,
        {},
    ),
    "../reference_outputs/csv_stalkerware_samples.csv": (
        SOURCES["stalkerware-samples"],
        799,
        {},
    ),
}
# Files that others name, or that say nothing themselves.
PARTS = ("manifest_page", "objects_page", "index.json", "_SYNTHETIC.json", "hashes.csv")
ENDS_EARLY = {
    "cisa_csaf_rolie_ot_feed.json": "documents cannot be had: nothing is there"
}


def pages_of(folder: Path):
    """Open the next page of the upstream collection, or a file of that name."""
    pages = {"2026-08-02.0": "objects_page2", "2026-08-03.0": "objects_page3"}
    plain = feeds.opener(folder)

    def more(url: str):
        page = pages.get(url.rpartition("next=")[2])
        if page:
            return (folder / f"{page}_RESERIALISED.json").open("rb")
        return plain(url)

    return more


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_is_read_and_every_rejection_explained(name: str):
    path = SHARED / "feeds" / name
    if not path.is_file():
        pytest.skip("the real samples are not beside the repository")
    source, rows, reasons = FILES[name]
    found = read(feeds.bytes_of(path), source, pages_of(path.parent))
    assert found.error == ENDS_EARLY.get(name)
    assert found.reasons() == reasons
    assert len(found.raws) + len(found.articles) == rows
    assert all(one.published for one in found.articles)


def test_no_real_file_is_left_out():
    folder = SHARED / "feeds"
    if not folder.is_dir():
        pytest.skip("the real samples are not beside the repository")
    there = {
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    }
    known = set(FILES)
    events = {one for one in there if one.startswith("misp_feed_tweetfeed/")}
    left = {one for one in there - known - events if not any(p in one for p in PARTS)}
    assert left == set()


# what is no feed


@pytest.mark.parametrize("source", EACH_FORMAT.values(), ids=lambda one: one.format)
def test_a_page_of_html_is_one_clear_failure(source: Source):
    found = read(HTML, source)
    assert found.error == "looks like HTML"
    assert (found.raws, found.articles, found.rejected) == ([], [], [])


@pytest.mark.parametrize("source", EACH_FORMAT.values(), ids=lambda one: one.format)
@pytest.mark.parametrize("body", [b"PK\x03\x04rest", b"\x1f\x8b\x08\x00broken"])
def test_an_archive_that_cannot_be_read_is_a_failure(source: Source, body: bytes):
    assert read(body, source).error


def test_json_where_a_list_was_due_is_one_clear_failure():
    body = b'{"query_status": "unknown_auth_key"}'
    assert read(body, LINES).error == "looks like JSON"
    assert read(body, TABLE).error == "looks like JSON"
    assert read(body, ARRAY).error.startswith("another shape of JSON")
    assert read(body, RECORDS).error.startswith("another shape of JSON")
    assert read(body, MISP).error == "is no MISP event and no manifest"
    assert read(body, BUNDLE).error == "is no STIX bundle"
    assert read(body, SOURCES["cisa-csaf-ot"]).error.startswith("is no CSAF")


@pytest.mark.parametrize("source", [RECORDS, MISP, BUNDLE, NEWS], ids=lambda s: s.id)
def test_an_empty_body_is_a_failure_where_something_is_always_said(source: Source):
    assert "is empty" in read(b" \n", source).error


def test_an_empty_list_is_a_list():
    assert read(b"# nothing today\n", LINES).error is None
    assert read(b"[]", ARRAY).error is None
    assert read(b"{}", RECORDS).error is None


def test_a_table_without_its_header_is_a_failure():
    found = read(b'"1","2026-02-07 04:31:13","http://example.org/"\n', TABLE)
    assert found.error == "no header with url"
    assert found.raws == []


# what breaks off


def plain_body(source: Source) -> bytes:
    return feeds.first_file(source).read_bytes()


def test_what_came_before_the_end_of_a_truncated_gzip_is_kept():
    lines = "".join(f"192.0.2.{n % 256}\n" for n in range(200_000)).encode()
    packed = gzip.compress(lines)
    found = read(packed[: len(packed) // 2], LINES)
    assert found.error.startswith("broke off")
    assert len(found.raws) > 10_000
    assert read(packed, LINES).error is None


def test_what_came_before_the_end_of_truncated_json_is_kept():
    body = plain_body(RECORDS)
    # Only after its last record: where an object ends, the JSON is whole but for "}".
    whole = read(body, RECORDS)
    cut = read(body[: body.index(b"example.org/x.zip")], RECORDS)
    assert cut.raws == whole.raws[:1]
    assert cut.error == "JSON breaks off"


@pytest.mark.parametrize("end", range(0, 400, 7))
def test_truncated_json_never_says_that_it_was_whole(end: int):
    body = json.dumps([{"ip_address": "192.0.2.1", "malware": "x" * 30}] * 6).encode()
    found = read(body[:end], ARRAY)
    assert found.error
    assert {raw.value for raw in found.raws} <= {"192.0.2.1"}


def test_a_feed_that_is_larger_than_allowed_fails_after_what_was_read():
    small = replace(LINES, max_bytes=10_000)
    found = read(b"192.0.2.1\n" * 5_000, small)
    assert found.error == "larger than allowed"
    assert 0 < len(found.raws) <= 1_000


def test_a_bomb_in_gzip_is_stopped_at_the_limit():
    bomb = gzip.compress(b"\n" * 50_000_000)
    found = read(bomb, replace(LINES, max_bytes=1_000_000))
    assert found.error == "larger than allowed"


# lists


def test_a_hosts_file_gives_its_hosts():
    source = replace(LINES, kind=IocType.DOMAIN, options={"style": "hosts"})
    body = b"# a list\n0.0.0.0 evil.example # why\n\n127.0.0.1\tbad.example\n0.0.0.0\n"
    found = read(body, source)
    assert found.values() == ["evil.example", "bad.example"]
    assert [raw.said.context for raw in found.raws] == ["why", None]
    assert found.reasons() == {"no host after the address": 1}


def test_an_array_of_texts_is_a_list_of_values():
    source = replace(ARRAY, columns={}, options={"records": "data.[]"})
    found = read(b'{"data": ["192.0.2.1", 5, {}, "n/a"]}', source)
    assert found.values() == ["192.0.2.1"]
    assert found.reasons() == {"no record": 1, "no value": 2}


def test_lines_that_are_no_json_are_rejected_and_many_of_them_alone_a_failure():
    good = b'{"cidr": "192.0.2.0/24"}'
    found = read(b"oops\n\n" + good + b"\n" + b"x" * 70_000 + b"\n" + good, JSON_LINES)
    assert len(found.raws) == 2
    assert found.reasons() == {"line is too long": 1, "no JSON record": 1}
    assert read(b"one\ntwo\n", JSON_LINES).error == "is not JSON lines"


def test_a_cell_of_enormous_length_costs_its_row():
    rows = "x" * 60_000 + "\n"
    body = f'url,threat\nhttp://a.example/,"{rows * 4}"\nhttp://b.example/,x\n'
    found = read(body.encode(), replace(TABLE, options={}))
    assert found.values()[-1] == "http://b.example/"
    assert found.reasons()["line is too long, or its quotes are broken"] >= 1


def test_a_value_of_enormous_length_is_rejected():
    found = read(b"http://example.org/" + b"x" * 9_000, URLS)
    assert found.reasons() == {"value is too long": 1}


def test_a_next_page_that_cannot_be_had_fails_after_what_was_read():
    body = b'{"results": [], "next": "/page2"}'
    assert read(body, SOURCES["otx"]).error.startswith("the next page cannot be had")
    body = b'{"more": true, "next": "2", "objects": []}'
    found = read(body, SOURCES["upstream-taxii"])
    assert found.error.startswith("the next page cannot be had")


def test_a_feed_of_one_document_that_is_not_there_is_a_failure():
    body = b'{"feed": {"entry": [{"content": {"src": "a.json"}}]}}'
    found = read(body, SOURCES["cisa-csaf-ot"])
    assert found.error == "no document could be read"


def test_a_source_of_a_format_that_is_gone_is_a_failure():
    assert read(b"", replace(LINES, format="gone")).error == "no such format: gone"
    odd = replace(LINES, options={"style": "odd"})
    assert read(b"", odd).error == "no such style: odd"


# encodings


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_texts_of_other_encodings_are_read(encoding: str):
    text = '# url,dateadded\r\n"http://example.org/ü",2026-01-01\r\n'
    found = read(text.encode(encoding), TABLE)
    assert (found.values(), found.error) == (["http://example.org/ü"], None)


@pytest.mark.parametrize(
    ("source", "body"),
    [
        (URLS, "http://example.org/ü\n"),
        (TABLE, "url\nhttp://example.org/ü\n"),
        (JSON_LINES, '{"cidr": "http://example.org/ü"}\n'),
    ],
    ids=["lines", "table", "JSON lines"],
)
def test_a_line_that_is_no_utf8_is_read_as_latin_1_and_counted(source: Source, body):
    found = read(body.encode("latin-1"), source)
    assert found.values() == ["http://example.org/ü"]
    assert found.reasons() == {LATIN_1: 1}


def test_json_that_is_no_utf8_is_read_as_latin_1():
    body = json.dumps({"1": [{"url": "http://example.org/ü"}]}, ensure_ascii=False)
    found = read(body.encode("latin-1"), RECORDS)
    assert found.values() == ["http://example.org/ü"]
    assert found.reasons() == {LATIN_1: 1}


def test_half_a_character_is_rejected():
    found = read(b'[{"ip_address": "a\\udcffb"}]', ARRAY)
    assert found.reasons() == {"holds half a character": 1}


# tables


def test_a_line_with_a_hash_within_quotes_is_no_comment():
    body = 'url,threat\nhttp://example.org/,"one\n# two"\nhttp://example.net/,x\n'
    found = read(body.encode(), TABLE)
    assert [raw.said.context for raw in found.raws] == ["one\n# two", "x"]


def test_a_quote_that_is_never_closed_costs_one_row():
    rows = "".join(f"http://example.org/{n},x\n" for n in range(100))
    found = read(f'url,threat\nhttp://example.org/a,"open\n{rows}'.encode(), TABLE)
    assert len(found.raws) == 100
    assert found.reasons() == {"line is too long, or its quotes are broken": 1}


def test_a_quote_that_is_open_at_the_end_costs_one_row():
    found = read(b'url,threat\nhttp://a.example/,"open\nhttp://b.example/,x', TABLE)
    assert found.values() == ["http://b.example/"]
    assert [one.place for one in found.rejected] == ["line 2"]


def test_a_line_of_megabytes_is_rejected_and_the_next_one_read():
    body = b"http://a.example/\n" + b"x" * 3_000_000 + b"\nhttp://b.example/\n"
    found = read(body, URLS)
    assert found.values() == ["http://a.example/", "http://b.example/"]
    assert [(one.place, one.why) for one in found.rejected] == [
        ("line 2", "line is too long")
    ]


# JSON


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64])
def test_json_reads_the_same_in_pieces_of_any_size(piece: int, monkeypatch):
    monkeypatch.setattr("chalicelib.ingest.formats.reading.PIECE", piece)
    monkeypatch.setattr("chalicelib.ingest.formats.reading._SNIFFED", 4)
    for source in (RECORDS, SOURCES["threatfox"], SOURCES["otx"]):
        body = plain_body(source)
        whole = json.loads(body)
        more = feeds.opener(feeds.SAMPLES / source.id)
        expected = json.loads((feeds.SAMPLES / source.id / "expected.json").read_text())
        found = read(body, source, more)
        assert found.values() == [row["value"] for row in expected["values"]]
        assert whole


@pytest.mark.parametrize(
    "body",
    [b"[1 2]", b'[{"a" 1}]', b"[{]", b"[,]", b"[[[", b"nul", b"[" * 100_000, b"[] x"],
)
def test_what_is_no_json_is_a_failure(body: bytes):
    assert read(body, ARRAY).error


def test_a_number_of_many_digits_is_a_failure_and_no_crash():
    assert read(b'[{"ip_address": ' + b"9" * 10_000 + b"}]", ARRAY).error


def test_what_a_path_passes_by_is_skipped_without_being_held():
    junk = json.dumps({"deep": [[1, {"a": "b"}]] * 3, "flat": 1, "next": None})
    body = f'{{"junk": {junk}, "vulnerabilities": [{{"cveID": "CVE-2024-1"}}]}}'
    found = read(body.encode(), SOURCES["cisa-kev"])
    assert found.values() == ["CVE-2024-1"]


def test_a_next_page_on_another_host_is_refused():
    body = b'{"results": [], "next": "https://evil.example.com/page2"}'
    assert read(body, SOURCES["otx"]).error == "the next page is on another host"


def test_a_page_that_leads_to_itself_comes_to_an_end():
    url = SOURCES["otx"].url
    body = json.dumps({"results": [], "next": url}).encode()
    asked = []

    def more(asked_for: str):
        asked.append(asked_for)
        return BytesIO(body)

    assert read(body, SOURCES["otx"], more).error is None
    assert len(asked) <= SOURCES["otx"].options["pages"]


def test_a_collection_whose_pages_go_in_circles_is_a_failure():
    body = b'{"more": true, "next": "2", "objects": []}'
    found = read(body, SOURCES["upstream-taxii"], lambda _url: BytesIO(body))
    assert found.error == "the collection goes on and does not say where"


def test_a_collection_is_asked_onward_with_what_it_was_asked_first():
    source = variant(
        "upstream-taxii", options={"added_after": "2026-01-01T00:00:00Z", "limit": 5}
    )
    asked = []

    def more(url: str):
        asked.append(url)
        return BytesIO(b'{"objects": []}')

    read(b'{"more": true, "next": "a&b", "objects": []}', source, more)
    assert asked == [f"{source.first_url}&next=a%26b"]
    assert source.first_url.endswith("?added_after=2026-01-01T00%3A00%3A00Z&limit=5")


# MISP and STIX


def test_a_feed_whose_events_cannot_be_had_is_given_up_early():
    names = {f"{n:08d}-0000-4000-8000-000000000000": {} for n in range(50)}
    asked = []

    def more(url: str):
        asked.append(url)
        raise NotOpened("time-out")

    found = read(json.dumps(names).encode(), MISP, more)
    assert found.error == "documents cannot be had: time-out"
    assert len(asked) == 3


def test_the_newest_events_are_opened_first_and_only_since():
    names = {
        f"{n:08d}-0000-4000-8000-000000000000": {"timestamp": str(1_600_000_000 + n)}
        for n in range(10)
    }
    source = variant("circl-misp", options={"events": 3, "since": 1_600_000_002})
    asked = []

    def more(url: str):
        asked.append(int(url.rpartition("/")[2][:8]))
        return BytesIO(b'{"Event": {"uuid": "x"}}')

    read(json.dumps(names).encode(), source, more)
    assert asked == [9, 8, 7]


def test_a_bundle_that_cannot_be_read_twice_is_read_once():
    class Once(BytesIO):
        def seekable(self):
            return False

    found = read(Once(plain_body(BUNDLE)), BUNDLE)
    assert found.values() == read(plain_body(BUNDLE), BUNDLE).values()
    assert {raw.said.malware for raw in found.raws} == {None}


def test_a_packed_bundle_is_read_twice_too():
    found = read(gzip.compress(plain_body(BUNDLE)), BUNDLE)
    assert found.raws == read(plain_body(BUNDLE), BUNDLE).raws


# news


def test_reading_lists_loads_no_library_for_news():
    code = "import sys, chalicelib.ingest.formats; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "chalicelib.ingest.formats.news" in run.stdout
    assert "feedparser" not in run.stdout


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>',
        '<!DOCTYPE rss SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1/x">%x;]>',
    ],
)
@pytest.mark.parametrize("before", ["", "<!-- <![CDATA[ <rss> -->", "<?pi ?>\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_declares_entities_is_refused(declared: str, encoding: str, before: str):
    text = f'<?xml version="1.0"?>{before}{declared}<rss version="2.0"><channel/></rss>'
    assert read(text.encode(encoding), NEWS).error == "declares entities"


def test_the_document_type_of_old_feeds_is_no_harm():
    said = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://x.example/d">'
    body = plain_body(NEWS).decode().replace("<rss", f"{said}<rss", 1)
    assert read(body.encode(), NEWS).articles


# Each of these took minutes where a pattern is tried in all combinations.
HOSTILE = {
    "comments": b"<!---->" * 580 + b"x",
    "open comments": b"<!--" * 200_000,
    "document types": b"<!DOCTYPE" * 200_000,
    "open CDATA": b"<![CDATA[" * 200_000,
    "blanks": b"a" + b" " * 60_000 + b"b\n" + b"c" + b"\t" * 60_000 + b"d\n",
    "encoding": b"<?xml" + b" " * 500_000 + b"?>",
    "open brackets": b'{"a":' * 50_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("source", EACH_FORMAT.values(), ids=lambda one: one.format)
def test_what_is_made_to_take_long_does_not(source: Source, body: bytes):
    found = read(body, source)
    assert found.error or not found.articles


def test_a_feed_that_breaks_off_gives_the_articles_before():
    body = plain_body(SOURCES["bleepingcomputer"])
    cut = body[: body.index(b"Article 2")]
    found = read(cut, SOURCES["bleepingcomputer"])
    assert [one.url for one in found.articles][:1] == ["https://example.org/news/1"]
    assert "remark: not well-formed XML" in found.reasons()


def test_a_feed_in_another_encoding_than_it_says_is_read():
    body = plain_body(NEWS).decode().replace("Article", "Artikel für")
    found = read(body.encode("utf-16"), NEWS)
    assert found.articles[0].title.startswith("Artikel für")


# anything at all


START = st.sampled_from(
    [
        b"",
        b"{",
        b"[",
        b'[{"ip_address": "',
        b"<rss>",
        b"\xef\xbb\xbf",
        b"\x1f\x8b\x08",
        b"url\n",
    ]
)


@given(start=START, rest=st.binary(max_size=400), name=st.sampled_from(sorted(FORMATS)))
@example(start=b"[", rest=b"\xff" * 40, name="json_records")
@example(start=b"\xff\xfe", rest=b"\x00" * 7, name="csv_columns")
def test_no_bytes_crash_a_format(start: bytes, rest: bytes, name: str):
    read(start + rest, EACH_FORMAT[name])


@given(data=st.data(), name=st.sampled_from(sorted(SOURCES)))
def test_no_damage_to_a_sample_crashes_its_format(data, name: str):
    source = SOURCES[name]
    body = bytearray(plain_body(source))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=4))
        body = body or bytearray(b" ")
    read(bytes(body), source, feeds.opener(feeds.SAMPLES / name))


NAMES = (
    *("Event", "response", "Attribute", "Object", "Tag", "uuid", "type", "value"),
    *("objects", "id", "pattern", "external_references", "relationship_type"),
    *("feed", "entry", "document", "vulnerabilities", "cve", "scores", "references"),
    *("results", "indicators", "indicator", "tlp", "kind", "product_tree", "branches"),
)
NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@given(value=NESTED, name=st.sampled_from(sorted(FORMATS)))
def test_no_shape_of_json_crashes_a_format(value, name: str):
    read(json.dumps(value).encode(), EACH_FORMAT[name])


# size


class Endless:
    """A feed that repeats itself for a number of bytes."""

    def __init__(self, start: bytes, again: bytes, size: int) -> None:
        self._block = again * (65_536 // len(again) + 1)
        self._ready, self._left = start, size

    def read(self, size: int) -> bytes:
        while len(self._ready) < size and self._left > 0:
            self._ready += self._block
            self._left -= len(self._block)
        given, self._ready = self._ready[:size], self._ready[size:]
        return given


@pytest.mark.parametrize(
    ("source", "start", "again"),
    [
        (LINES, b"", b"192.0.2.1\n"),
        (TABLE, b"url,threat\n", b"http://example.org/,x\n"),
        (ARRAY, b"[{}", b',{"ip_address": "192.0.2.1"}'),
        (JSON_LINES, b"", b'{"cidr": "192.0.2.0/24"}\n'),
    ],
    ids=["value_lines", "csv_columns", "json_records", "JSON lines"],
)
def test_memory_does_not_grow_with_the_feed(source: Source, start: bytes, again: bytes):
    large = replace(source, max_bytes=1 << 40)
    rows = (row for row in parse(Endless(start, again, 1 << 40), large, nothing_more))
    tracemalloc.start()
    try:
        first = sum(isinstance(row, Raw) for row in islice(rows, 2_000))
        _, early = tracemalloc.get_traced_memory()
        later = sum(isinstance(row, Raw) for row in islice(rows, 60_000))
        _, late = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert first >= 1_999
    assert later == 60_000
    assert late < early + 2_000_000


def test_kinds_of_the_feed_lead_to_ours():
    row = {"1": [{"ioc_value": "[2001:db8::1]:443", "ioc_type": "ip:port"}]}
    found = read(json.dumps(row).encode(), SOURCES["threatfox"])
    assert [(raw.kind, raw.value) for raw in found.raws] == [
        (IocType.IPV6, "[2001:db8::1]:443")
    ]
