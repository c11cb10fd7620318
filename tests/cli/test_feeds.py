"""`taxiway feeds`: every sample read, told of, and read a second time for nothing."""

from __future__ import annotations

import json
import shutil
import urllib.request
from pathlib import Path

import boto3
import pytest
import stix2

from chalicelib.ingest import source
from taxiway.feed_table import append
from taxiway.trouble import Trouble
from tests.cli.conftest import taxiway
from tests.support.live import ROOT, LiveServer

SAMPLES = ROOT / "tests/samples/feeds"
EXAMPLES = (
    "192.0.2.0/24",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "2001:db8::/32",
    "example.com",
    "example.net",
    "example.org",
    "example",
    "test",
)
ALLOW = [word for one in EXAMPLES for word in ("--allow", one)]


def run(at, *words, expected=0):
    said = taxiway("feeds", "run", *words, "--json", *at)
    assert said.code == expected, said.err + said.out
    return {one["id"]: one for one in said.json}


@pytest.fixture(scope="module")
def both(ready):
    """Read all samples twice, before anything else does."""
    at = ("--endpoint-url", ready.dynamodb_endpoint)
    return [run(at, "--all", "--from", str(SAMPLES), *ALLOW) for _ in range(2)]


@pytest.fixture(scope="module")
def first(both):
    return both[0]


def test_every_source_has_a_sample_that_is_read(first):
    assert set(first) == {one.id for one in source.load()}
    assert {one["ending"] for one in first.values()} == {"read"}
    assert sum(one["new"] for one in first.values()) > 100


def test_a_second_run_of_all_writes_nothing(both):
    first, second = both
    assert set(second) == set(first)
    # The first page of a collection does not tell whether there is more.
    pages = {one.id for one in source.load() if one.format == "taxii_collection"}
    read = {name for name, one in second.items() if one["ending"] != "unchanged"}
    assert read <= pages
    for one in second.values():
        assert (one["new"], one["updated"], one["vanished"]) == (0, 0, 0)


def test_the_list_tells_how_each_source_does(at, first):
    told = {one["id"]: one for one in taxiway("feeds", "list", "--json", *at).json}
    assert set(told) == set(first)
    tor = told["tor-exits"]
    assert (tor["health"], tor["last_error"]) == ("ok", None)
    assert tor["last"]["rows"] == first["tor-exits"]["rows"]
    assert tor["next_due"] > tor["last_run"]
    people = taxiway("feeds", "list", *at)
    assert "tor-exits" in people.out


