"""A stage serves a deployment: a snapshot, whatever is changed afterwards.

AWS: "Deploy REST APIs in API Gateway": every change of resources, methods, authorizers,
gateway responses or settings of the API needs a deployment to be seen. ministack does
so for gateway responses, and serves all else as it is edited.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import AccountRegionScopedDict

Snapshot = Mapping[str, Mapping[str, Any]]

_PARTS = ("_rest_apis", "_resources", "_authorizers_v1")
_serving: ContextVar[tuple[str, Snapshot] | None] = ContextVar("serving", default=None)


class _Served(AccountRegionScopedDict):  # type: ignore[misc]
    """A store that gives the deployed part of an API while the API is served."""

    __slots__ = ("_part",)

    def __init__(self, part: str) -> None:
        super().__init__()
        self._part = part

    def get(self, key: Any, default: Any = None) -> Any:
        served = _serving.get()
        if served and served[0] == key:
            return served[1][self._part]
        return super().get(key, default)


def mend(gateway: Any) -> None:
    """Take a snapshot with each deployment; serve a stage from its own."""
    snapshots: dict[str, Snapshot] = {}
    for part in _PARTS:
        setattr(gateway, part, _Served(part))
    create, execute = gateway._create_deployment, gateway._handle_execute_in_scope

    def create_deployment(api_id: str, data: dict[str, Any]) -> Any:
        answer = create(api_id, data)
        if answer[0] < 400:
            made = _newest(gateway._deployments_v1.get(api_id))
            snapshots[made] = {
                part: copy.deepcopy(getattr(gateway, part).get(api_id))
                for part in _PARTS
            }
        return answer

    async def handle(api_id: str, stage_name: str, *rest: Any) -> Any:
        stage = gateway._stages_v1.get(api_id, {}).get(stage_name)
        snapshot = snapshots.get(stage["deploymentId"]) if stage else None
        token = _serving.set((api_id, snapshot) if snapshot else None)
        try:
            return await execute(api_id, stage_name, *rest)
        finally:
            _serving.reset(token)

    gateway._create_deployment = create_deployment
    gateway._handle_execute_in_scope = handle


def _newest(deployments: Mapping[str, Any]) -> str:
    return list(deployments)[-1]
