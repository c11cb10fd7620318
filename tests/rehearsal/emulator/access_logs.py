"""A line for each request into the log group that the stage names.

AWS: "Set up CloudWatch logging for REST APIs in API Gateway". ministack stores the
setting and writes nothing.
"""

from __future__ import annotations

import re
import time
from typing import Any

from tests.rehearsal.emulator import exchange

_VARIABLE = re.compile(r"\$context\.(\w+(?:\.\w+)*)")
_STREAM = "rehearsal"


def mend(gateway: Any) -> None:
    """Write the line when the answer is known."""
    execute = gateway._handle_execute_in_scope

    async def handle(api_id: str, stage_name: str, method: str, *rest: Any) -> Any:
        answer = await execute(api_id, stage_name, method, *rest)
        stage = gateway._stages_v1.get(api_id, {}).get(stage_name) or {}
        settings = stage.get("accessLogSettings") or {}
        if settings.get("destinationArn"):
            one = exchange.current()
            one.facts |= {
                "apiId": api_id,
                "httpMethod": method,
                "stage": stage_name,
                "status": str(answer[0]),
                "responseLength": str(len(answer[2])),
                "responseLatency": str(int((time.time() - one.began) * 1000)),
            }
            _write(settings["destinationArn"], _line(settings.get("format") or "", one))
        return answer

    gateway._handle_execute_in_scope = handle


def _line(text: str, one: exchange.Exchange) -> str:
    return _VARIABLE.sub(lambda found: one.variable(found[1]) or "-", text)


def _write(arn: str, line: str) -> None:
    from ministack.services import cloudwatch_logs

    group = arn.split(":log-group:", 1)[-1].removesuffix(":*")
    where = {"logGroupName": group, "logStreamName": _STREAM}
    cloudwatch_logs._create_log_stream(where)
    event = {"timestamp": int(time.time() * 1000), "message": line}
    cloudwatch_logs._put_log_events({**where, "logEvents": [event]})
