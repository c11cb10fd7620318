"""What everything of a stage is called; the same in any account and region."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.core import stage_names

GATEWAY_STAGE = "api"
"""The stage of API Gateway: the first part of every public path."""

LOGS_ROLE = "taxiway-apigateway-logs"
"""The role by which API Gateway writes logs, one for the whole account."""

MADE_BY = "taxiway:made-by"
PROVISION = "provision"
CLOUDFORMATION = "cloudformation"

_STAGE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,18}[A-Za-z0-9]")
JOBS = ("upkeep", "ingest")
"""The scheduled functions, by the names that Chalice has for them."""

# A stage `dev-upkeep` would call its API as stage `dev` calls its upkeep.
_TAKEN = tuple(f"-{name}" for name in (*JOBS, "authorizer"))


def is_stage_name(text: str) -> bool:
    """Tell whether a stage may be called so: 2 to 20 letters, digits and `-`."""
    return bool(_STAGE.fullmatch(text)) and not text.endswith(_TAKEN)


@dataclass(frozen=True, slots=True)
class Names:
    """What the parts of one stage are called."""

    stage: str

    @property
    def prefix(self) -> str:
        """Begin every name with this."""
        return f"taxiway-{self.stage}"

    @property
    def protected(self) -> bool:
        """Tell whether the tables of the stage refuse to be deleted."""
        return self.stage == "prod"

    @property
    def api(self) -> str:
        """Name of the REST API.

        Chalice calls it `taxiway` at every stage; then CloudWatch, which knows
        REST APIs by their names, would add up the stages of an account.
        """
        return self.prefix

    @property
    def api_function(self) -> str:
        """Name of the function that answers requests."""
        return self.prefix

    @property
    def authorizer_function(self) -> str:
        """Name of the function that recognises keys for API Gateway."""
        return f"{self.prefix}-authorizer"

    def job(self, name: str) -> str:
        """Name of a scheduled function."""
        return f"{self.prefix}-{name}"

    @property
    def jobs(self) -> dict[str, str]:
        """Names of the scheduled functions, by those that Chalice has for them."""
        return {name: self.job(name) for name in JOBS}

    @property
    def functions(self) -> tuple[str, ...]:
        """Names of all functions."""
        return (self.api_function, self.authorizer_function, *self.jobs.values())

    def plan(self, tier: str) -> str:
        """Name of the usage plan of a tier."""
        return stage_names.plan_name(self.stage, tier)

    def twin(self, key_id: str) -> str:
        """Name of the API key of API Gateway that stands for one of ours."""
        return stage_names.twin_name(self.stage, key_id)

    @property
    def access_log_group(self) -> str:
        """Name of the log group that API Gateway writes to."""
        return f"/aws/apigateway/{self.prefix}"

    @property
    def function_log_groups(self) -> tuple[str, ...]:
        """Names of the log groups that the functions write to."""
        return tuple(f"/aws/lambda/{name}" for name in self.functions)

    @property
    def log_groups(self) -> tuple[str, ...]:
        """Names of all log groups."""
        return (self.access_log_group, *self.function_log_groups)

    @property
    def refused_filter(self) -> str:
        """Name of the metric filter, and the metric, of throttled requests.

        The stage is part of it: a metric filter cannot add it as a dimension.
        """
        return f"gateway_throttled_{self.stage}"

    @property
    def dashboard(self) -> str:
        """Name of the dashboard."""
        return self.prefix

    def alarm(self, what: str) -> str:
        """Name of an alarm."""
        return f"{self.prefix}-{what}"

    @property
    def session_secret(self) -> str:
        """Name of the parameter that session cookies are signed with."""
        return stage_names.parameter(self.stage, stage_names.SESSION_SECRET)

    def tags(self, made_by: str = PROVISION) -> dict[str, str]:
        """Tags of what is made beside Chalice's own.

        `taxiway provision` leaves alone what CloudFormation has made.
        """
        return {"taxiway:stage": self.stage, MADE_BY: made_by}
