"""Who is counted: the key that the authorizer names, by the UTC day.

AWS: "Choose an API key source in API Gateway", "Usage plans and API keys for REST APIs"
and "GetUsage". ministack looks for the key in X-API-Key only, counts a day from the
first request, and has no GetUsage.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from tests.rehearsal.emulator import exchange

_DAY = 86_400


def mend(gateway: Any) -> None:
    """Take the key from where the API says, and begin a day at midnight."""
    from_headers, check_key = gateway._api_key_from_request, gateway._check_api_key
    check_quota = gateway._check_quota

    def key_of_request(headers: dict[str, Any]) -> str:
        one = exchange.current()
        if one.api.get("apiKeySource") == "AUTHORIZER":
            return one.usage_key or ""
        return str(from_headers(headers))

    def check_api_key(method: dict[str, Any], api_id: str, *rest: Any) -> Any:
        one = exchange.current()
        one.api = gateway._rest_apis.get(api_id) or {}
        error, one.key = check_key(method, api_id, *rest)
        return error, one.key

    def check_quota_of_today(*arguments: Any) -> Any:
        midnight = time.time() // _DAY * _DAY
        for slot, (_, began) in list(gateway._quota_state.items()):
            if began < midnight:
                del gateway._quota_state[slot]
        return check_quota(*arguments)

    def method_settings(
        stage: dict[str, Any], path: str, method: str
    ) -> dict[str, Any] | None:
        # AWS: "UpdateStage": a path's slashes are written `~1`, and kept so.
        settings = stage.get("methodSettings") or {}
        return settings.get(f"{path.replace('/', '~1')}/{method}") or settings.get(
            "*/*"
        )

    gateway._decode_json_pointer_token = str
    gateway._method_throttle_settings = method_settings
    gateway._api_key_from_request = key_of_request
    gateway._check_api_key = check_api_key
    gateway._check_quota = check_quota_of_today


def of_plan(gateway: Any, plan_id: str, wanted_key: str | None) -> Any:
    """Answer GetUsage: requests and what is left, today."""
    today = datetime.now(UTC).date().isoformat()
    limit = int(
        (gateway._usage_plans.get(plan_id) or {}).get("quota", {}).get("limit") or 0
    )
    values = {
        key_id: [[used, max(0, limit - used)]]
        for (of, key_id), (used, _) in gateway._quota_state.items()
        if of == plan_id and wanted_key in {None, key_id}
    }
    return gateway._v1_response(
        {
            "usagePlanId": plan_id,
            "startDate": today,
            "endDate": today,
            "values": values,
        }
    )
