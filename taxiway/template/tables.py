"""The tables of a stage as CloudFormation resources."""

from __future__ import annotations

from typing import Any

from chalicelib.settings import Settings
from chalicelib.store.dynamo.schema import table_definitions, ttl_attribute
from taxiway.template.stage import Stage

CONDITION = "MakeTables"
PARAMETERS = {
    "CreateTables": {
        "Type": "String",
        "AllowedValues": ["true", "false"],
        "Default": "true",
        "Description": "false when the tables are there already, since they outlive "
        "a deleted stack",
    }
}
CONDITIONS = {CONDITION: {"Fn::Equals": [{"Ref": "CreateTables"}, "true"]}}


def tables(stage: Stage) -> dict[str, Any]:
    """Describe each table; it stands when the stack or its resource goes."""
    logical = {
        stage.settings.objects_table: "ObjectsTable",
        stage.settings.keys_table: "KeysTable",
        stage.settings.counters_table: "CountersTable",
    }
    return {
        logical[definition["TableName"]]: {
            "Type": "AWS::DynamoDB::Table",
            "Condition": CONDITION,
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": definition | _care(definition["TableName"], stage),
        }
        for definition in table_definitions(stage.settings)
    }


def _care(name: str, stage: Stage) -> dict[str, Any]:
    return {
        "DeletionProtectionEnabled": stage.names.protected,
        "PointInTimeRecoverySpecification": {
            "PointInTimeRecoveryEnabled": _is_kept(name, stage.settings)
        },
        "TimeToLiveSpecification": {
            "AttributeName": ttl_attribute(),
            "Enabled": True,
        },
        "Tags": stage.tags,
    }


def _is_kept(name: str, settings: Settings) -> bool:
    """Tell whether what is in a table could be missed a month later."""
    return name != settings.counters_table
