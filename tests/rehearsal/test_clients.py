"""Real clients and real data on the gateway's URL: taxii2-client and curl."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from taxii2client import v21

from tests.rehearsal.support.deployment import TAXII
from tests.rehearsal.support.objects import attack_for_ics, indicator, post

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rehearsal.support.deployment import Deployment, Key

pytestmark = pytest.mark.rehearsal

COUNT = 25
AT_ONCE = 500


def curl(*words: str) -> str:
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--globoff", "--max-time", "30", *words],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@contextmanager
def opened(deployed: Deployment, key: Key, wanted: str) -> Iterator[v21.Collection]:
    """Find a collection as a client does that knows the discovery URL and a key."""
    server = v21.Server(f"{deployed.url}/taxii2/", user="any", password=key.secret)
    with closing(server):
        (root,) = server.api_roots
        with closing(root):
            found = {one.id: one for one in root.collections}
            try:
                yield found[wanted]
            finally:
                for one in found.values():
                    one.close()


def test_taxii2_client_adds_objects_and_reads_them_back_page_by_page(
    deployed: Deployment, pro: Key
):
    objects = [indicator(number) for number in range(COUNT)]
    with opened(deployed, pro, deployed.collection) as collection:
        status = collection.add_objects({"objects": objects})
        assert (status.status, status.success_count) == ("complete", COUNT)
        pages = list(v21.as_pages(collection.get_objects, per_request=10))
    read = {one["id"]: one for page in pages for one in page.get("objects", [])}
    assert len(pages) >= 3
    assert [read[one["id"]] for one in objects] == objects


def test_real_data_comes_back_as_it_was_posted(deployed: Deployment):
    taxiway = deployed.project.taxiway
    made = taxiway("collections", "create", "--title", "ICS", "--json").json["id"]
    key = deployed.new_key("pro", grants={made: "rw"})
    objects = attack_for_ics()
    with opened(deployed, key, made) as collection:
        for start in range(0, len(objects), AT_ONCE):
            part = objects[start : start + AT_ONCE]
            status = collection.add_objects({"objects": part})
            assert (status.failure_count, status.success_count) == (0, len(part))
        pages = v21.as_pages(collection.get_objects, per_request=AT_ONCE)
        read = [one for page in pages for one in page.get("objects", [])]
    assert read == objects


def test_curl_reads_as_the_readme_says(deployed: Deployment, pro: Key):
    told = json.loads(
        curl("--user", f"any:{pro.secret}", f"{deployed.api_root}/collections/")
    )
    assert deployed.collection in {one["id"] for one in told["collections"]}


def test_curl_posts_and_takes_a_compressed_answer(deployed: Deployment, pro: Key):
    objects = f"{deployed.api_root}/collections/{deployed.collection}/objects/"
    key = ("--header", f"Authorization: Bearer {pro.secret}")
    made = [indicator(number) for number in range(5)]
    posted = curl(
        *(*key, "--header", f"Content-Type: {TAXII}", "--header", f"Accept: {TAXII}"),
        *("--data", json.dumps({"objects": made}), objects),
    )
    assert json.loads(posted)["success_count"] == len(made)
    wanted = ",".join(one["id"] for one in made)
    said = curl(*key, "--compressed", "--include", f"{objects}?match[id]={wanted}")
    head, _, body = said.partition("{")
    assert "content-encoding: gzip" in head.lower()
    assert json.loads("{" + body)["objects"] == made


def test_a_client_that_asks_for_what_is_new_gets_that(deployed: Deployment, pro: Key):
    post(deployed, pro, [indicator(1)])
    path = f"/taxii2/api/collections/{deployed.collection}/objects/"
    seen = deployed.ask(path, **pro.bearer).headers["x-taxii-date-added-last"]
    new = indicator(2)
    post(deployed, pro, [new])
    answer = deployed.ask(f"{path}?added_after={seen}", **pro.bearer)
    assert answer.json["objects"] == [new]
