"""Finds what is deployed of a stage, and by whom."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from chalicelib.access import tiers
from chalicelib.settings import Settings
from taxiway.deploy import plans, project
from taxiway.deploy.aws import Aws, found, gateway_items
from taxiway.deploy.place import Api, Place
from taxiway.infra.names import CLOUDFORMATION, GATEWAY_STAGE, MADE_BY, Names
from taxiway.target import is_loopback
from taxiway.trouble import Trouble

_BY_CHALICE = "taxiway"


def place_of(stage: str, *, topic: str | None = None, aws: Aws | None = None) -> Place:
    """Give the place of a configured stage. Raises Trouble.

    The tables are those that the stage's functions use: `.chalice/config.json` says.
    """
    own = project.stage_environment(stage)
    settings = Settings.from_env({**os.environ, **own, "TAXIWAY_STAGE": stage})
    return Place(Names(stage), settings, aws or Aws(), tiers.load(), topic)


def api_of(place: Place) -> Api | None:
    """Find the deployed API of a stage; None before its first deploy."""
    functions = [function_of(place, name) for name in place.names.functions[:2]]
    if functions[0] is None or functions[1] is None:
        return None
    api_arn, authorizer_arn = (str(each["FunctionArn"]) for each in functions if each)
    api_id = api_id_of(place)
    return Api(api_id, api_arn, authorizer_arn) if api_id else None


def api_id_of(place: Place) -> str | None:
    """Find the REST API: the one that Chalice remembers, or that leads to us."""
    api_id = project.deployed_api_id(place.names.stage)
    if api_id and found(place.aws.apigateway.get_rest_api, restApiId=api_id):
        return api_id
    return _search(place)


def function_of(place: Place, name: str) -> Mapping[str, Any] | None:
    """Read a function's configuration; None where there is none."""
    told = found(place.aws.functions.get_function, FunctionName=name)
    return None if told is None else dict(told["Configuration"])


def is_of_a_stack(place: Place) -> bool:
    """Tell whether CloudFormation made the stage: then it alone changes it."""
    told = found(
        place.aws.functions.get_function, FunctionName=place.names.api_function
    )
    tagged: list[Mapping[str, str]] = [told.get("Tags") or {}] if told else []
    tagged += [each.get("tags") or {} for each in plans.of_stage(place)]
    return any(_is_of_a_stack(tags) for tags in tagged)


def base_url(place: Place, api: Api) -> str:
    """Give what clients see before `taxii2/`, with a slash behind."""
    if place.settings.public_url:
        return f"{place.settings.public_url}/"
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if is_loopback(endpoint):
        return f"{endpoint.rstrip('/')}/_aws/execute-api/{api.id}/{GATEWAY_STAGE}/"
    return aws_url(place, api.id)


def aws_url(place: Place, api_id: str) -> str:
    """Give the address that API Gateway itself has for the stage."""
    suffix = "amazonaws.com.cn" if place.aws.partition == "aws-cn" else "amazonaws.com"
    host = f"{api_id}.execute-api.{place.aws.region}.{suffix}"
    return f"https://{host}/{GATEWAY_STAGE}/"


def _is_of_a_stack(tags: Mapping[str, str]) -> bool:
    return (
        tags.get(MADE_BY) == CLOUDFORMATION
        or tags.get("lambda:createdBy") == "SAM"
        or any(name.startswith("aws:cloudformation:") for name in tags)
    )


def _search(place: Place) -> str | None:
    """Look for an API whose stage leads to our function: deployed from elsewhere."""
    client = place.aws.apigateway
    names = {_BY_CHALICE, place.names.api}
    matching = [
        str(each["id"])
        for each in gateway_items(client, "get_rest_apis")
        if each.get("name") in names and _leads_to_us(place, str(each["id"]))
    ]
    if len(matching) > 1:
        raise Trouble(
            f"{len(matching)} APIs lead to {place.names.api_function} "
            f"({', '.join(matching)}): delete those that nobody asks"
        )
    return matching[0] if matching else None


def _leads_to_us(place: Place, api_id: str) -> bool:
    client = place.aws.apigateway
    if not found(client.get_stage, restApiId=api_id, stageName=GATEWAY_STAGE):
        return False
    resources = gateway_items(
        client, "get_resources", restApiId=api_id, embed=["methods"]
    )
    ours = f":function:{place.names.api_function}/invocations"
    return any(
        str((method.get("methodIntegration") or {}).get("uri")).endswith(ours)
        for resource in resources
        for method in (resource.get("resourceMethods") or {}).values()
    )
