from __future__ import annotations

import gzip
import http.client
import json
import urllib.request
import uuid
from urllib.parse import urlsplit

import pytest

from tests.cli.conftest import in_a_process, taxiway


def made(at, **options):
    title = f"Collection {uuid.uuid4()}"
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    said = taxiway("collections", "create", "--title", title, *flags, "--json", *at)
    assert said.code == 0, said.err
    return said.json


def status(url, key):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    headers = {"Authorization": f"Bearer {key}", "Accept": "*/*"}
    try:
        connection.request("GET", parts.path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def indicator(**more):
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{uuid.uuid4()}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "pattern": "[domain-name:value = 'example.com']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
        **more,
    }


def bundle(*objects):
    return {"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "objects": [*objects]}


def test_help_names_every_command():
    said = in_a_process("--help")
    assert said.code == 0
    for word in ("run", "collections", "keys", "load", "doctor"):
        assert word in said.out


def test_created_collection_is_listed_with_what_was_given(at):
    wanted = {
        "id": str(uuid.uuid4()),
        "alias": f"alias-{uuid.uuid4().hex[:8]}",
        "description": "Two. Sentences.",
    }
    created = made(at, **wanted)
    assert {name: created[name] for name in wanted} == wanted
    listed = taxiway("collections", "list", "--json", *at).json
    assert created in listed
    table = taxiway("collections", "list", *at).out
    assert wanted["id"] in table
    assert wanted["alias"] in table


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (("--title", "A.B"), "title"),
        (("--title", "Good", "--id", "11111111-1111-1111-8111-111111111111"), "UUID"),
        (("--title", "Good", "--alias", "a/b"), "alias"),
    ],
    ids=["dot in title", "id of another version", "alias no URL can hold"],
)
def test_refused_collection_is_one_line_on_stderr(at, flags, word):
    said = taxiway("collections", "create", *flags, *at)
    assert said.code == 1
    assert said.out == ""
    assert said.err.startswith("taxiway: ")
    assert said.err.count("\n") == 1
    assert word in said.err


def test_deleting_asks_first(at):
    created = made(at)
    said = taxiway("collections", "delete", created["id"], *at, stdin=b"n\n")
    assert said.code == 1
    assert created["title"] in said.err
    ids = [each["id"] for each in taxiway("collections", "list", "--json", *at).json]
    assert created["id"] in ids


def test_deleted_collection_is_gone_with_its_objects(at, tmp_path):
    created = made(at)
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(bundle(indicator(), indicator())))
    assert taxiway("load", str(file), "-c", created["id"], *at).code == 0
    said = taxiway("collections", "delete", created["id"], "--yes", "--json", *at)
    assert said.code == 0
    assert said.json["removed_items"] > 0
    again = taxiway("collections", "delete", created["id"], "--yes", *at)
    assert again.code == 1
    assert "no such collection" in again.err


def test_key_is_printed_once_and_works_until_it_is_revoked(at, ready):
    created = made(at)
    grant = f"{created['id']}=r"
    key = taxiway("keys", "create", "partner", "--grant", grant, "--json", *at).json
    assert key["grants"] == {created["id"]: "r"}
    url = f"{ready.api_root}collections/{created['id']}/"
    assert status(url, key["key"]) == 200

    listed = taxiway("keys", "list", "--json", *at).out
    assert key["id"] in listed
    assert key["key"] not in listed

    flags = ("--reason", "left", "--json", *at)
    revoked = taxiway("keys", "revoke", key["id"], *flags).json
    assert revoked["revoked"] is not None
    assert revoked["reason"] == "left"
    assert status(url, key["key"]) == 401


def test_created_key_alone_is_on_standard_output(at):
    said = taxiway("keys", "create", "script", *at)
    assert said.code == 0
    assert len(said.out.split()) == 1


def test_expiry_is_told(at):
    said = taxiway("keys", "create", "short", "--expires-in-days", "3", "--json", *at)
    assert said.json["expires"] > said.json["created"]


@pytest.mark.parametrize(
    "flags",
    [
        ("--grant", "x"),
        ("--grant", "x=rwx"),
        ("--grant", "=r"),
        ("--grant", "unknown-collection=r"),
        ("--grant", "*=r", "--grant", "*=w"),
        ("--tier", "gold"),
        ("--expires-in-days", "0"),
    ],
    ids=" ".join,
)
def test_refused_key(at, flags):
    said = taxiway("keys", "create", "nobody", *flags, *at)
    assert said.code != 0
    assert said.out == ""


