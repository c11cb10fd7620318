"""What Chalice remembers of a stage: `.chalice/deployed/STAGE.json`.

Chalice writes it at the end only. After an interruption, or in another checkout, it
would make a second API, or fail to delete what is gone. So it is told what exists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from taxiway.deploy import finding, project
from taxiway.deploy.aws import found
from taxiway.deploy.change import Action, Change
from taxiway.deploy.place import Place
from taxiway.infra.names import Names

Resource = dict[str, Any]

_API = "rest_api"


def plan(place: Place) -> Iterator[Change]:
    """Tell Chalice of what exists and it does not know."""
    stage = place.names.stage
    known = project.deployed_resources(stage)
    wanted = merged(known, existing(place))
    if wanted != known:
        yield Change(
            Action.REPAIR,
            f".chalice/deployed/{stage}.json",
            "names what exists: it was made elsewhere, or a deploy was interrupted",
            partial(write, stage, wanted),
        )


def existing(place: Place) -> list[Resource]:
    """Find what Chalice has made of a stage, as it writes it down itself."""
    resources: list[Resource] = []
    for name, function in _functions(place.names).items():
        resources += _role(place, name)
        told = finding.function_of(place, function)
        if told is not None:
            resources.append(
                {
                    "name": name,
                    "resource_type": "lambda_function",
                    "lambda_arn": told["FunctionArn"],
                }
            )
    resources += _rules(place)
    api_id = finding.api_id_of(place)
    if api_id is not None:
        resources.append(
            {
                "name": _API,
                "resource_type": _API,
                "rest_api_id": api_id,
                "rest_api_url": finding.aws_url(place, api_id),
            }
        )
    return resources


def merged(
    known: Sequence[Resource], exist: Sequence[Resource], *, only: bool = False
) -> list[Resource]:
    """Add what exists to what is known; with `only`, forget of ours what is gone."""
    by_name = {resource["name"]: resource for resource in exist}
    kinds = {"iam_role", "lambda_function", "cloudwatch_event", _API}
    kept = []
    for resource in known:
        one = by_name.pop(resource["name"], None)
        if one is not None and one.get("resource_type") == _API:
            kept.append(one if _is_another(one, resource) else resource)
        elif one is not None or not only or resource["resource_type"] not in kinds:
            kept.append(resource)
    return [*kept, *by_name.values()]


def write(stage: str, resources: Sequence[Resource]) -> None:
    """Write down what is deployed, as Chalice does."""
    path = project.deployed_file(stage)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"resources": list(resources), "schema_version": "2.0", "backend": "api"}
    path.write_text(json.dumps(content, indent=2) + "\n")


def _is_another(one: Resource, resource: Resource) -> bool:
    return bool(one["rest_api_id"] != resource.get("rest_api_id"))


def _functions(names: Names) -> dict[str, str]:
    """Give the functions' names by those that Chalice has for them."""
    return {
        **names.jobs,
        "api_handler": names.api_function,
        "authorizer": names.authorizer_function,
    }


def _role(place: Place, name: str) -> list[Resource]:
    role = f"{place.names.prefix}-{name}"
    told = found(place.aws.iam.get_role, RoleName=role)
    if told is None:
        return []
    return [
        {
            "name": f"{name}_role",
            "resource_type": "iam_role",
            "role_arn": told["Role"]["Arn"],
            "role_name": role,
        }
    ]


def _rules(place: Place) -> list[Resource]:
    rules = {name: f"{function}-event" for name, function in place.names.jobs.items()}
    return [
        {
            "name": f"{name}-event",
            "resource_type": "cloudwatch_event",
            "rule_name": rule,
        }
        for name, rule in rules.items()
        if found(place.aws.events.describe_rule, Name=rule) is not None
    ]
