"""An API that was edited in the console: repaired, and told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.doubles.gateway_api import API
from tests.infra.conftest import World


def flip_key_source(world: World):
    world.gateway.api["apiKeySource"] = "HEADER"


def cache_answers(world: World):
    world.gateway.authorizers[0]["authorizerResultTtlInSeconds"] = 300


def want_a_header(world: World):
    source = "method.request.header.Authorization"
    world.gateway.authorizers[0]["identitySource"] = source


def ask_another_function(world: World):
    world.gateway.authorizers[0]["authorizerUri"] = "arn:other"


def drop_authorizer(world: World):
    world.gateway.authorizers.clear()


def change_response(world: World):
    world.gateway.responses[0]["statusCode"] = "200"


def reset_response(world: World):
    world.gateway.responses.pop()


def open_method(world: World):
    for resource in world.gateway.resources:
        if resource["path"] == "/taxii2/api":
            method = resource["resourceMethods"]["GET"]
            method.update(authorizationType="NONE", apiKeyRequired=False)
            del method["authorizerId"]


def need_no_plan(world: World):
    for resource in world.gateway.resources:
        if resource["path"] == "/taxii2/api":
            resource["resourceMethods"]["GET"]["apiKeyRequired"] = False


def lead_astray(world: World):
    method = world.gateway.resources[0]["resourceMethods"]["GET"]
    method["methodIntegration"]["uri"] = "arn:other"


def add_method(world: World):
    world.gateway.resources.append({"path": "/x", "resourceMethods": {"GET": {}}})


def drop_method(world: World):
    world.gateway.resources[0]["resourceMethods"].pop("GET")


def compress_all(world: World):
    world.gateway.api["minimumCompressionSize"] = 0


def rename(world: World):
    world.gateway.api["name"] = "x"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (flip_key_source, "API key source is HEADER, not AUTHORIZER"),
        (cache_answers, "the authorizer's answers are cached for 300 seconds"),
        (want_a_header, "the authorizer wants method.request.header.Authorization"),
        (ask_another_function, "the authorizer asks another function"),
        (drop_authorizer, "the authorizer is missing"),
        (change_response, "gateway responses differ: ACCESS_DENIED"),
        (reset_response, "gateway responses differ: DEFAULT_5XX"),
        (open_method, "methods ask for other keys: GET /taxii2/api"),
        (need_no_plan, "methods ask for other keys: GET /taxii2/api"),
        (lead_astray, "methods lead elsewhere: GET /taxii2"),
        (add_method, "methods are not ours: GET /x"),
        (drop_method, "methods are missing: GET /taxii2"),
        (compress_all, "minimum compression size is 0"),
        (rename, "is called x"),
    ],
)
def test_an_api_edited_by_hand_is_repaired_and_it_says_so(
    deployed: World, change: Callable[[World], None], words: str
):
    change(deployed)
    (said,) = deployed.provision()
    assert said.startswith(f"repair API taxiway-dev ({API}): ")
    assert words in said
    assert deployed.provision() == []


def test_an_api_deployed_by_hand_is_deployed_again(deployed: World):
    deployed.gateway.create_deployment(API, "api", "by hand")
    (said,) = deployed.provision()
    assert said.startswith("change API")
    assert deployed.provision() == []


def test_what_chalice_deploys_again_gets_its_front_again(deployed: World):
    deployed.chalice_deploys()
    assert deployed.gateway.api["apiKeySource"] == "HEADER"
    (said,) = deployed.provision()
    assert said.startswith("change API")
    assert deployed.gateway.api["apiKeySource"] == "AUTHORIZER"
    assert deployed.provision() == []
