"""Chalice's template and ours as one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from taxiway.infra.names import GATEWAY_STAGE
from taxiway.template import stage as stages
from taxiway.template import tables, watching
from taxiway.template.api import API, api, usage_plans
from taxiway.template.functions import functions

if TYPE_CHECKING:
    from chalice.app import Chalice

_DISCOVERY = (
    f"https://${{{API}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}"
    f"/{GATEWAY_STAGE}/taxii2/"
)


def merge(sam: Mapping[str, Any], app: Chalice) -> dict[str, Any]:
    """Add to the template of `chalice package` what `taxiway provision` makes.

    Keys and their twins are data, and a template cannot make secure parameters:
    both are for the command line.
    """
    stage = stages.of(sam, app)
    resources = dict(sam["Resources"])
    return {
        **sam,
        "Description": f"Taxiway, stage {stage.settings.stage}",
        "Parameters": tables.PARAMETERS | watching.PARAMETERS,
        "Conditions": tables.CONDITIONS | watching.CONDITIONS,
        "Resources": {
            **resources,
            **functions(resources, stage),
            API: api(resources[API], stage),
            **usage_plans(stage),
            **tables.tables(stage),
            **watching.watching(stage),
        },
        "Outputs": {
            **sam["Outputs"],
            "DiscoveryURL": {"Value": {"Fn::Sub": _DISCOVERY}},
        },
    }


def to_text(template: Mapping[str, Any]) -> str:
    """Write a template: the same one gives the same text."""
    return json.dumps(template, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