def test_an_admin_key_manages_keys_over_http(at, ready):
    made = taxiway("keys", "create", "ops", "--admin", "--json", *at)
    assert made.code == 0, made.err
    bearer = {"Authorization": f"Bearer {made.json['key']}"}
    listed = ask(f"{ready.base_url}/v1/keys", **bearer)
    assert made.json["id"] in {one["id"] for one in listed["data"]}
    assert made.json["admin"] is True
    session = ask(f"{ready.base_url}/v1/session", data=b"", **bearer)
    assert session["data"]["key_id"] == made.json["id"]


def test_a_key_has_the_owner_and_the_networks_it_was_made_with(at):
    flags = ["--owner", "team a", "--allow-ip", "192.0.2.7/24", "--allow-ip", "::1"]
    made = taxiway("keys", "create", "x", *flags, "--json", *at)
    assert made.code == 0, made.err
    assert made.json["owner"] == "team a"
    assert made.json["allowed_ips"] == ["192.0.2.0/24", "::1/128"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--tier", "gold"], "free, pro, internal"),
        (["--allow-ip", "nowhere"], "nowhere"),
        (["--admin", "--grant", "*=r"], "takes no grants"),
        (["--owner", ""], "owner"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(at, flags, said):
    refused = taxiway("keys", "create", "x", *flags, *at)
    assert refused.code == 1
    assert said in refused.err
    assert refused.out == ""


def test_the_tier_of_a_collection_is_set_and_taken_back(at):
    made = taxiway(
        "collections", "create", "--title", "Open data", "--tier", "free", "--json", *at
    )
    assert made.json["tier"] == "free"
    for tier, told in (("internal", "internal"), ("default", None)):
        done = taxiway("collections", "tier", made.json["id"], tier, "--json", *at)
        assert done.code == 0, done.err
        listed = taxiway("collections", "list", "--json", *at).json
        assert {one["id"]: one["tier"] for one in listed}[made.json["id"]] == told
    refused = taxiway("collections", "tier", made.json["id"], "gold", *at)
    assert (refused.code, "free, pro, internal" in refused.err) == (1, True)
    unknown = taxiway("collections", "tier", "nowhere", "free", *at)
    assert unknown.code == 1


def ask(url, data=None, **headers):
    request = urllib.request.Request(url, data, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_revoking_an_unknown_key(at):
    said = taxiway("keys", "revoke", "nobody", *at)
    assert said.code == 1
    assert "nobody" in said.err


def test_loading_twice_adds_nothing(at, tmp_path):
    created = made(at)
    objects = [indicator(name=f"n{n}") for n in range(7)]
    plain, packed = tmp_path / "plain.json", tmp_path / "packed.json.gz"
    plain.write_text(json.dumps(bundle(*objects[:4])))
    packed.write_bytes(gzip.compress(json.dumps({"objects": objects}).encode()))
    files = (str(plain), str(packed))
    once = taxiway("load", *files, "--collection", created["id"], "--json", *at)
    assert once.code == 0
    assert [each["added"] for each in once.json["files"]] == [4, 3]
    assert once.json["present"] == 4
    twice = taxiway("load", *files, "--collection", created["id"], "--json", *at)
    assert twice.code == 0
    assert (twice.json["added"], twice.json["present"]) == (0, 11)


def test_loading_says_for_people_what_became_of_a_file(at, tmp_path):
    created = made(at)
    file = tmp_path / "list.json"
    file.write_text(json.dumps([indicator(), indicator()]))
    said = taxiway("load", str(file), "-c", created["id"], *at)
    assert said.code == 0
    assert "2 added, 0 already there, 0 failed" in said.out


def test_failed_objects_are_named_and_the_rest_is_loaded(at, tmp_path):
    created = made(at)
    nameless = indicator()
    del nameless["id"]
    undated = indicator(modified="yesterday")
    file = tmp_path / "mixed.json"
    file.write_text(json.dumps(bundle(indicator(), nameless, undated, indicator())))
    said = taxiway("load", str(file), "-c", created["id"], "--json", *at)
    assert said.code == 1
    (told,) = said.json["files"]
    assert (told["added"], told["failed"]) == (2, 2)
    assert [failure["index"] for failure in told["failures"]] == [1, 2]
    assert undated["id"] in said.err
    assert said.err.count(str(file)) == 2


def test_what_came_before_the_damage_stays_loaded(at, tmp_path):
    created = made(at)
    whole = json.dumps(bundle(*(indicator() for _ in range(5))))
    file, packed = tmp_path / "cut.json", tmp_path / "cut.json.gz"
    file.write_text(whole[:-40])
    packed.write_bytes(gzip.compress(whole.encode())[:-12])
    good = tmp_path / "good.json"
    good.write_text(json.dumps(indicator()))
    files = (str(file), str(packed), str(tmp_path / "absent.json"), str(good))
    said = taxiway("load", *files, "-c", created["id"], "--json", *at)
    assert said.code == 1
    told = said.json["files"]
    assert told[0]["added"] == 4
    assert all(each["error"] for each in told[:3])
    assert (told[3]["added"], told[3]["error"]) == (1, None)
    assert "stays loaded" in said.err


def test_standard_input_is_loaded_packed_too(at):
    created = made(at)
    packed = gzip.compress(json.dumps(bundle(indicator())).encode())
    said = taxiway("load", "-", "-c", created["id"], "--json", *at, stdin=packed)
    assert said.json["added"] == 1


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe{}", b"<xml/>", b'"text"'], ids=repr
)
def test_file_that_is_no_json_is_told(at, tmp_path, content):
    created = made(at)
    file = tmp_path / "file.json"
    file.write_bytes(content)
    said = taxiway("load", str(file), "-c", created["id"], *at)
    assert said.code == 1
    assert str(file) in said.err


def test_loading_into_an_unknown_collection(at, tmp_path):
    file = tmp_path / "file.json"
    file.write_text("[]")
    said = taxiway("load", str(file), "-c", "nowhere", *at)
    assert said.code == 1
    assert "no such collection" in said.err


def test_doctor_finds_a_healthy_server_well(at, ready):
    made(at)
    url = ("--url", ready.discovery, "--key", ready.keys["read"])
    said = taxiway("doctor", *url, "--json", *at)
    assert said.code == 0, said.out
    assert {finding["state"] for finding in said.json} <= {"ok", "warn"}
    assert any("401 without a key" in finding["what"] for finding in said.json)


def test_doctor_says_what_to_do_about_missing_tables(at):
    said = taxiway("doctor", "--stage", "nowhere", *at)
    assert said.code == 1
    assert "taxiway-nowhere-objects is missing" in said.out
    assert "taxiway run" in said.out


def test_doctor_says_that_a_url_does_not_answer(at):
    said = taxiway("doctor", "--url", "http://127.0.0.1:9/api/taxii2/", *at)
    assert said.code == 1
    assert "does not answer" in said.out


def test_missing_tables_are_explained(at):
    said = taxiway("keys", "list", "--stage", "nowhere", *at)
    assert said.code == 1
    assert "tables are missing" in said.err


def test_unreachable_endpoint_is_explained():
    said = taxiway("keys", "list", "--endpoint-url", "http://127.0.0.1:9")
    assert said.code == 1
    assert "does not answer" in said.err


def test_missing_credentials_are_explained(tmp_path):
    nothing = {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }
    said = in_a_process("keys", "list", **nothing)
    assert said.code == 1
    assert said.err.startswith("taxiway: no AWS region")
    said = in_a_process("keys", "list", AWS_DEFAULT_REGION="eu-west-1", **nothing)
    assert said.code == 1
    assert said.err.startswith("taxiway: no AWS credentials")


def test_region_profile_and_proxy_of_the_caller_do_not_matter_locally(at):
    said = taxiway(
        "keys",
        "list",
        "--json",
        *at,
        AWS_REGION="eu-central-1",
        AWS_PROFILE="absent",
        HTTP_PROXY="http://127.0.0.1:9",
    )
    assert said.code == 0, said.err
    assert {key["name"] for key in said.json} >= {"local read", "local write"}


def test_provisioned_stage_has_its_tables_once(at):
    stage = f"s{uuid.uuid4().hex[:8]}"
    names = [f"taxiway-{stage}-{kind}" for kind in ("objects", "keys", "counters")]
    first = taxiway("provision", "--stage", stage, "--json", *at)
    assert first.code == 0, first.err
    assert first.json == [{"table": name, "created": True} for name in names]
    again = taxiway("provision", "--stage", stage, "--json", *at)
    assert again.json == [{"table": name, "created": False} for name in names]
    assert taxiway("collections", "list", "--stage", stage, "--json", *at).json == []


def test_compacting_tells_what_it_did_to_each_collection(at):
    collection = made(at)
    said = taxiway("collections", "compact", collection["id"], "--json", *at)
    assert said.code == 0, said.err
    assert said.json == [{"id": collection["id"], "segments": 0, "moved": 0}]
    every = taxiway("collections", "compact", "--json", *at)
    assert collection["id"] in {each["id"] for each in every.json}
