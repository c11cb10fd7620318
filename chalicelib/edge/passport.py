"""The caller, as the gateway's authorizer hands it to the handler.

API Gateway alone writes an authorizer's context into an event; still it is
believed only for the secret that the request itself presents, for this stage
and for a moment. Else the handler asks the table, as it does without a gateway.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from chalicelib.access import keymint
from chalicelib.core.apikey import ApiKey, Grant
from chalicelib.core.windows import MICROSECONDS

_GOOD_FOR = 60 * MICROSECONDS
_LONGEST = 4_000
"""Characters of a caller that are handed on; one with more is read again."""

_NO_CALLER = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What comes of reading a caller that `issue` has not written."""

_NAMES = ("id", "prefix", "tier", "scopes", "grants", "allowed_ips", "expires")


def issue(key: ApiKey, secret: str, stage: str, now: int) -> dict[str, str]:
    """Write a caller into an authorizer's context, whose values are texts."""
    whole = asdict(key)
    caller = json.dumps({name: whole[name] for name in _NAMES}, separators=(",", ":"))
    if len(caller) > _LONGEST:
        return {}
    return {
        "caller": caller,
        "digest": keymint.digest(secret),
        "stage": stage,
        "issued": str(now),
    }


def read(
    context: Mapping[str, Any], secret: str | None, stage: str, now: int
) -> ApiKey | None:
    """Read the caller out of a context; None where it can't be relied on."""
    said = [str(context.get(name)) for name in ("digest", "stage", "issued", "caller")]
    digest, of_stage, issued, caller = said
    if secret is None or not keymint.is_well_formed(secret):
        return None
    presented = keymint.digest(secret)
    if not hmac.compare_digest(digest.encode(), presented.encode()):
        return None
    try:
        age = now - int(issued)
        key = _to_key(json.loads(caller))
    except _NO_CALLER:
        return None
    if of_stage != stage or abs(age) > _GOOD_FOR or not key.is_active(now):
        return None
    return key


def _to_key(told: Mapping[str, Any]) -> ApiKey:
    grants = {name: Grant(what) for name, what in told["grants"].items()}
    return ApiKey(
        id=str(told["id"]),
        name="",
        prefix=str(told["prefix"]),
        tier=str(told["tier"]),
        created=0,
        scopes=tuple(told["scopes"]),
        grants=grants,
        allowed_ips=tuple(told["allowed_ips"]),
        expires=None if told["expires"] is None else int(told["expires"]),
    )
