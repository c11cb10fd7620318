"""The pages of clients: what they tell to type works, and prints what they say."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.stub import Stubber

from chalicelib.core.iocs.ioc import IocType
from chalicelib.ingest import destinations
from tests.clients.conftest import Site
from tests.clients.pages import CLIENTS, FOLDER, PRODUCTS, RUN, Page, page
from tests.clients.shape import differences

FOLDERS = {"/api": "/api/taxii2/", "/api/v1/misp": "/api/v1/misp/manifest.json"}
"""What is no resource, and what its readers ask for there."""

SECTIONS = ("## Key", "## Limits", "## What is revoked", "## What it will not do")
EXPECTED = {
    *("sentinel", "splunk", "opencti", "misp", "elastic"),
    *("qradar", "xsoar", "firewalls", "guardduty"),
}

Script = Callable[..., str]

named = pytest.mark.parametrize("one", RUN, ids=lambda one: one.name)
of_products = pytest.mark.parametrize("one", PRODUCTS, ids=lambda one: one.path.stem)


# What a page has


def test_there_is_a_page_for_each_product_and_the_index_leads_to_it():
    assert {one.path.stem for one in PRODUCTS} == EXPECTED
    index = (FOLDER / "README.md").read_text()
    assert [one for one in EXPECTED if f"]({one}.md)" not in index] == []


def test_the_index_of_formats_leads_to_every_format():
    folder = FOLDER.parent / "formats"
    index = (folder / "README.md").read_text()
    others = {one.name for one in folder.glob("*.md")} - {"README.md"}
    assert [one for one in sorted(others) if f"]({one})" not in index] == []


@of_products
def test_a_page_says_what_every_reader_asks(one: Page):
    assert [part for part in SECTIONS if f"\n{part}\n" not in one.text] == []
    assert re.search(r"^## When ", one.text, re.MULTILINE), "trouble"
    assert re.search(r"^## .*[Dd]ocumentation$", one.text, re.MULTILINE)
    assert "https://" in one.text.rpartition("\n## ")[2]


@of_products
def test_a_page_makes_a_key_of_the_tier_that_it_needs(one: Page):
    first = one.taxiway()[0]
    assert first[:2] == ["keys", "create"]
    assert first[first.index("--tier") + 1] == "pro"


def test_the_collections_that_are_named_are_those_that_are_made():
    made = {one.id: one for one in destinations.load()}
    for one in CLIENTS:
        found = re.findall(r"(?<=`)[0-9a-f]{8}-[0-9a-f-]{27}(?=`)", one.text)
        assert set(found) <= set(made), one.name
    index = page("README").text
    for one in made.values():
        assert f"| {one.title} | `{one.id}` | `{one.alias}` |" in index


@pytest.mark.parametrize("one", CLIENTS, ids=lambda one: one.path.stem)
def test_blocks_of_data_are_what_they_are_called(one: Page):
    for block in one.blocks("json"):
        json.loads(block)
    for block in one.blocks("yaml"):
        if "AWSTemplateFormatVersion" not in block:
            assert yaml.safe_load(block)


def test_the_types_of_block_lists_are_types_of_iocs():
    for one in CLIENTS:
        for found in re.findall(r"[?&]type=([\w,]+)", one.text):
            assert set(found.split(",")) <= set(IocType), (one.name, found)


# What it tells to type


@named
def test_something_of_every_page_is_run(one: Page):
    assert sum(map(len, one.consoles())) >= 1
    assert all(command.line.strip() for part in one.consoles() for command in part)


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ('{"a": {"b": 1}}', '{"a": {"c": 1}}'),
        ('{"a": "1"}', '{"a": 1}'),
        ('[{"a": 1}]', "[]"),
        ("198.51.100.7\n", "bad.example\n"),
        ("198.51.100.7\n", ""),
        ("198.51.100.7\n", "198.51.100.7\n198.51.100.8\n"),
        ("id,type\n…\n", "id,value\n1,2\n"),
    ],
)
def test_what_is_printed_otherwise_is_noticed(said: str, printed: str):
    assert differences(said, printed) != []
    assert differences(said, said) == []


@named
def test_commands_print_what_the_page_says(one: Page, site: Site, tmp_path: Path):
    if shutil.which("curl") is None:
        pytest.skip("the commands of the pages are curl's, which is not here")
    for commands in one.consoles():
        lines = [
            f"{site.filled(one, command.line)}\nprintf '\\036'" for command in commands
        ]
        done = site.run(one, "bash", "-euc", "\n".join(lines), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        printed = done.stdout.split("\x1e")
        for command, real in zip(commands, printed, strict=False):
            assert differences(command.printed, real) == [], command.line


@named
def test_urls_answer_the_key_of_the_page(one: Page, site: Site):
    for address in one.addresses():
        path = FOLDERS.get(address, address).removeprefix("/api")
        url = site.ready.base_url + site.filled(one, path)
        request = urllib.request.Request(url, headers={"X-API-Key": site.key(one)})
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 200, url


@of_products
def test_urls_answer_nobody_without_a_key(one: Page, site: Site):
    for address in one.addresses():
        path = FOLDERS.get(address, address).removeprefix("/api")
        if path == "/taxii2/" or "api_key" in path:
            continue
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(site.ready.base_url + path, timeout=60)
        assert refused.value.code == 401
        refused.value.close()


# Scripts


def test_fetch_writes_the_whole_of_a_list(script: Script, site: Site, tmp_path: Path):
    index = page("README")
    script(index, 0, "v1/iocs?format=csv&limit=500", "iocs.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "iocs.csv").read_bytes().decode())))
    assert rows[0][:3] == ["id", "type", "value"]
    assert len({row[0] for row in rows}) == len(rows) > 1500
    script(index, 0, "v1/iocs/blocklist?format=edl-ip&type=ipv4&limit=100", "ips.txt")
    lines = (tmp_path / "ips.txt").read_text().splitlines()
    assert set(lines) <= {row[2] for row in rows}
    assert len(set(lines)) == len(lines) > 400
    assert {one.name for one in tmp_path.iterdir()} == {
        "block0.py",
        "iocs.csv",
        "ips.txt",
    }


def test_fetch_leaves_the_old_file_alone_when_it_fails(site: Site, tmp_path: Path):
    index = page("README")
    (tmp_path / "iocs.csv").write_text("old")
    (tmp_path / "fetch.py").write_text(index.blocks("python")[0])
    words = ("v1/iocs?format=csv&confidense=high", "iocs.csv")
    done = site.run(index, sys.executable, "fetch.py", *words, cwd=tmp_path)
    assert "400" in done.stderr
    assert (tmp_path / "iocs.csv").read_text() == "old"


def test_the_scripted_input_prints_everything_once(script: Script):
    one = page("splunk")
    objects = [json.loads(line) for line in script(one).splitlines()]
    ids = [each["id"] for each in objects]
    assert len(set(ids)) == len(ids) > 1500
    assert script(one) == ""


def test_sentinel_gets_indicators_in_hundreds(script: Script):
    said = script(page("sentinel"))
    count, requests = map(int, re.findall(r"\d+", said))
    assert count > 900
    assert requests == -(-count // 100)


def test_opencti_finds_the_collection_by_root_and_title(script: Script):
    said = script(page("opencti"))
    assert re.fullmatch(r"\d{4} objects, first an identity\n", said)


def test_misp_reads_every_event_of_the_feed(script: Script):
    said = script(page("misp"))
    assert re.search(r"^\d{4}-\d\d-\d\d \d+ attributes: .*\bdomain\b", said)


def test_qradar_gets_values_of_each_kind(script: Script):
    counts = dict(line.split() for line in script(page("qradar")).splitlines())
    assert set(counts) == {
        *("taxiway_ip", "taxiway_domain", "taxiway_url", "taxiway_hash"),
    }
    assert all(int(count) > 50 for count in counts.values())


def test_xsoar_finds_collections_by_title(script: Script):
    said = script(page("xsoar"))
    assert "Network addresses" in said
    assert re.search(
        r"^\d+ indicators, the last \[ipv4-addr:value = '", said, re.MULTILINE
    )


# GuardDuty


@pytest.fixture
def guardduty() -> dict[str, Any]:
    """The function of the page, as a module."""
    module: dict[str, Any] = {"__name__": "handler"}
    exec(page("guardduty").blocks("python")[0], module)
    return module


def test_guardduty_gets_addresses_that_it_can_read(
    guardduty: dict[str, Any], site: Site
):
    guardduty["LIST"] = guardduty["LIST"].replace("limit=10000", "limit=100")
    found = guardduty["download"](site.ready.base_url, site.key(page("guardduty")))
    assert len(set(found)) == len(found) > 300
    assert [str(IPv4Network(one)).removesuffix("/32") for one in found] == found


def test_guardduty_is_told_as_the_sdk_wants_it(
    guardduty: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    names = {"BUCKET": "lists", "DETECTOR": "d1", "THREAT_INTEL_SET": "t1"}
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    s3, service = (_client(name) for name in ("s3", "guardduty"))
    with Stubber(s3) as storage, Stubber(service) as lists:
        storage.add_response(
            "put_object",
            {},
            {"Bucket": "lists", "Key": "taxiway.txt", "Body": b"198.51.100.7\n"},
        )
        lists.add_response(
            "update_threat_intel_set",
            {},
            {
                "DetectorId": "d1",
                "ThreatIntelSetId": "t1",
                "Location": "https://s3.amazonaws.com/lists/taxiway.txt",
                "Activate": True,
            },
        )
        guardduty["publish"](["198.51.100.7"], s3, service)
        storage.assert_no_pending_responses()
        lists.assert_no_pending_responses()
        with pytest.raises(RuntimeError, match="the old one stays"):
            guardduty["publish"]([], s3, service)


def test_guarddutys_template_is_one(tmp_path: Path):
    path = tmp_path / "template.yaml"
    (text,) = [one for one in page("guardduty").blocks("yaml") if "Transform" in one]
    path.write_text(text)
    (tmp_path / "guardduty").mkdir()
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--", path],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _client(name: str) -> Any:
    return boto3.client(
        name,
        region_name="eu-west-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
    )
