"""The IOC API behind the gateway, from its zip and with its own rights."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from chalicelib.container import SystemClock
from chalicelib.core.iocs.ioc import IocType
from tests.doubles.dynamo import client_of
from tests.http.conftest import sources
from tests.publishing import World, sightings
from tests.rehearsal.support.deployment import PREFIX

if TYPE_CHECKING:
    from tests.rehearsal.support.deployment import Deployment, Key

pytestmark = pytest.mark.rehearsal

ANSWERS = {
    "/v1/iocs?type=domain": "application/json",
    "/v1/iocs?format=csv": "text/csv",
    "/v1/iocs?format=txt&type=ipv4&sort=modified:asc": "text/plain",
    "/v1/iocs/search?q=host-1.bad": "application/json",
    "/v1/lookup?ioc=host-1[.]bad[.]example": "application/json",
    "/v1/iocs/stats": "application/json",
    "/v1/iocs/stix": "application/stix+json;version=2.1",
    "/v1/iocs/misp": "application/json",
    "/v1/iocs/cef": "text/plain",
    "/v1/iocs/openioc?version=1.1": "application/xml",
    "/v1/iocs/sigma": "text/yaml",
    "/v1/iocs/blocklist?format=rpz": "text/plain",
    "/v1/misp/manifest.json": "application/json",
    "/v1/misp/hashes.csv": "text/csv",
    "/v1/articles": "application/json",
}


@pytest.fixture(scope="module")
def listed(deployed: Deployment) -> None:
    """Publish some IOCs into the tables of the stage."""
    (feodo,) = sources("feodo")
    world = World(
        feeds=(feodo,),  # type: ignore[arg-type]
        clock=SystemClock(),  # type: ignore[arg-type]
        client=client_of(deployed.aws.client("dynamodb")),
        name=f"{PREFIX}-objects",
    )
    for kind in (IocType.DOMAIN, IocType.IPV4, IocType.SHA256):
        world.publish(feodo, *sightings(3, kind))  # type: ignore[arg-type]


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("path", ANSWERS)
def test_each_list_and_export_comes_through_the_gateway(
    deployed: Deployment, pro: Key, path: str
):
    answer = deployed.ask(path, **pro.bearer)
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"].startswith(ANSWERS[path])
    assert answer.body
    if tag := answer.headers.get("etag"):
        again = deployed.ask(path, If_None_Match=tag, **pro.bearer)
        assert (again.status, again.body) == (304, b"")


@pytest.mark.usefixtures("listed")
def test_many_values_are_looked_up_at_once(deployed: Deployment, pro: Key):
    body = json.dumps({"iocs": ["host-1.bad.example", "198.51.0.2", "no value"]})
    given = {"Content_Type": "application/json", **pro.bearer}
    answer = deployed.ask("/v1/lookup", "POST", body.encode(), **given)
    assert [one["found"] for one in answer.json["data"]] == [True, True, None]


@pytest.mark.usefixtures("listed")
def test_links_lead_through_the_address_that_the_client_sees(
    deployed: Deployment, pro: Key
):
    links = deployed.ask("/v1/iocs?limit=2", **pro.bearer).json["links"]
    assert links["next"].startswith(f"{deployed.url}/v1/iocs?limit=2&cursor=")


def test_the_description_and_its_page_are_open(deployed: Deployment):
    described = deployed.ask("/openapi.json")
    assert described.json["openapi"].startswith("3.1")
    page = deployed.ask("/docs", Accept="text/html")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_free_key_is_told_which_tier_an_export_is_for(deployed: Deployment):
    key = deployed.new_key("free")
    answer = deployed.ask("/v1/iocs/stix", **key.bearer)
    assert answer.status == 403
    assert answer.json["error"]["code"] == "tier_required"
