"""What parts of a stage are called on AWS, where functions and deployer both know."""

from __future__ import annotations

SESSION_SECRET = "session-secret"  # noqa: S105 - the name of it


def plan_name(stage: str, tier: str) -> str:
    """Say what the usage plan of a tier is called."""
    return f"taxiway-{stage}-{tier}"


def twin_name(stage: str, key_id: str) -> str:
    """Say what the twin of a key, an API key of API Gateway, is called."""
    return f"taxiway-{stage}-{key_id}"


def parameter(stage: str, name: str) -> str:
    """Say what the parameter with a secret of a stage is called."""
    return f"/taxiway/{stage}/{name}"
