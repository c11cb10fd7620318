"""Apply every mend to the one version of ministack that they were written for.

A mend replaces private functions, so another version is refused loudly. Each says
which behaviour of AWS it restores, and the page of AWS's documentation that tells it.
"""

from __future__ import annotations

from importlib.metadata import version

KNOWN_VERSION = "1.5.33"


class UnknownMinistackError(SystemExit):
    """The installed ministack is not the one that the mends fit."""


def check_version(found: str) -> None:
    """Refuse every version but the known one."""
    if found != KNOWN_VERSION:
        raise UnknownMinistackError(
            f"the rehearsal's emulator mends ministack {KNOWN_VERSION}, and this is "
            f"{found}: read tests/rehearsal/emulator and adapt it, or pin the version"
        )


def mend() -> None:
    """Mend the installed ministack, in this process."""
    check_version(version("ministack"))
    import ministack.app as front
    from ministack.core import iam_actions, lambda_runtime
    from ministack.services import apigateway_v1, cloudwatch, dynamodb
    from ministack.services.cloudformation import provisioners

    from taxiway import emulator_patch
    from tests.rehearsal.emulator import (
        access_logs,
        alarms,
        authorizers,
        control,
        definitions,
        deployments,
        exchange,
        functions,
        gateway_responses,
        limits,
        plans,
        rights,
        stacks,
        usage,
    )

    emulator_patch.apply(dynamodb)
    functions.mend(lambda_runtime, apigateway_v1)
    rights.mend(iam_actions)
    deployments.mend(apigateway_v1)
    definitions.mend(apigateway_v1)
    authorizers.mend(apigateway_v1)
    plans.mend(apigateway_v1)
    usage.mend(apigateway_v1)
    gateway_responses.mend(apigateway_v1)
    limits.mend(apigateway_v1)
    access_logs.mend(apigateway_v1)
    exchange.mend(apigateway_v1, front)
    control.mend(apigateway_v1)
    alarms.mend(cloudwatch, provisioners)
    stacks.mend(provisioners, apigateway_v1, dynamodb)
