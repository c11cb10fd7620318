"""`run --demo`: what it serves, and that a second start loses nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from taxii2client import v21

from tests.support.live import LiveServer, Ready
from tests.taxii.checks import add, envelope
from tests.taxii.client import Collection
from tests.taxii.samples import indicator
from tests.taxii.world import Key, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.taxii.client import Stix

LONG_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7,}Z")
FOR_SIEMS = {"indicator", "identity", "marking-definition", "extension-definition"}
TLP_1 = re.compile(r"marking-definition--(613f2e26|34098fce|f88d31f6|5e57c739)-.*")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Give a server of the demo data, not yet started."""
    found = LiveServer(tmp_path_factory.mktemp("demo"), "--demo")
    yield found
    found.stop()


@pytest.fixture(scope="module")
def ready(server: LiveServer) -> Ready:
    """Start it for the first time."""
    return server.start()


@pytest.fixture(scope="module")
def demo(ready: Ready) -> dict[str, list[Stix]]:
    """Give every object of every collection, by title, as taxii2-client crawls them."""
    return crawl(ready)


def crawl(ready: Ready) -> dict[str, list[Stix]]:
    """Read everything, page by page."""
    found: dict[str, list[Stix]] = {}
    url = ready.api_root
    with v21.ApiRoot(url, user="anyone", password=ready.keys["read"]) as root:
        for collection in root.collections:
            pages = v21.as_pages(collection.get_objects, per_request=400)
            objects = [one for page in pages for one in page["objects"]]
            found[collection.title] = objects
    return found


@pytest.mark.rule(21)
def test_opencti_and_secops_can_name_the_demo_collections_by_title(
    demo: dict[str, list[Stix]],
) -> None:
    assert len(demo) >= 3
    assert not any("." in title or "," in title for title in demo)


@pytest.mark.rule(25)
def test_taxii2_client_gets_every_demo_object_once(
    demo: dict[str, list[Stix]],
) -> None:
    sizes = [len(objects) for objects in demo.values()]
    assert 0 in sizes
    assert sum(sizes) > 1000
    for objects in demo.values():
        assert len({one["id"] for one in objects}) == len(objects)


@pytest.mark.rule(25)
def test_opencti_finds_spec_version_on_every_demo_object(
    demo: dict[str, list[Stix]],
) -> None:
    for objects in demo.values():
        assert all(one["spec_version"] == "2.1" for one in objects)


@pytest.mark.rule(25)
def test_opencti_finds_every_author_and_marking_in_the_same_collection(
    demo: dict[str, list[Stix]],
) -> None:
    for objects in demo.values():
        there = {one["id"] for one in objects}
        assert there.issuperset(ref for one in objects for ref in named(one))


@pytest.mark.rule(25)
def test_opencti_finds_authors_and_markings_before_the_indicators_that_name_them(
    demo: dict[str, list[Stix]],
) -> None:
    for objects in demo.values():
        seen: set[str] = set()
        for one in objects:
            if one["type"] == "indicator":
                assert seen.issuperset(named(one)), one["id"]
            seen.add(one["id"])


def named(one: Stix) -> list[str]:
    """Return the author and the markings of an object, less those of TLP 1."""
    found = [*one.get("object_marking_refs", [])]
    found += [one["created_by_ref"]] if "created_by_ref" in one else []
    return [ref for ref in found if not TLP_1.fullmatch(ref)]


@pytest.mark.rule(25)
def test_sentinel_xsoar_and_secops_find_a_collection_of_indicators_alone(
    demo: dict[str, list[Stix]],
) -> None:
    kinds = [{one["type"] for one in objects} for objects in demo.values()]
    assert any("indicator" in kind and kind <= FOR_SIEMS for kind in kinds)


@pytest.mark.rule(25)
def test_xsoar_and_splunk_find_one_observable_in_each_demo_pattern(
    demo: dict[str, list[Stix]],
) -> None:
    found = [one for objects in demo.values() for one in objects]
    indicators = [one for one in found if one["type"] == "indicator"]
    assert indicators
    for one in indicators:
        assert one["pattern_type"] == "stix"
        assert one["valid_from"]
        assert re.fullmatch(r"\[[a-z0-9-]+:\S+ = '(?:[^'\\]|\\.)*'\]", one["pattern"])


@pytest.mark.rule(25)
def test_xsoar_finds_no_demo_timestamp_with_more_than_six_decimals(
    demo: dict[str, list[Stix]],
) -> None:
    for objects in demo.values():
        assert not LONG_TIME.search(str(objects))


@pytest.mark.rule(2)
def test_sekoia_goes_on_with_its_token_after_a_restart_that_loses_nothing(
    server: LiveServer, ready: Ready, demo: dict[str, list[Stix]]
) -> None:
    big = max(demo, key=lambda title: len(demo[title]))
    token = envelope(_collection(ready, big, "read").objects({"limit": "10"}))["next"]
    empty = next(title for title, objects in demo.items() if not objects)
    one = indicator()
    add(_collection(ready, empty, "write"), one)
    server.stop()
    again = server.start()
    page = envelope(_collection(again, big, "read").objects({"next": token}))
    assert page["objects"][0] == demo[big][10]
    assert crawl(again) == {**demo, empty: [one]}


def _collection(ready: Ready, title: str, key: str) -> Collection:
    client = client_of(ready.api_root, Key("", ready.keys[key] or ""))
    listed = client.get("collections/").json()["collections"]
    (found,) = [one["id"] for one in listed if one["title"] == title]
    return Collection(client, found)
