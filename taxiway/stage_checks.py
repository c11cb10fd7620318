"""The doctor looks at a deployed stage: is it as provisioned, does it answer."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from taxiway.findings import Finding, broken, ok, warn
from taxiway.url_checks import check_open, check_urls

if TYPE_CHECKING:
    from taxiway.deploy.change import Step
    from taxiway.deploy.place import Api, Place


def check(place: Place, key: str | None) -> Iterator[Finding]:
    """Compare each part with what `provision` would make of it, then ask the API."""
    from taxiway.deploy import finding, steps

    api = finding.api_of(place)
    if api is None and not finding.is_of_a_stack(place):
        stage = place.names.stage
        yield warn(
            f"stage {stage} has no API", f"deploy it: `make deploy STAGE={stage}`"
        )
    yield from _functions(place)
    for step in steps.steps(place):
        yield from _step(place, step)
    if api is not None:
        yield from _answers(place, api, key)


def _functions(place: Place) -> Iterator[Finding]:
    from taxiway.deploy import finding

    functions = {
        name: finding.function_of(place, name) for name in place.names.functions
    }
    missing = [name for name, found in functions.items() if found is None]
    if len(missing) == len(functions):
        return
    for name in missing:
        yield broken(f"function {name} is missing", _again(place))
    for name, found in functions.items():
        state = (found or {}).get("State", "Active")
        if found is not None and state not in {"Active", "Inactive"}:
            yield broken(f"function {name} is {state}", "see its page in the console")
    if not missing:
        yield ok(f"{len(functions)} functions")


def _step(place: Place, step: Step) -> Iterator[Finding]:
    changes = [each for each in step.plan() if each.is_work]
    for each in changes:
        what = f"{each.thing}: {each.why}" if each.why else f"{each.thing} is missing"
        yield broken(what, f"`taxiway provision --stage {place.names.stage}`")
    if not changes:
        yield ok(f"{step.title.lower()} as provisioned")


def _answers(place: Place, api: Api, key: str | None) -> Iterator[Finding]:
    from taxiway.deploy import finding

    base = finding.base_url(place, api)
    yield from check_open(f"{base}health", HTTPStatus.OK)
    yield from check_open(f"{base}no-such-path", HTTPStatus.NOT_FOUND)
    yield from check_urls(f"{base}taxii2/", key)


def _again(place: Place) -> str:
    return f"deploy again: `make deploy STAGE={place.names.stage}`"
