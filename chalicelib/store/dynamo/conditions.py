"""What a write may rest on."""

from __future__ import annotations

from typing import Any

from chalicelib.store.dynamo import schema


def when_absent() -> dict[str, Any]:
    """Condition: there is no such item."""
    return {"ConditionExpression": f"attribute_not_exists({schema.PK})"}


def when_same(**seen: Any) -> dict[str, Any]:
    """Condition: attributes have the values that were read."""
    return {
        "ConditionExpression": " AND ".join(f"#{name} = :{name}" for name in seen),
        "ExpressionAttributeNames": {f"#{name}": name for name in seen},
        "ExpressionAttributeValues": {f":{name}": seen[name] for name in seen},
    }
