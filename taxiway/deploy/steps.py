"""The steps of provisioning, in the order in which nothing is refused wrongly.

Plans and twins come before the definition that asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from taxiway.deploy import (
    api as apis,
)
from taxiway.deploy import (
    finding,
    logs,
    memory,
    plans,
    project,
    secret,
    stage,
    tables,
    twins,
    watching,
)
from taxiway.deploy.change import Action, Change, Step
from taxiway.deploy.place import Api, Place
from taxiway.infra import definition
from taxiway.infra import plans as described
from taxiway.infra.alarms import alarms
from taxiway.infra.responses import gateway_responses


def steps(place: Place) -> Iterator[Step]:
    """Give the steps for what is there by now."""
    if finding.is_of_a_stack(place):
        yield Step("Stack", _of_a_stack)
        yield Step("Secret", partial(secret.plan, place))
        yield Step("Keys at the gateway", partial(twins.plan, place))
        return
    yield from before_deploy(place)
    yield from after_deploy(place)


def before_deploy(place: Place) -> Iterator[Step]:
    """Give what the functions need; the API keeps its routes until they are there."""
    yield Step("Tables", partial(tables.plan, place))
    yield Step("Secret", partial(secret.plan, place))


def for_chalice(place: Place) -> Iterator[Step]:
    """Give what Chalice has to know before it deploys."""
    yield Step("What Chalice knows", partial(memory.plan, place))


def after_deploy(place: Place) -> Iterator[Step]:
    """Give what stands in front of the functions and watches them."""
    api = finding.api_of(place)
    if api is None:
        yield Step("API", partial(_not_deployed, place))
        return
    yield from _of_the_api(place, api)


def _of_the_api(place: Place, api: Api) -> Iterator[Step]:
    chalice = project.describe(place.names.stage, place.aws.region, api.function_arn)
    wanted = definition.extend(
        chalice.swagger,
        chalice.metered,
        _invocations(place, api.authorizer_arn),
        gateway_responses(place.tiers),
        title=place.names.api,
        compression=chalice.compression,
    )
    yield Step("Usage plans", partial(plans.plan, place, api))
    yield Step("Keys at the gateway", partial(twins.plan, place))
    yield Step("Logs", partial(logs.plan, place))
    yield Step("Right to write logs", partial(logs.plan_role, place))
    yield Step("API", partial(apis.plan, place, api, wanted))
    yield Step("Gateway stage", partial(stage.plan, place, api, chalice.metered))
    yield Step("Alarms", partial(watching.plan_alarms, place))
    yield Step("Dashboard", partial(watching.plan_dashboard, place))


def first_time(place: Place) -> Iterator[Change]:
    """Say what the first deploy adds once Chalice has made the API."""
    names = place.names
    for one in described.plans(names, place.tiers):
        yield Change(Action.CREATE, f"usage plan {one.name}", plans.told(one))
    why = "a twin of each key, in its tier's plan"
    yield Change(Action.CREATE, "keys at the gateway", why)
    for name in names.log_groups:
        yield Change(Action.CREATE, f"log group {name}")
    why = "authorizer, key source, errors of the gateway; deployed again"
    yield Change(Action.CHANGE, f"API {names.api}", why)
    yield Change(Action.CREATE, "access log and throttles of methods")
    for alarm in alarms(names, place.tables):
        yield Change(Action.CREATE, f"alarm {alarm['AlarmName']}")
    yield Change(Action.CREATE, f"dashboard {names.dashboard}")


def _invocations(place: Place, function_arn: str) -> str:
    where = f"{place.aws.partition}:apigateway:{place.aws.region}:lambda:path"
    return f"arn:{where}/2015-03-31/functions/{function_arn}/invocations"


def _not_deployed(place: Place) -> Iterator[Change]:
    name = place.names.stage
    yield Change(
        Action.KEEP,
        "API",
        "is not deployed yet: plans, logs and alarms come after "
        f"`chalice deploy --stage {name}`; `make deploy STAGE={name}` does all",
    )


def _of_a_stack() -> Iterator[Change]:
    yield Change(
        Action.KEEP,
        "stack",
        "CloudFormation made this stage and alone changes it; only the session "
        "secret and the keys at the gateway are looked at here",
    )