def test_callers_are_told_the_same(at, first, ready):
    assert first
    key = taxiway("keys", "create", "reader", "--tier", "free", "--json", *at).json
    request = urllib.request.Request(
        f"{ready.base_url}/v1/feeds", headers={"X-API-Key": key["key"]}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        told = json.load(answer)
    listed = taxiway("feeds", "list", "--json", *at).json
    assert told["meta"]["total"] == len(listed)
    assert [one["id"] for one in told["data"]] == [one["id"] for one in listed]
    assert told["data"][0]["health"] == listed[0]["health"]


def test_what_was_published_is_stix_that_others_read(at, first, ready):
    assert first
    made = taxiway("keys", "create", "r", "--tier", "internal", "--json", *at).json
    headers = {"Authorization": f"Bearer {made['key']}"}
    url = f"{ready.api_root}collections/all/objects/?limit=5000"
    with urllib.request.urlopen(
        urllib.request.Request(url, headers=headers), timeout=60
    ) as answer:
        page = json.load(answer)
    assert page["more"] is False
    kinds = set()
    for one in page["objects"]:
        parsed = stix2.parse(one, allow_custom=True, version="2.1")
        kinds.add(parsed["type"])
    wanted = {"identity", "marking-definition", "indicator", "vulnerability"}
    assert kinds >= wanted | {"malware", "relationship", "report"}


def test_a_changed_file_brings_what_changed_and_no_more(at, first, tmp_path: Path):
    assert first
    folder = tmp_path / "blocklist-de"
    shutil.copytree(SAMPLES / "blocklist-de", folder)
    (sample,) = folder.glob("sample.*")
    sample.write_text(sample.read_text() + "\n192.0.2.77\n")
    told = run(at, "blocklist-de", "--from", str(tmp_path), *ALLOW)["blocklist-de"]
    assert (told["ending"], told["new"], told["updated"]) == ("read", 1, 0)
    again = run(at, "blocklist-de", "--from", str(sample), *ALLOW)["blocklist-de"]
    assert again["ending"] == "unchanged"


def forget_rows(endpoint: str) -> None:
    """Make a stage one of a release from before there were lists of IOCs."""
    given = {"aws_access_key_id": "taxiway", "aws_secret_access_key": "taxiway"}
    world = boto3.client(
        "dynamodb", endpoint_url=endpoint, region_name="us-east-1", **given
    )
    pages = world.get_paginator("scan").paginate(TableName="taxiway-dev-objects")
    for item in [item for page in pages for item in page["Items"]]:
        if "#iocs" in item["pk"]["S"]:
            key = {"pk": item["pk"], "sk": item["sk"]}
            world.delete_item(TableName="taxiway-dev-objects", Key=key)


def listed(base_url: str, key: str) -> int:
    request = urllib.request.Request(
        f"{base_url}/v1/iocs?limit=100", headers={"X-API-Key": key}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return len(json.load(answer)["data"])


def test_what_was_published_before_there_were_lists_is_listed(tmp_path: Path):
    feed = tmp_path / "list.txt"
    feed.write_text("192.0.2.1\n192.0.2.2\n192.0.2.3\n")
    with LiveServer(tmp_path, "--no-demo") as there:
        at = ("--endpoint-url", there.dynamodb_endpoint)
        key = taxiway("keys", "create", "r", "--tier", "internal", "--json", *at).json
        run(at, "cins", "--from", str(feed), *ALLOW)
        assert listed(there.base_url, key["key"]) == 3
        forget_rows(there.dynamodb_endpoint)
        assert listed(there.base_url, key["key"]) == 0
        told = taxiway("feeds", "relist", "--json", *at)
        assert told.json == {"objects": 3, "records": 3, "rows": 3}
        assert listed(there.base_url, key["key"]) == 3
        again = taxiway("feeds", "relist", *at)
        assert again.out == "0 of 3 active IOCs were not listed, and are now.\n"
        forget_rows(there.dynamodb_endpoint)
        assert listed(there.base_url, key["key"]) == 0
    # Such a state is one that no newer release has started with.
    (tmp_path / "state" / "demo.json").unlink(missing_ok=True)
    with LiveServer(tmp_path, "--no-demo") as there:
        assert listed(there.base_url, key["key"]) == 3


def test_checking_saves_nothing_and_explains(at, tmp_path: Path):
    feed = tmp_path / "list.txt"
    feed.write_text("192.0.2.1\nnonsense here\n8.8.8.8\n")
    said = taxiway("feeds", "check", "cins", "--from", str(feed), *ALLOW, "--json", *at)
    assert said.code == 0, said.err
    assert said.json["rows"] == 3
    assert said.json["types"] == {"ipv4": 1}
    assert len(said.json["rejected"]) == 2
    assert any("benign" in why for why in said.json["reasons"])
    again = taxiway("feeds", "check", "cins", "--from", str(feed), *ALLOW, *at)
    assert "3 rows" in again.out


def test_a_remark_on_a_row_is_no_row_of_its_own(at, first, tmp_path: Path):
    assert first
    feed = tmp_path / "list.txt"
    feed.write_bytes("192.0.2.1\n192.0.2.2 # café\n".encode("latin-1"))
    said = taxiway("feeds", "check", "cins", "--from", str(feed), *ALLOW, "--json", *at)
    assert said.code == 0, said.err
    assert said.json["types"] == {"ipv4": 2}
    assert said.json["rows"] == 2
    told = run(at, "cins", "--from", str(feed), *ALLOW)["cins"]
    assert told["rows"] == said.json["rows"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "name sources, or say --all"),
        (["run", "cins", "--all"], "name sources, or say --all"),
        (["run", "nobody"], "there is no source nobody"),
        (["run", "openphish"], "is off"),
        (["run", "cins", "--from", "/nowhere"], "/nowhere is not there"),
        (["run", "cins", "feodo", "--from", __file__], "name the one source"),
        (["check", "nobody"], "there is no source nobody"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(at, words, said):
    refused = taxiway("feeds", *words, *at)
    assert refused.code == 1
    assert said in refused.err
    assert len(refused.err.strip().splitlines()) == 1


def test_a_feed_that_cannot_be_read_ends_with_an_error(at, tmp_path: Path):
    page = tmp_path / "page.html"
    page.write_text("<!DOCTYPE html><html><body>Log in</body></html>")
    told = run(at, "cins", "--from", str(page), *ALLOW, expected=1)["cins"]
    assert told["ending"] == "failed"
    assert "HTML" in told["error"]
    refused = taxiway("feeds", "check", "cins", "--from", str(page), *at)
    assert refused.code == 1
    assert "HTML" in refused.err


# Adding a row

ROW = {
    "id": "our-list",
    "name": "Ours",
    "url": "https://feeds.example.com/ours.txt",
    "format": "value_lines",
    "every": 60,
    "category": "malware",
    "reliability": 70,
    "licence": "own",
    "attribution": "us",
    "redistribute": True,
    "authoritative": False,
}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "sources.toml"
    path.write_text("# sources\n")
    return path


def test_a_row_is_added_at_the_end(table: Path):
    append(ROW, table)
    append({**ROW, "id": "our-other", "name": 'With "quotes"', "kind": "url"}, table)
    first, second = source.read(table.read_text())
    assert (first.id, first.every, second.name) == ("our-list", 60, 'With "quotes"')
    assert str(second.kind) == "url"
    assert table.read_text().startswith("# sources\n")


def test_a_source_that_may_not_be_passed_on_is_off_until_somebody_turns_it_on(
    table: Path,
):
    append({**ROW, "redistribute": False}, table)
    (row,) = source.read(table.read_text())
    assert (row.redistribute, row.enabled) == (False, False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "pdf"}, "no such format: pdf"),
        ({"id": "Not An Id"}, "id is lower case"),
        ({"url": "http://feeds.example.com/"}, "not https"),
        ({"every": 1}, "every"),
        ({"kind": "smell"}, "no such kind"),
    ],
)
def test_a_row_that_cannot_be_leaves_the_file_alone(table: Path, change, said):
    before = table.read_text()
    with pytest.raises(Trouble, match=said):
        append({**ROW, **change}, table)
    assert table.read_text() == before


def test_a_row_is_not_added_twice(table: Path):
    append(ROW, table)
    before = table.read_text()
    with pytest.raises(Trouble, match="twice"):
        append(ROW, table)
    assert table.read_text() == before
