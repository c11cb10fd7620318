"""Logs: what API Gateway writes of each request, and how long it is kept.

Never a query string, a header, `identity.apiKey` or more of the authorizer than whose
key it was: any of these can hold a secret.
"""

from __future__ import annotations

import json
from typing import Any

from taxiway.infra.names import Names

RETENTION_DAYS = 30

METRIC_NAMESPACE = "Taxiway"

# Quoted all: what is absent becomes `-`, which no bare JSON number is.
_FIELDS = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "ms": "$context.responseLatency",
    "authorizer_ms": "$context.authorizer.integrationLatency",
    "integration_ms": "$context.integration.latency",
    "key": "$context.authorizer.principalId",
    "refused": "$context.error.responseType",
}

ACCESS_LOG_FORMAT = json.dumps(_FIELDS, separators=(",", ":"))


def throttled_filter(names: Names) -> dict[str, Any]:
    """Count what plans and ceilings refuse, as PutMetricFilter describes it.

    API Gateway itself has one metric for all of 4xx.
    """
    return {
        "logGroupName": names.access_log_group,
        "filterName": names.refused_filter,
        "filterPattern": '{ $.refused = "THROTTLED" }',
        "metricTransformations": [
            {
                "metricName": names.refused_filter,
                "metricNamespace": METRIC_NAMESPACE,
                "metricValue": "1",
            }
        ],
    }
