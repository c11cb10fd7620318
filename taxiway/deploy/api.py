"""The API: its definition with keys, plans and errors, and the deployment of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from taxiway.deploy.aws import gateway_items
from taxiway.deploy.change import Action, Change, patch
from taxiway.deploy.differences import differences
from taxiway.deploy.place import Api, Place
from taxiway.infra import definition
from taxiway.infra.names import GATEWAY_STAGE

_MARK = "taxiway provision "


def plan(place: Place, api: Api, wanted: Mapping[str, Any]) -> Iterator[Change]:
    """Compare what is deployed, and what stands to be deployed, with the definition.

    `chalice deploy` writes its own definition and deploys it: the next provision
    puts ours in its place.
    """
    mark = _MARK + definition.digest(wanted)
    deployed = _deployed(place, api)
    apply = partial(_apply, place, api, wanted, mark)
    thing = f"API {place.names.api} ({api.id})"
    if not deployed.startswith(_MARK):
        why = (
            "deployed by Chalice, or by hand: put authorizer, plans and our errors "
            "in front"
        )
        yield Change(Action.CHANGE, thing, why, apply)
        return
    if deployed != mark:
        why = "deploy the definition of this version"
        yield Change(Action.CHANGE, thing, why, apply)
        return
    reasons = differences(wanted, read(place, api))
    if reasons:
        yield Change(Action.REPAIR, thing, "; ".join(reasons), apply)


def read(place: Place, api: Api) -> dict[str, Any]:
    """Read what stands in API Gateway of an API."""
    client = place.aws.apigateway
    return {
        "api": client.get_rest_api(restApiId=api.id),
        "authorizers": client.get_authorizers(restApiId=api.id, limit=500)["items"],
        "responses": client.get_gateway_responses(restApiId=api.id, limit=500)["items"],
        "resources": gateway_items(
            client, "get_resources", restApiId=api.id, embed=["methods"]
        ),
    }


def _deployed(place: Place, api: Api) -> str:
    client = place.aws.apigateway
    stage = client.get_stage(restApiId=api.id, stageName=GATEWAY_STAGE)
    deployment = client.get_deployment(
        restApiId=api.id, deploymentId=stage["deploymentId"]
    )
    return deployment.get("description", "")


def _apply(place: Place, api: Api, wanted: Mapping[str, Any], mark: str) -> None:
    client = place.aws.apigateway
    body = json.dumps(wanted).encode()
    client.put_rest_api(
        restApiId=api.id, mode="overwrite", failOnWarnings=False, body=body
    )
    _set(place, api, wanted)
    client.create_deployment(
        restApiId=api.id, stageName=GATEWAY_STAGE, description=mark
    )


def _set(place: Place, api: Api, wanted: Mapping[str, Any]) -> None:
    """Set what the import may have left as it was."""
    client = place.aws.apigateway
    stands = client.get_rest_api(restApiId=api.id)
    operations = []
    if stands.get("name") != wanted["info"]["title"]:
        operations.append(patch("replace", "/name", wanted["info"]["title"]))
    if stands.get("apiKeySource") != definition.KEY_SOURCE:
        operations.append(patch("replace", "/apiKeySource", definition.KEY_SOURCE))
    size = wanted.get("x-amazon-apigateway-minimum-compression-size")
    if size is not None and stands.get("minimumCompressionSize") != size:
        operations.append(patch("replace", "/minimumCompressionSize", str(size)))
    if operations:
        client.update_rest_api(
            restApiId=api.id,
            patchOperations=operations,  # type: ignore[arg-type]
        )
